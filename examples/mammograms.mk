# SPDX-License-Identifier: Apache-2.0
# What gmic/ and glam/ share: from a folder of 16-bit PNG to tables and pictures. A Makefile that includes this says
# NETWORK, SALT, GAIN, SCORE (which is reported), MAP (which is drawn and measured), and may say anything below.
#   make [CHECKPOINT=file of the authors] [PICTURES=folder] [TRUTH=folder] [BIN=folder of the programs] [OUT=folder] [JOBS=n]
# Names of pictures are <patient>_<L|R>-<CC|MLO>.png, of truth masks <picture>_<benign|malignant>.png.

root := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
DATA ?= $(root)/../shared/data/mammograms
PICTURES ?= $(DATA)/images
TRUTH ?= $(DATA)/segmentation
BIN ?= $(root)/build/bin
OUT ?= out
JOBS ?= 2
BACKGROUND ?= 0
THRESHOLDS ?= 0.25,0.5
# Debian's own first, whatever else PATH offers: the packages belong to it.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)

# Without a checkpoint the weights are made up from their names: every step runs, and the scores mean nothing.
CHECKPOINT ?=
work := $(OUT)/$(or $(basename $(notdir $(CHECKPOINT))),made-up)
export_options ?=
classes := benign malignant

export PATH := $(BIN):$(PATH)
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

pictures := $(sort $(wildcard $(PICTURES)/*_[LR]-*.png))
ids := $(basename $(notdir $(pictures)))
go := --out $(work)/maps --resume --jobs $(JOBS)

# A picture that fails stays in the stream, marked, and has its row in the table: status 1 is no reason to stop.
go_on := || [ $$? = 1 ]

table := $(work)/scores.csv $(work)/breasts.csv
drawn := $(work)/drawn.jsonl $(work)/sheets.jsonl
all: $(table) $(drawn) $(work)/dice.txt
	@$(if $(CHECKPOINT),,echo "made-up weights: the scores below mean nothing; say CHECKPOINT=…")
	@cat $(work)/scores.csv $(work)/breasts.csv $(work)/dice.txt

$(work)/model/card.json: $(CHECKPOINT) $(root)/weights/$(NETWORK)/export.py
	mkdir -p $(work)
	$(PYTHON) $(root)/weights/$(NETWORK)/export.py \
	  $(or $(CHECKPOINT),--deterministic $(SALT) --head-gain $(GAIN)) $(export_options) $(work)/model

$(work)/cases.jsonl: $(pictures) $(work)/model/card.json
	@test -n "$(ids)" || { echo "no pictures called <patient>_<L|R>-<CC|MLO>.png in $(PICTURES)" >&2; exit 2; }
	med-scan $(pictures) --tags '{patient}_{side}-{view}' | \
	  med-crop --subject breast --background $(BACKGROUND) --window 1920x2944 --flip-to left $(go) | \
	  med-infer $(work)/model $(go) > $@ $(go_on)

columns = --decimals 4 --columns image_index=id,benign_pred=scores.$(SCORE).benign,malignant_pred=scores.$(SCORE).malignant

$(work)/scores.csv: $(work)/cases.jsonl
	med-table $(columns),error=error.what $< > $@ $(go_on)

# Of a breast the mean of its views; views says how many there were.
$(work)/breasts.csv: $(work)/cases.jsonl
	med-fuse --group tags.patient,tags.side --expect 2 --quiet $< | med-table $(columns),views=group.n,error=error.what > $@ $(go_on)

# On the original picture, linearly: what speaks for each class, and where the network looked closely.
$(work)/drawn.jsonl: $(work)/cases.jsonl
	{ for class in $(classes); do \
	    med-overlay --heat --map $(MAP) --class $$class --as $$class $(go) $< $(go_on); done; } > $@

$(work)/sheets.jsonl: $(work)/cases.jsonl
	med-overlay --heat --map $(MAP) --class malignant --rois --as regions $(go) $< | \
	  med-sheet --grid 4x2 --cell 400x600 $(go) > $@ $(go_on)

# The authors' masks lie on the window, so the window is what is scored: maps are enlarged by repeating cells, each class
# over the pictures that have a mask of it.
masked = $(foreach id,$(ids),$(if $(wildcard $(TRUTH)/$(id)_$(1).png),$(id)))
windows = echo id,image; $(foreach id,$(call masked,$(1)),echo $(id),$(work)/maps/$(id).crop.png;)

$(work)/dice.%.jsonl: $(work)/cases.jsonl
	{ $(call windows,$*) } > $(work)/windows.$*.csv
	med-scan $(work)/windows.$*.csv --truth-mask '$*=$(TRUTH)/{id}_$*.png' | \
	  med-infer $(work)/model --out $(work)/dice-$* --resume --jobs $(JOBS) | \
	  med-upsample --map $(MAP) --interpolation nearest --as full --out $(work)/dice-$* --resume --jobs $(JOBS) | \
	  med-score-masks --map full.$(MAP) --class $* --truth $* --threshold $(THRESHOLDS) --measures overlap,soft > $@ $(go_on)

$(work)/dice.txt: $(foreach c,$(classes),$(work)/dice.$c.jsonl)
	{ $(foreach c,$(classes),echo; echo '$(c): $(words $(call masked,$(c))) pictures with a mask'; \
	    { med-summarize --table $(work)/dice.$(c).jsonl $(go_on); } | sed -n '1,3p; /dice/p; /iou@/p';) } > $@

# The scores that the authors published for their pictures, to the last of their four decimals.
.PHONY: all check-published clean
check-published: $(work)/scores.csv
	@test -n "$(CHECKPOINT)" || { echo "nothing was compared: without CHECKPOINT=… the weights are made up" >&2; exit 2; }
	@awk -F, 'FNR == 1 { next } NR == FNR { benign[$$1] = $$2; malignant[$$1] = $$3; next } \
	  !($$1 in benign) { next } \
	  { n++; far = 0; b = $$2 - benign[$$1]; m = $$3 - malignant[$$1]; \
	    if ($$2 == "" || b * b > 2.3e-8 || m * m > 2.3e-8) { far = 1; wrong++ } \
	    print $$1, $$2, $$3, "published", benign[$$1], malignant[$$1], far ? "DIFFERS" : "the same" } \
	  END { if (!n) print "nothing was compared: none of the published pictures is in the folder"; \
	        else print n " compared, " wrong + 0 " differ"; exit !n || wrong > 0 }' published.csv $<

clean:
	rm -rf $(OUT)

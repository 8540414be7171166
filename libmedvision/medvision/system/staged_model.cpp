// SPDX-License-Identifier: Apache-2.0
#include "medvision/system/staged_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"
#include "medvision/infer/model_card.hpp"
#include "medvision/system/stage_order.hpp"
#include "medvision/system/stages.hpp"

namespace medvision {
namespace {

[[noreturn]] void refuse(const char* code, const std::string& sentence) { throw error(code, sentence, blame::request); }

/// Of the field of view, in current pixels; from its mask where the record does not say.
std::optional<cv::Rect2d> field_box(const record& r, const image_limits& limits) {
  const auto fov = r.fov();
  if (!fov) return std::nullopt;
  const frame to_current = invert(r.frame());
  if (fov->box) return map_box(to_current, *fov->box);
  return map_box(compose(to_current, fov->to_source), cv::boundingRect(read_mask(fov->path, limits, fov->size)));
}

/// The record at its source, for patches that are cut from there.
record at_source(const record& r) {
  record source = r;
  source.return_to_source();
  return source;
}

}  // namespace

struct staged_model::state {
  model_card card;
  model_options options;
  std::vector<card_stage> stages;
  std::map<std::string, session> parts;  ///< by the name that stages call their card
  std::vector<wanted_answer> from_files;

  void load(const std::string& card_path);
  void check_wishes();
  [[nodiscard]] bool keeps(const held_answer& a) const;
  [[nodiscard]] cv::Mat fitted_before(std::size_t at, const std::vector<inference>& whole) const;
  void infer(std::size_t at, std::span<case_in_hand* const> items);
};

/// One network is a system of one stage.
void staged_model::state::load(const std::string& card_path) {
  card = load_card(card_path);
  if (card.stages.empty()) {
    card_stage only{.run = "infer"};
    only.over = card.takes_regions() ? "rois" : "image";
    if (options.over != only.over)
      refuse("E_OPTION", card.takes_regions()
                             ? fmt::format("{} takes regions of the picture: say --over rois", card.path)
                             : fmt::format("--over rois is given, but {} takes no regions", card.path));
    if (!options.keep.empty()) refuse("E_OPTION", "--keep is for systems: of one network everything is written");
    stages = {only};
    parts.emplace("", session(card_path, options.session));
    return;
  }
  if (options.over != "image") refuse("E_OPTION", fmt::format("--over is given, but {} is a system", card.path));
  const session_options plain;
  if (options.session.tta != plain.tta || options.session.tile != plain.tile || options.session.overlap >= 0)
    refuse("E_OPTION", fmt::format("--tta, --tile and --overlap are for one network, {} is a system: its parts can be "
                                   "run one by one",
                                   card.path));
  stages = card.stages;
  for (const std::string& part : parts_of(card)) parts.emplace(part, session(part_path(card, part), options.session));
}

void staged_model::state::check_wishes() {
  std::vector<std::string> names;
  for (const card_stage& s : stages)
    for (const wanted_answer& m : makes_of(s, s.run == "infer" ? &parts.at(s.card).card() : nullptr))
      if (m.kind != "scores") names.push_back(m.name);
  const auto unknown = [&](const std::string& n) { return std::find(names.begin(), names.end(), n) == names.end(); };
  for (const std::string& n : card.keep)
    if (unknown(n)) refuse("E_CARD", fmt::format("{}: keep has '{}', which no stage makes", card.path, n));
  for (const std::string& n : options.keep)
    if (n != "all" && unknown(n))
      refuse("E_OPTION", fmt::format("--keep has '{}', which {} does not make; it makes: {}", n, card.path,
                                     fmt::join(names, ", ")));
  card.keep.insert(card.keep.end(), options.keep.begin(), options.keep.end());
}

bool staged_model::state::keeps(const held_answer& a) const {
  return card.stages.empty() || a.kind == "scores" ||
         std::any_of(card.keep.begin(), card.keep.end(), [&](const auto& n) { return n == a.name || n == "all"; });
}

/// The whole picture in the values of stage `at`, where a stage before it took it so, at its own size; else empty.
cv::Mat staged_model::state::fitted_before(std::size_t at, const std::vector<inference>& whole) const {
  const card_input& wanted = parts.at(stages[at].card).card().inputs[0];
  for (std::size_t i = 0; i < at; ++i) {
    if (whole[i].values.empty()) continue;
    const card_input& taken = parts.at(stages[i].card).card().inputs[0];
    if (taken.size.empty() && taken.fov_width == 0 && taken.same_values(wanted)) return whole[i].values;
  }
  return {};
}

staged_model::staged_model(const std::string& card_path, const model_options& options) : state_(new state) {
  state_->options = options;
  state_->load(card_path);
  const auto part_of = [this](const std::string& name) { return &state_->parts.at(name).card(); };
  state_->from_files = check_stages(state_->stages, part_of, state_->card.path);
  state_->check_wishes();
}

staged_model::staged_model(staged_model&&) noexcept = default;
staged_model::~staged_model() = default;

std::vector<std::pair<std::string, std::string>> staged_model::identity() const {
  if (state_->card.stages.empty()) return state_->parts.at("").identity();
  std::vector<std::pair<std::string, std::string>> all{{"card.sha256", state_->card.card_sha256}};
  for (const auto& [name, part] : state_->parts)
    for (const auto& [what, value] : part.identity())
      if (what != "engine") all.emplace_back(name + "." + what, value);
  all.emplace_back("engine", session::engine());
  return all;
}

case_in_hand staged_model::prepare(record& r, const image_limits& limits) const {
  const std::size_t count = state_->stages.size();
  cv::Mat picture, source;
  const auto current = [&]() -> const cv::Mat& {
    if (picture.empty()) {
      picture = read_image(r.image(), limits);
      r.meet_image({picture.cols, picture.rows, picture.channels(), depth_name(picture.depth())});
    }
    return picture;
  };
  std::vector<inference> whole(count);
  std::vector<cv::Mat> cut_from(count);
  bool chosen = false;
  for (std::size_t i = 0; i < count; ++i) {
    const card_stage& s = state_->stages[i];
    chosen = chosen || s.run == "roi";
    if (s.run != "infer") continue;
    const session& part = state_->parts.at(s.card);
    if (part.card().takes_regions() && !chosen && r.rois().empty())
      throw error("E_RECORD", "the record has no regions of interest; med-roi chooses them");
    if (part.card().takes_regions() && part.card().patch->from_source) {
      if (source.empty()) current(), source = read_image(at_source(r).image(), limits);
      cut_from[i] = part.normalize(source);
    } else if (part.card().takes_regions()) {
      cut_from[i] = state_->fitted_before(i, whole);
      if (cut_from[i].empty()) cut_from[i] = part.normalize(current());
    } else if (!part.card().takes_features()) {
      const cv::Mat& p = current();
      whole[i] = part.prepare(p, part.wants_field() ? field_box(r, limits) : std::nullopt);
    }
  }
  case_in_hand item{r, std::move(whole), std::move(cut_from), {}, {}, false, {}};
  for (const wanted_answer& w : state_->from_files) item.given.push_back(read_held(r, w, limits));
  return item;
}

void staged_model::state::infer(std::size_t at, std::span<case_in_hand* const> items) {
  session& part = parts.at(stages[at].card);
  std::vector<inference> pictures;
  for (case_in_hand* item : items) {
    std::vector<held_answer> answers;
    if (part.card().takes_features()) {
      answers = infer_features(part, *item);
    } else if (part.card().takes_regions()) {
      const bool source = part.card().patch->from_source;
      answers = infer_regions(part, item->cut_from[at], source ? at_source(item->known) : item->known, options.regions);
    } else {
      pictures.push_back(item->whole[at]);
    }
    std::move(answers.begin(), answers.end(), std::back_inserter(item->made));
  }
  if (pictures.empty()) return;
  std::vector<inference*> pointers;
  for (inference& i : pictures) pointers.push_back(&i);
  part.forward(pointers);
  for (std::size_t n = 0; n < pictures.size(); ++n) {
    for (const std::string& name : pictures[n].left_out)
      items[n]->warnings.push_back(name + " is no map: left out where tiles are taken");
    std::vector<held_answer> answers = hold(std::move(pictures[n].outputs), items[n]->known.frame());
    std::move(answers.begin(), answers.end(), std::back_inserter(items[n]->made));
  }
}

void staged_model::forward(std::span<case_in_hand* const> items) {
  for (case_in_hand* item : items) {
    item->made.clear();
    item->warnings.clear();
  }
  for (std::size_t i = 0; i < state_->stages.size(); ++i) {
    if (state_->stages[i].run == "infer")
      state_->infer(i, items);
    else
      for (case_in_hand* item : items) run_stage(state_->stages[i], *item);
  }
  for (case_in_hand* item : items) {
    std::erase_if(item->made, [this](const held_answer& a) { return !state_->keeps(a); });
    if (!state_->card.stages.empty())  // scores first: they may bear the name of a map, as it is not in the record yet
      std::stable_partition(item->made.begin(), item->made.end(), [](const auto& a) { return a.kind == "scores"; });
    item->whole.clear();
    item->cut_from.clear();
    item->given.clear();
  }
}

}  // namespace medvision

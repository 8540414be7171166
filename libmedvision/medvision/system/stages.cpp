// SPDX-License-Identifier: Apache-2.0
#include "medvision/system/stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/record/patch_record.hpp"
#include "medvision/saliency/gate.hpp"
#include "medvision/saliency/paste.hpp"
#include "medvision/saliency/top_percent.hpp"
#include "medvision/saliency/upsample.hpp"
#include "medvision/score/fusion.hpp"

namespace medvision {
namespace {

held_answer scores_held(const std::string& name, const std::vector<std::string>& classes,
                        const std::vector<double>& values) {
  return {name, "scores", classes, false, cv::Mat(values, true), {}, {}};
}

void choose_regions(const card_stage& s, case_in_hand& item) {
  const held_answer& map = item.find({s.map, "map"});
  const frame to_picture = compose(invert(item.known.frame()), map.to_source[0]);
  const region_finding found = find_regions(map.values, map.classes, to_picture, {}, region_words(s));
  if (found.flat) item.warnings.push_back(fmt::format("a class of the map '{}' has the same value everywhere", s.map));
  if (std::ssize(found.regions) < s.count)
    item.warnings.emplace_back("fewer regions than asked for: too little is left");
  std::vector<roi> rois;
  for (const region& one : found.regions)
    rois.push_back(region_of(item.known, one.window, one.score, one.class_name, one.repeat));
  item.known.set_rois(rois);
  item.chose_regions = true;
}

void pool(const card_stage& s, case_in_hand& item) {
  const held_answer& map = item.find({s.map, "map"});
  item.made.push_back(scores_held(s.as, map.classes, top_percent(map.values, s.percent / 100)));
}

void take_mean(const card_stage& s, case_in_hand& item) {
  std::vector<named_scores> members;
  for (const std::string& name : s.of) {
    const held_answer& a = item.find({name, "scores"});
    named_scores& one = members.emplace_back();
    for (int c = 0; c < int(a.values.total()); ++c)
      one[c < std::ssize(a.classes) ? a.classes[std::size_t(c)] : ""] = a.values.ptr<double>()[c];
  }
  const named_scores fused = fuse_scores(members, fusion::mean);
  const std::vector<std::string> classes = item.find({s.of[0], "scores"}).classes;
  std::vector<double> values;
  for (const auto& [name, value] : fused) values.push_back(value);
  for (std::size_t c = 0; c < classes.size(); ++c) values[c] = fused.at(classes[c]);
  item.made.push_back(scores_held(s.as, classes, values));
}

cv::Size picture_size(const case_in_hand& item) {
  if (!item.known.picture()) throw error("E_RECORD", "the record does not say its width and height");
  return {item.known.picture()->width, item.known.picture()->height};
}

void paste(const card_stage& s, case_in_hand& item) {
  const held_answer &onto = item.find({s.onto, "map"}), &maps = item.find({s.maps, "map", true});
  const cv::Size size = picture_size(item);
  std::vector<region_map> regions;
  for (int k = 0; k < maps.values.size[0]; ++k) regions.push_back({item_of(maps, k), maps.to_source[std::size_t(k)]});
  const frame to_source = item.known.frame();
  cv::Mat made = paste_maps(onto.values, onto.to_source[0], regions, size, to_source, uncovered_named(s.outside));
  item.made.push_back({s.as, "map", onto.classes, false, made, {to_source}, onto.threshold});
}

map_cells cells_of(const std::string& name, const held_answer& map) {
  return {name, {map.values.size[0], map.values.size[1], map.values.size[2]}, map.classes, map.to_source.at(0)};
}

void gate(const card_stage& s, case_in_hand& item) {
  const held_answer &scores = item.find({s.scores, "map"}), &gates = item.find({s.gates, "map"});
  check_same_cells(cells_of(s.scores, scores), cells_of(s.gates, gates));
  cv::Mat gated = gate_scores(scores.values, softmax_cells(gates.values));
  const std::vector<double> sums = sum_cells(gated);
  held_answer map{s.as, "map", scores.classes, false, std::move(gated), scores.to_source, {}};
  held_answer said = scores_held(s.as, scores.classes, sums);
  item.made.push_back(std::move(map));
  item.made.push_back(std::move(said));
}

void enlarge(const card_stage& s, case_in_hand& item) {
  const held_answer& map = item.find({s.map, "map"});
  const cv::Size picture = picture_size(item), size = s.size.empty() ? picture : s.size;
  const frame to_source = compose(item.known.frame(), resize_frame(picture, size));
  const int shape[] = {map.values.size[0], size.height, size.width};
  cv::Mat made(3, shape, CV_32F), rows = made.reshape(1, shape[0] * shape[1]);
  int done = 0;
  place_rows(map.values, map.to_source[0], size, to_source, {upsampling_named(s.interpolation)},
             [&](const cv::Mat& some) {
               some.copyTo(rows.rowRange(done, done + some.rows));
               done += some.rows;
             });
  item.made.push_back({s.as, "map", map.classes, false, made, {to_source}, map.threshold});
}

}  // namespace

region_parameters region_words(const card_stage& s) {
  region_parameters p;
  apply_words(p, s.rule, s.classes, s.normalize, s.zero_range);
  p.window = s.window;
  p.count = s.count;
  p.stop = s.stop;
  return p;
}

std::vector<wanted_answer> wants_of(const card_stage& s, const model_card* part) {
  std::vector<wanted_answer> all;
  if (part != nullptr)
    for (const card_input& i : part->inputs)
      if (!i.feature().empty()) all.push_back({i.feature(), "features", i.of_regions()});
  if (!s.map.empty()) all.push_back({s.map, "map"});
  for (const std::string& name : s.of) all.push_back({name, "scores"});
  if (!s.onto.empty()) all.push_back({s.onto, "map"});
  if (!s.maps.empty()) all.push_back({s.maps, "map", true});
  if (!s.gates.empty()) all.insert(all.end(), {{s.scores, "map"}, {s.gates, "map"}});
  return all;
}

std::vector<wanted_answer> makes_of(const card_stage& s, const model_card* part) {
  std::vector<wanted_answer> all;
  if (part != nullptr)
    for (const card_output& o : part->outputs) all.push_back({o.name, o.kind, o.of_regions || part->takes_regions()});
  if (s.run == "top-percent" || s.run == "mean" || s.run == "gate") all.push_back({s.as, "scores"});
  if (s.run == "paste" || s.run == "gate" || s.run == "upsample") all.push_back({s.as, "map"});
  return all;
}

void run_stage(const card_stage& s, case_in_hand& item) {
  if (s.run == "roi") return choose_regions(s, item);
  if (s.run == "top-percent") return pool(s, item);
  if (s.run == "mean") return take_mean(s, item);
  if (s.run == "paste") return paste(s, item);
  if (s.run == "upsample") return enlarge(s, item);
  gate(s, item);
}

std::vector<held_answer> infer_regions(session& part, const cv::Mat& picture, const record& from, int together) {
  const card_patch& cut = *part.card().patch;
  const border outside = border_named(cut.border);
  std::vector<inference> patches;
  for (const cv::Rect& box : region_boxes(from, cut.size)) {
    inference i = part.prepare_patch(cut_patch(picture, box, outside));
    i.to_picture = compose(patch_frame(picture.size(), box, outside), i.to_picture);
    patches.push_back(std::move(i));
  }
  std::vector<inference*> pointers;
  for (inference& i : patches) pointers.push_back(&i);
  part.forward(pointers, together > 0 ? together : int(patches.size()));
  return hold_regions(patches, from.frame());
}

std::vector<held_answer> infer_features(session& part, const case_in_hand& item) {
  std::vector<std::vector<cv::Mat>> given;
  int regions = 0, rows = 0;
  for (const card_input& input : part.card().inputs) {
    const held_answer& a = item.find({input.feature(), "features", input.of_regions()});
    std::vector<cv::Mat>& all = given.emplace_back();
    if (!input.of_regions()) {
      all.push_back(a.values);
      continue;
    }
    regions = a.values.size[0];
    rows = input.size.height;
    for (int k = 0; k < regions; ++k) all.push_back(item_of(a, k));
  }
  inference one = part.prepare_features(given);
  inference* const items[] = {&one};
  part.forward(items);
  std::vector<held_answer> held = hold(std::move(one.outputs), {});
  for (held_answer& a : held) {
    if (!a.of_regions) continue;
    const int each = std::max<int>(1, int(a.classes.size()));
    if (int(a.values.total()) != rows * each)
      throw error("E_SHAPE",
                  fmt::format("output '{}' of the network is {} numbers, expected {} for each of {} regions", a.name,
                              a.values.total(), each, rows),
                  blame::request);
    a.values = a.values.reshape(1, rows).rowRange(0, regions).clone();
  }
  return held;
}

}  // namespace medvision

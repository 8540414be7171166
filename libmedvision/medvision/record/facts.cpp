// SPDX-License-Identifier: Apache-2.0
// Patterns and tables, applied to one record at a time.
#include "medvision/record/facts.hpp"

#include <fmt/format.h>

#include "medvision/error.hpp"

namespace medvision {
namespace {

std::string path_by(const name_pattern& pattern, const std::string& id, const std::string& stem) {
  return pattern.fill({{"id", id}, {"stem", stem}});
}

void check_same_size(const picture_info& mask, const picture_info& picture, const std::string& path) {
  if (mask.width == picture.width && mask.height == picture.height) return;
  throw error("E_SHAPE", fmt::format("{} has {} x {} pixels, expected the picture's {} x {}", path, mask.width,
                                     mask.height, picture.width, picture.height));
}

}  // namespace

known_facts::known_facts(const fact_sources& sources) {
  for (const std::string& text : sources.truth_masks) masks_.push_back(parse_named_pattern(text, "truth"));
  if (!sources.fov.empty()) fov_.emplace(sources.fov);
  if (!sources.tags.empty()) tags_.emplace(sources.tags);
  // Filled once now, so that a wrong field is told before a picture is read.
  for (const named_pattern& m : masks_) (void)path_by(m.pattern, "", "");
  if (fov_) (void)path_by(*fov_, "", "");
  if (!sources.labels.empty()) labels_ = read_joined_table(sources.labels, sources.id);
  if (!sources.truth_boxes.empty()) boxes_ = read_joined_table(sources.truth_boxes, sources.id);
}

void known_facts::describe(record& r, const std::string& path, const std::string& stem, const prober& probe) {
  const std::vector<std::string> keys{r.id(), stem, path.substr(path.rfind('/') + 1)};
  r.set_text("image", path);
  if (!labels_.empty() && !add_labels(r, labels_, keys)) unlabelled_.push_back(r.id());
  if (tags_) {
    const auto tags = tags_->match(stem);
    if (!tags) throw error("E_TAGS", fmt::format("the name '{}' does not fit the pattern '{}'", stem, tags_->text()));
    for (const auto& [name, value] : *tags) r.set_tag(name, value);
  }
  const picture_info picture = probe(path);
  r.meet_image(picture);
  if (!boxes_.empty() && add_truth_boxes(r, boxes_, keys, {picture.width, picture.height}) == 0)
    unboxed_.push_back(r.id());
  for (const named_pattern& m : masks_) {
    const std::string mask = path_by(m.pattern, r.id(), stem);
    check_same_size(probe(mask), picture, mask);
    r.set_truth_mask(m.name, mask);
  }
  if (!fov_) return;
  const std::string mask = path_by(*fov_, r.id(), stem);
  check_same_size(probe(mask), picture, mask);
  r.set_fov({mask, {}, "user", std::nullopt});
}

void known_facts::describe(record& r, const listed_picture& picture, const std::string& stem, const prober& probe) {
  for (const auto& [name, value] : picture.labels) r.set_label(name, value);
  if (picture.path.empty())
    throw error("E_CSV", fmt::format("line {} of the list names no picture in its column image", picture.line));
  describe(r, picture.path, stem, probe);
}

std::vector<std::string> known_facts::remarks() const {
  std::vector<std::string> remarks;
  const auto add = [&](const std::vector<std::string>& ids, const std::string& what) {
    if (!ids.empty()) remarks.push_back(fmt::format("{} {}; the first is '{}'", ids.size(), what, ids[0]));
  };
  add(unlabelled_, fmt::format("pictures without a row in {}", labels_.name()));
  add(unboxed_, fmt::format("pictures without a row in {}, taken for pictures without a true box", boxes_.name()));
  add(labels_.unused(), fmt::format("ids in {} without a picture", labels_.name()));
  add(boxes_.unused(), fmt::format("ids in {} without a picture", boxes_.name()));
  return remarks;
}

}  // namespace medvision

// SPDX-License-Identifier: Apache-2.0
#include "medvision/system/case_in_hand.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/io/image_map.hpp"
#include "medvision/io/tensor_items.hpp"

namespace medvision {
namespace {

std::vector<int> shape_of(const cv::Mat& values) { return {values.size.p, values.size.p + values.dims}; }

/// Behind one another along a new first axis.
cv::Mat stack(const std::vector<cv::Mat>& items) {
  std::vector<int> shape{int(items.size())};
  for (const int n : shape_of(items.front())) shape.push_back(n);
  cv::Mat out(int(shape.size()), shape.data(), items.front().type());
  for (std::size_t k = 0; k < items.size(); ++k) {
    if (shape_of(items[k]) != shape_of(items.front()))
      throw error("E_SHAPE", fmt::format("what is said of region {} has another shape than of region 0", k));
    const std::size_t bytes = items[k].total() * items[k].elemSize();
    std::copy_n(items[k].ptr<uchar>(), bytes, out.ptr<uchar>() + k * bytes);
  }
  return out;
}

cv::Mat as_scores(const cv::Mat& values) {
  cv::Mat out;
  values.convertTo(out, CV_64F);
  return out;
}

map_info info_of(const held_answer& a, const std::string& path, std::size_t region) {
  const int* shape = a.values.size.p + (a.of_regions ? 1 : 0);
  map_info m{path, {shape[0], shape[1], shape[2]}, a.classes, a.to_source[region], a.threshold};
  if (a.of_regions) m.index = int(region);
  return m;
}

template <class Set>
void put_scores(const cv::Mat& values, const held_answer& a, const std::string& name, const Set& set) {
  const auto count = int(values.total());
  for (int c = 0; c < count; ++c)
    set(count == 1 ? name : fmt::format("{}.{}", name, a.classes.at(std::size_t(c))), values.ptr<double>()[c]);
}

}  // namespace

const held_answer& case_in_hand::find(const wanted_answer& w) const {
  for (const std::vector<held_answer>* all : {&made, &given})
    for (const held_answer& a : *all)
      if (a.name == w.name && a.kind == w.kind && a.of_regions == w.of_regions) return a;
  throw error("E_RECORD", fmt::format("there is no {} '{}'{}", w.kind, w.name, w.of_regions ? " of the regions" : ""));
}

cv::Mat item_of(const held_answer& a, int k) {
  std::vector<int> shape;
  for (int d = 1; d < std::max(a.values.dims, 3); ++d) shape.push_back(d < a.values.dims ? a.values.size[d] : 1);
  return {int(shape.size()), shape.data(), a.values.type(), const_cast<uchar*>(a.values.ptr(k))};
}

std::vector<held_answer> hold(std::vector<network_output> outputs, const frame& to_source) {
  std::vector<held_answer> held;
  for (network_output& o : outputs) {
    held_answer a{o.name, o.kind, o.classes, o.of_regions, o.values, {}, o.threshold};
    if (o.kind == "map") a.to_source = {compose(to_source, o.to_picture)};
    if (o.kind == "scores") a.values = as_scores(o.values);
    held.push_back(std::move(a));
  }
  return held;
}

std::vector<held_answer> hold_regions(std::vector<inference>& regions, const frame& to_source) {
  std::vector<std::vector<held_answer>> each;
  for (inference& i : regions) each.push_back(hold(std::move(i.outputs), to_source));
  std::vector<held_answer> held = each.front();
  for (std::size_t o = 0; o < held.size(); ++o) {
    std::vector<cv::Mat> items;
    held[o].to_source.clear();
    held[o].of_regions = true;
    for (std::vector<held_answer>& one : each) {
      items.push_back(one.at(o).values);
      if (!one[o].to_source.empty()) held[o].to_source.push_back(one[o].to_source[0]);
    }
    held[o].values = stack(items);
  }
  return held;
}

held_answer read_held(const record& r, const wanted_answer& w, const image_limits& limits, bool finite) {
  held_answer a{w.name, w.kind, {}, w.of_regions, {}, {}, {}};
  const auto missing = [&](const std::string& where) {
    return error("E_RECORD", fmt::format("{} no {} '{}'; med-infer makes them", where, w.kind, w.name));
  };
  const auto read_one = [&](const auto& maps, const auto& features, const std::string& where) {
    if (w.kind == "map") {
      const auto m = maps.find(w.name);
      if (m == maps.end()) throw missing(where);
      a.to_source.push_back(m->second.to_source);
      a.classes = m->second.classes;
      a.threshold = m->second.threshold;
      const auto& shape = m->second.shape;
      if (!m->second.index) return read_cells(m->second.path, shape, limits, finite);
      return read_item(m->second.path, {shape.begin(), shape.end()}, *m->second.index, limits.max_bytes);
    }
    const auto f = features.find(w.name);
    if (f == features.end()) throw missing(where);
    return read_item(f->second.path, f->second.shape, f->second.index.value_or(-1), limits.max_bytes);
  };
  if (!w.of_regions) {
    a.values = read_one(r.maps(), r.features(), "the record has");
    return a;
  }
  const std::vector<roi> regions = r.rois();
  if (regions.empty()) throw error("E_RECORD", "the record has no regions of interest; med-roi chooses them");
  std::vector<cv::Mat> items;
  for (const roi& region : regions)
    items.push_back(read_one(region.maps, region.features, fmt::format("region {} has", items.size())));
  a.values = stack(items);
  return a;
}

void put(record& r, const held_answer& a, const std::string& name, const std::string& path) {
  if (!a.of_regions) {
    if (a.kind == "scores")
      put_scores(a.values, a, name, [&](const std::string& full, double value) { r.set_score(full, value); });
    else if (a.kind == "features")
      r.set_feature(name, {path, shape_of(a.values)});
    else
      r.set_map(name, info_of(a, path, 0));
    return;
  }
  for (int k = 0; k < a.values.size[0]; ++k) {
    const auto at = std::size_t(k);
    if (a.kind == "scores")
      put_scores(item_of(a, k), a, name, [&](const std::string& full, double v) { r.set_roi_score(at, full, v); });
    else if (a.kind == "features")
      r.set_roi_feature(at, name, {path, shape_of(item_of(a, k)), k});
    else
      r.set_roi_map(at, name, info_of(a, path, at));
  }
}

}  // namespace medvision

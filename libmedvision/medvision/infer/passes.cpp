// SPDX-License-Identifier: Apache-2.0
// Padding, passes, turning back, cutting back.
#include "medvision/infer/passes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <span>
#include <utility>

#include "medvision/error.hpp"
#include "medvision/infer/input_blob.hpp"

namespace medvision {
namespace {

/// Item n of a blob, with memory of its own, as its kind says.
cv::Mat take(const cv::Mat& blob, int n, const std::string& kind) {
  std::vector<int> shape(blob.size.p + 1, blob.size.p + blob.dims);
  const int count = static_cast<int>(blob.total() / static_cast<std::size_t>(blob.size[0]));
  if (kind == "scores") shape = {count};
  while (kind == "features" && shape.size() > 1 && shape.back() == 1) shape.pop_back();  // pooled N×C×1×1 is C numbers
  cv::Mat own(static_cast<int>(shape.size()), shape.data(), CV_32F);
  std::copy_n(blob.ptr<float>(n), count, own.ptr<float>());
  return own;
}

/// The cells of a map that lie, at least in part, on a picture of this size.
cv::Mat cut(const answer& a, cv::Size size) {
  const auto cells = [](int length, double cell, int made) {
    return std::min(made, static_cast<int>(std::ceil(length / cell - 1e-9)));
  };
  const int height = cells(size.height, a.cell.height, a.values.size[1]);
  const int width = cells(size.width, a.cell.width, a.values.size[2]);
  if (height == a.values.size[1] && width == a.values.size[2]) return a.values;
  const cv::Range ranges[] = {cv::Range::all(), {0, height}, {0, width}};
  return a.values(ranges).clone();
}

/// A map of a picture that `s` was applied to, turned back.
answer straighten(answer a, const symmetry& s, cv::Size turned, const std::string& name) {
  if (a.cell.width * a.values.size[2] != turned.width || a.cell.height * a.values.size[1] != turned.height)
    throw error("E_SHAPE", fmt::format("the map '{}' of {}x{} pixels ends in part of a cell, so it cannot be turned "
                                       "back: run without --tta",
                                       name, turned.width, turned.height));
  if (s.quarter_turns % 2 == 1) std::swap(a.cell.width, a.cell.height);
  return {undo(s, a.values), a.cell};
}

double largest_difference(const cv::Mat& a, const cv::Mat& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.total(); ++i)
    largest = std::max(largest, std::abs(double(a.ptr<float>()[i]) - b.ptr<float>()[i]));
  return largest;
}

}  // namespace

passes::passes(network net, model_card card, std::optional<tiling_parameters> tiles, std::vector<symmetry> symmetries,
               double tolerance)
    : net_(std::move(net)),
      card_(std::move(card)),
      tiles_(std::move(tiles)),
      symmetries_(std::move(symmetries)),
      tolerance_(tolerance),
      margin_(card_.tile ? card_.tile->margin : 0) {}

std::vector<cv::Mat> passes::pass(std::vector<cv::Mat> pictures) {
  pictures.resize(std::max(pictures.size(), fill_), pictures.back());
  std::vector<cv::Mat> together = net_.forward({stack_blob(pictures)});
  if (pictures.size() > 1 && !batch_tried_) {
    try_batch(pictures, together);
    batch_tried_ = true;
  }
  return together;
}

/// Some exports load, and give wrong numbers for batches without a word.
void passes::try_batch(const std::vector<cv::Mat>& pictures, const std::vector<cv::Mat>& together) {
  const std::size_t last = pictures.size() - 1;
  const std::vector<cv::Mat> alone = net_.forward({stack_blob(std::span(pictures).subspan(last, 1))});
  for (std::size_t o = 0; o < alone.size(); ++o) {
    const cv::Mat part = together[o].rowRange(static_cast<int>(last), static_cast<int>(last) + 1);
    const double difference = part.total() == alone[o].total() ? largest_difference(part, alone[o]) : 1e30;
    if (!(difference <= tolerance_))
      throw error("E_BATCH",
                  fmt::format("output '{}' of a picture in a batch of {} differs by {:.3g} from the same picture "
                              "alone, the card allows {:.3g}: run with --batch 1",
                              card_.outputs[o].name, pictures.size(), difference, tolerance_),
                  blame::request);
  }
}

/// Padded pictures of one size, whole, in one pass.
std::vector<answers> passes::run_whole(const std::vector<cv::Mat>& pictures) {
  const std::vector<cv::Mat> blobs = pass(pictures);
  std::vector<answers> made(pictures.size());
  for (std::size_t o = 0; o < blobs.size(); ++o) {
    cv::Size2d cell{1, 1};
    if (card_.outputs[o].kind == "map")
      cell = {double(pictures[0].cols - 2 * margin_) / blobs[o].size[3],
              double(pictures[0].rows - 2 * margin_) / blobs[o].size[2]};
    for (std::size_t n = 0; n < pictures.size(); ++n)
      made[n].push_back({take(blobs[o], static_cast<int>(n), card_.outputs[o].kind), cell});
  }
  return made;
}

/// Each picture in tiles_; outputs that are no maps stay empty.
std::vector<answers> passes::run_tiled(const std::vector<cv::Mat>& pictures) {
  const auto pass_maps = [this](const std::vector<cv::Mat>& tiles_of_one) {
    std::vector<cv::Mat> maps, all = pass(tiles_of_one);
    for (std::size_t o = 0; o < all.size(); ++o)
      if (card_.outputs[o].kind == "map") maps.push_back(std::move(all[o]));
    return maps;
  };
  std::vector<answers> made;
  for (const cv::Mat& p : pictures) {
    std::vector<tiled_map> maps = infer_in_tiles(p, *tiles_, pass_maps);
    answers& one = made.emplace_back(card_.outputs.size());
    auto next = maps.begin();
    for (std::size_t o = 0; o < one.size(); ++o)
      if (card_.outputs[o].kind == "map") one[o] = {std::move(next->values), next->cell}, ++next;
  }
  return made;
}

/// The mean over the symmetries, each map turned back before it counts.
std::vector<answers> passes::run_symmetries(const std::vector<cv::Mat>& pictures, bool tiled) {
  const auto once = [&](const std::vector<cv::Mat>& p) { return tiled ? run_tiled(p) : run_whole(p); };
  if (symmetries_.size() == 1) return once(pictures);
  const int border = tiled ? 0 : 2 * margin_;
  std::vector<answers> mean(pictures.size(), answers(card_.outputs.size()));
  for (const symmetry& s : symmetries_) {
    std::vector<cv::Mat> turned;
    for (const cv::Mat& p : pictures) turned.push_back(apply(s, p));
    std::vector<answers> made = once(turned);
    const cv::Size size(turned[0].cols - border, turned[0].rows - border);
    for (std::size_t n = 0; n < made.size(); ++n)
      for (std::size_t o = 0; o < made[n].size(); ++o) {
        answer& one = made[n][o];
        if (one.values.empty()) continue;
        if (card_.outputs[o].kind == "map") one = straighten(std::move(one), s, size, card_.outputs[o].name);
        cv::Mat values;
        one.values.convertTo(values, CV_64F);
        answer& sum = mean[n][o];
        if (sum.values.empty())
          sum = {values, one.cell};
        else
          sum.values += values;
      }
  }
  for (answers& all : mean)
    for (answer& a : all)
      if (!a.values.empty()) a.values.convertTo(a.values, CV_32F, 1.0 / static_cast<double>(symmetries_.size()));
  return mean;
}

answers passes::run_features(const std::vector<cv::Mat>& features) {
  const std::vector<cv::Mat> blobs = net_.forward(features);
  answers made;
  for (std::size_t o = 0; o < blobs.size(); ++o) {
    const bool all = card_.outputs[o].of_regions;
    const int one[] = {1, int(blobs[o].total())};
    made.push_back({take(all ? blobs[o].reshape(1, 2, one) : blobs[o], 0, card_.outputs[o].kind), {1, 1}});
  }
  return made;
}

/// Pictures of one size: padded, answered, cut back.
std::vector<answers> passes::run(const std::vector<cv::Mat>& pictures, int fill) {
  fill_ = std::size_t(fill);
  const card_input& input = card_.inputs[0];
  const cv::Size size = pictures[0].size();
  const bool tiled = tiles_ && needs_tiles(size, *tiles_);
  const int around = tiled ? 0 : margin_;
  cv::Size outer(size.width + 2 * around, size.height + 2 * around);
  if (!tiled || !tiles_->tile.mean) outer = next_multiple(outer, input.multiple);
  std::vector<cv::Mat> padded;
  for (const cv::Mat& p : pictures)
    padded.push_back(pad_picture(p, outer, around, around > 0 ? card_.tile->pad : input.pad));
  std::vector<answers> made = run_symmetries(padded, tiled);
  for (answers& all : made)
    for (std::size_t o = 0; o < all.size(); ++o)
      if (card_.outputs[o].kind == "map") all[o].values = cut(all[o], size);
  return made;
}

}  // namespace medvision

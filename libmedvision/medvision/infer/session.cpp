// SPDX-License-Identifier: Apache-2.0
// Options and card become passes: whole or in tiles, single or in batches, plain or averaged over symmetries.
#include "medvision/infer/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/infer/device.hpp"
#include "medvision/infer/input_blob.hpp"
#include "medvision/infer/model_card.hpp"
#include "medvision/infer/network.hpp"
#include "medvision/infer/symmetry.hpp"
#include "medvision/infer/tiling.hpp"

namespace medvision {
namespace {

[[noreturn]] void refuse(const char* code, const std::string& sentence) { throw error(code, sentence, blame::request); }

/// "WxH", or "N" for NxN.
cv::Size parse_tile(const std::string& text) {
  cv::Size size;
  const char* const end = text.data() + text.size();
  auto [at, problem] = std::from_chars(text.data(), end, size.width);
  size.height = size.width;
  if (problem == std::errc{} && at != end && *at == 'x') {
    const auto height = std::from_chars(at + 1, end, size.height);
    at = height.ptr;
    problem = height.ec;
  }
  if (problem == std::errc{} && at == end && size.width > 0 && size.height > 0) return size;
  refuse("E_OPTION", fmt::format("--tile is '{}', expected card, none, WxH or N", text));
}

/// The card's tile with what the options override; nullopt: whole pictures.
std::optional<card_tile> choose_tile(const model_card& card, const session_options& o) {
  std::optional<card_tile> tile = o.tile == "none" ? std::nullopt : card.tile;
  if (o.tile != "card" && o.tile != "none") {
    if (card.inputs[0].size.width > 0)
      refuse("E_OPTION", fmt::format("--tile {} is given, but the card resizes every picture to {}x{}", o.tile,
                                     card.inputs[0].size.width, card.inputs[0].size.height));
    if (!tile) tile.emplace().overlap = -1;
    tile->size = parse_tile(o.tile);
    if (tile->overlap < 0) tile->overlap = std::min(tile->size.width, tile->size.height) / 4;
  }
  if (o.overlap >= 0) {
    if (!tile)
      refuse("E_OPTION", fmt::format("--overlap {} is given, but neither --tile nor the card says a tile", o.overlap));
    tile->overlap = o.overlap;
  }
  if (!tile) return tile;
  const int side = std::min(tile->size.width, tile->size.height) - 2 * tile->margin;
  if (tile->overlap >= side)
    refuse("E_OPTION",
           fmt::format("the overlap is {}, expected less than the {} pixels that a tile of {}x{} answers for",
                       tile->overlap, side, tile->size.width, tile->size.height));
  if (std::none_of(card.outputs.begin(), card.outputs.end(), [](const card_output& out) { return out.kind == "map"; }))
    refuse("E_OPTION", "a tile is given, but no output is a map, and only maps can be put together from tiles");
  return tile;
}

void check_runnable(const model_card& card) {
  if (card.stages > 0)
    refuse("E_CARD",
           fmt::format("{} declares {} stages: cards of several networks are not run yet", card.path, card.stages));
  if (card.inputs.size() != 1 || card.inputs[0].from != "image")
    refuse("E_CARD",
           fmt::format("{} takes {} input{}, the first from {}: only one input from the image is run yet", card.path,
                       card.inputs.size(), card.inputs.size() == 1 ? "" : "s", card.inputs[0].from));
}

/// Item n of a blob, with memory of its own, as its kind says.
cv::Mat take(const cv::Mat& blob, int n, const std::string& kind) {
  std::vector<int> shape(blob.size.p + 1, blob.size.p + blob.dims);
  const int count = static_cast<int>(blob.total()) / blob.size[0];
  if (kind == "scores") shape = {count};
  while (kind == "features" && shape.size() > 1 && shape.back() == 1) shape.pop_back();  // pooled N×C×1×1 is C numbers
  cv::Mat own(static_cast<int>(shape.size()), shape.data(), CV_32F);
  std::copy_n(blob.ptr<float>(n), count, own.ptr<float>());
  return own;
}

/// What came out for one picture, and the pixels (of what went in) that a cell of a map covers.
struct answer {
  cv::Mat values;
  cv::Size2d cell{1, 1};
};
using answers = std::vector<answer>;  // an output each

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

struct session::state {
  model_card card;
  device where;
  int batch = 1, margin = 0;
  std::optional<network> net;
  std::vector<symmetry> symmetries;
  std::optional<tiling_parameters> tiles;
  bool batch_tried = false;

  std::vector<cv::Mat> pass(const std::vector<cv::Mat>& pictures);
  void try_batch(const std::vector<cv::Mat>& pictures, const std::vector<cv::Mat>& together);
  std::vector<answers> run_whole(const std::vector<cv::Mat>& pictures);
  std::vector<answers> run_tiled(const std::vector<cv::Mat>& pictures);
  std::vector<answers> run_symmetries(const std::vector<cv::Mat>& pictures, bool tiled);
  std::vector<answers> run(const std::vector<cv::Mat>& pictures);
  void fill(inference& item, answers values) const;
};

std::vector<cv::Mat> session::state::pass(const std::vector<cv::Mat>& pictures) {
  std::vector<cv::Mat> together = net->forward({stack_blob(pictures)});
  if (pictures.size() > 1 && !batch_tried) {
    batch_tried = true;
    try_batch(pictures, together);
  }
  return together;
}

/// Some exports load, and give wrong numbers for batches without a word.
void session::state::try_batch(const std::vector<cv::Mat>& pictures, const std::vector<cv::Mat>& together) {
  const std::size_t last = pictures.size() - 1;
  const std::vector<cv::Mat> alone = net->forward({stack_blob(std::span(pictures).subspan(last, 1))});
  const double allowed = card.tolerances.at(kind_name(where));
  for (std::size_t o = 0; o < alone.size(); ++o) {
    const cv::Mat part = together[o].rowRange(static_cast<int>(last), static_cast<int>(last) + 1);
    const double difference = part.total() == alone[o].total() ? largest_difference(part, alone[o]) : 1e30;
    if (!(difference <= allowed))
      refuse("E_BATCH", fmt::format("output '{}' of a picture in a batch of {} differs by {:.3g} from the same picture "
                                    "alone, the card allows {:.3g}: run with --batch 1",
                                    card.outputs[o].name, pictures.size(), difference, allowed));
  }
}

/// Padded pictures of one size, whole, in one pass.
std::vector<answers> session::state::run_whole(const std::vector<cv::Mat>& pictures) {
  const std::vector<cv::Mat> blobs = pass(pictures);
  std::vector<answers> made(pictures.size());
  for (std::size_t o = 0; o < blobs.size(); ++o) {
    cv::Size2d cell{1, 1};
    if (card.outputs[o].kind == "map")
      cell = {double(pictures[0].cols - 2 * margin) / blobs[o].size[3],
              double(pictures[0].rows - 2 * margin) / blobs[o].size[2]};
    for (std::size_t n = 0; n < pictures.size(); ++n)
      made[n].push_back({take(blobs[o], static_cast<int>(n), card.outputs[o].kind), cell});
  }
  return made;
}

/// Each picture in tiles; outputs that are no maps stay empty.
std::vector<answers> session::state::run_tiled(const std::vector<cv::Mat>& pictures) {
  const auto pass_maps = [this](const std::vector<cv::Mat>& tiles_of_one) {
    std::vector<cv::Mat> maps, all = pass(tiles_of_one);
    for (std::size_t o = 0; o < all.size(); ++o)
      if (card.outputs[o].kind == "map") maps.push_back(std::move(all[o]));
    return maps;
  };
  std::vector<answers> made;
  for (const cv::Mat& p : pictures) {
    std::vector<tiled_map> maps = infer_in_tiles(p, *tiles, pass_maps);
    answers& one = made.emplace_back(card.outputs.size());
    auto next = maps.begin();
    for (std::size_t o = 0; o < one.size(); ++o)
      if (card.outputs[o].kind == "map") one[o] = {std::move(next->values), next->cell}, ++next;
  }
  return made;
}

/// The mean over the symmetries, each map turned back before it counts.
std::vector<answers> session::state::run_symmetries(const std::vector<cv::Mat>& pictures, bool tiled) {
  const auto once = [&](const std::vector<cv::Mat>& p) { return tiled ? run_tiled(p) : run_whole(p); };
  if (symmetries.size() == 1) return once(pictures);
  const int border = tiled ? 0 : 2 * margin;
  std::vector<answers> mean(pictures.size(), answers(card.outputs.size()));
  for (const symmetry& s : symmetries) {
    std::vector<cv::Mat> turned;
    for (const cv::Mat& p : pictures) turned.push_back(apply(s, p));
    std::vector<answers> made = once(turned);
    const cv::Size size(turned[0].cols - border, turned[0].rows - border);
    for (std::size_t n = 0; n < made.size(); ++n)
      for (std::size_t o = 0; o < made[n].size(); ++o) {
        answer& one = made[n][o];
        if (one.values.empty()) continue;
        if (card.outputs[o].kind == "map") one = straighten(std::move(one), s, size, card.outputs[o].name);
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
      if (!a.values.empty()) a.values.convertTo(a.values, CV_32F, 1.0 / static_cast<double>(symmetries.size()));
  return mean;
}

/// Pictures of one size: padded, answered, cut back.
std::vector<answers> session::state::run(const std::vector<cv::Mat>& pictures) {
  const card_input& input = card.inputs[0];
  const cv::Size size = pictures[0].size();
  const bool tiled = tiles && needs_tiles(size, *tiles);
  const int around = tiled ? 0 : margin;
  cv::Size outer(size.width + 2 * around, size.height + 2 * around);
  if (!tiled || !tiles->tile.mean) outer = next_multiple(outer, input.multiple);
  std::vector<cv::Mat> padded;
  for (const cv::Mat& p : pictures)
    padded.push_back(pad_picture(p, outer, around, around > 0 ? card.tile->pad : input.pad));
  std::vector<answers> made = run_symmetries(padded, tiled);
  for (answers& all : made)
    for (std::size_t o = 0; o < all.size(); ++o)
      if (card.outputs[o].kind == "map") all[o].values = cut(all[o], size);
  return made;
}

void session::state::fill(inference& item, answers values) const {
  item.outputs.clear();
  item.left_out.clear();
  for (std::size_t o = 0; o < values.size(); ++o) {
    const card_output& said = card.outputs[o];
    const cv::Size2d cell = values[o].cell;
    if (values[o].values.empty())
      item.left_out.push_back(said.name);
    else
      item.outputs.push_back({said.name, said.kind, said.classes, std::move(values[o].values),
                              compose(item.to_picture, frame{{cell.width, 0, 0, 0, cell.height, 0}})});
  }
}

session::session(const std::string& card_path, const session_options& o) : state_(new state) {
  state& s = *state_;
  const device_request request = parse_device(o.device);
  s.symmetries = symmetries_named(o.tta);
  if (o.batch < 1 || o.batch > 4096) refuse("E_OPTION", fmt::format("--batch is {}, expected 1 to 4096", o.batch));
  s.batch = o.batch;
  s.card = load_card(card_path);
  check_runnable(s.card);
  if (s.card.tile) s.margin = s.card.tile->margin;
  const std::optional<card_tile> tile = choose_tile(s.card, o);
  const std::string bytes = read_model(s.card);
  s.where = choose_device(request);
  if (request.any && !s.card.tolerances.contains("cuda")) s.where = {};
  const std::string kind = kind_name(s.where);
  if (!s.card.tolerances.contains(kind))
    refuse("E_CARD", fmt::format("{} states no precision for {}: it was not made to run there", s.card.path, kind));
  s.net.emplace(bytes, s.card, s.where);
  if (tile) s.tiles = tiling_parameters{*tile, s.card.inputs[0].multiple, s.net->fixed_size(), o.batch};
  const cv::Size size = s.card.inputs[0].size;
  if (o.tta == "dihedral" && size.width != size.height)
    refuse("E_OPTION", fmt::format("--tta dihedral turns pictures, but the card's size is {}x{}: use flips", size.width,
                                   size.height));
}

session::session(session&&) noexcept = default;
session::~session() = default;

const model_card& session::card() const { return state_->card; }

std::string session::engine() { return network::engine(); }

std::string session::device_name() const { return name_of(state_->where); }

std::vector<std::pair<std::string, std::string>> session::identity() const {
  return {{"card.sha256", state_->card.card_sha256},
          {"model.sha256", state_->card.sha256},
          {"device", kind_name(state_->where)},
          {"engine", network::engine()}};
}

bool session::wants_field() const { return state_->card.inputs[0].fov_width > 0; }

inference session::prepare(const cv::Mat& picture, const std::optional<cv::Rect2d>& field) const {
  fitted_picture fitted = fit_picture(picture, state_->card.inputs[0], field);
  return {std::move(fitted.values), fitted.to_picture, {}, {}};
}

void session::forward(std::span<inference* const> items) {
  std::map<std::pair<int, int>, std::vector<inference*>> by_size;
  for (inference* i : items) by_size[{i->values.rows, i->values.cols}].push_back(i);
  for (const auto& [size, group] : by_size)
    for (std::size_t first = 0; first < group.size(); first += static_cast<std::size_t>(state_->batch)) {
      const std::size_t last = std::min(group.size(), first + static_cast<std::size_t>(state_->batch));
      std::vector<cv::Mat> pictures;
      for (std::size_t n = first; n < last; ++n) pictures.push_back(group[n]->values);
      std::vector<answers> made = state_->run(pictures);
      for (std::size_t n = first; n < last; ++n) state_->fill(*group[n], std::move(made[n - first]));
    }
  for (inference* i : items) i->values.release();
}

}  // namespace medvision

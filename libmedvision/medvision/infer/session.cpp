// SPDX-License-Identifier: Apache-2.0
// Options and card become passes: whole or in tiles, single or in batches, plain or averaged over symmetries.
#include "medvision/infer/session.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/infer/device.hpp"
#include "medvision/infer/input_blob.hpp"
#include "medvision/infer/model_card.hpp"
#include "medvision/infer/passes.hpp"

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

void check_runnable(const model_card& card, const session_options& o) {
  if (!card.stages.empty())
    refuse("E_CARD",
           fmt::format("{} is the card of a system of {} stages, not of a network", card.path, card.stages.size()));
  if (!card.takes_features()) return;
  if ((o.tile != "card" && o.tile != "none") || o.overlap >= 0)
    refuse("E_OPTION", fmt::format("--tile or --overlap is given, but {} takes features", card.path));
  if (o.tta != "none") refuse("E_OPTION", fmt::format("--tta {} is given, but {} takes features", o.tta, card.path));
}

/// rows of `count` numbers each, one behind the other.
cv::Mat stacked(const std::vector<cv::Mat>& rows, const card_input& input) {
  const int wanted = input.size.height, count = input.size.width;
  const int met = int(rows.size());
  if (met == 0 || met > wanted || (met < wanted && !input.repeat_last))
    throw error("E_SHAPE", fmt::format("the record has {} regions with features '{}', the network takes {}{}", met,
                                       input.feature(), input.repeat_last ? "1 to " : "", wanted));
  cv::Mat out(wanted, count, CV_32F);
  for (int k = 0; k < wanted; ++k) {
    const cv::Mat& row = rows[std::size_t(std::min(k, met - 1))];
    if (row.total() != std::size_t(count))
      throw error("E_SHAPE", fmt::format("the features '{}' of region {} are {} numbers, the network takes {}",
                                         input.feature(), std::min(k, met - 1), row.total(), count));
    std::copy_n(row.ptr<float>(), count, out.ptr<float>(k));
  }
  return out;
}

/// Features of the picture: rows where the card says a size, else their own shape behind an axis of 1.
cv::Mat single(const cv::Mat& values, const card_input& input) {
  if (input.size.empty()) {
    std::vector<int> shape{1};
    shape.insert(shape.end(), values.size.p, values.size.p + values.dims);
    while (shape.size() > 2 && shape.back() == 1) shape.pop_back();  // a cv::Mat has 2 axes or more
    return values.reshape(1, int(shape.size()), shape.data()).clone();
  }
  if (values.total() != std::size_t(input.size.width) * std::size_t(input.size.height))
    throw error("E_SHAPE", fmt::format("the features '{}' are {} numbers, the network takes {} x {}", input.feature(),
                                       values.total(), input.size.height, input.size.width));
  return values.reshape(1, input.size.height).clone();
}

}  // namespace

struct session::state {
  model_card card;
  device where;
  std::size_t batch = 1;
  bool full_batches = false;
  std::optional<passes> through;

  [[nodiscard]] network load(bool or_cpu);

  void fill(inference& item, answers values) const;
};

void session::state::fill(inference& item, answers values) const {
  item.outputs.clear();
  item.left_out.clear();
  for (std::size_t o = 0; o < values.size(); ++o) {
    const card_output& said = card.outputs[o];
    const cv::Size2d cell = values[o].cell;
    const auto stated = card.thresholds.find(said.name);
    const auto threshold = stated == card.thresholds.end() ? std::nullopt : std::optional(stated->second.value);
    if (values[o].values.empty())
      item.left_out.push_back(said.name);
    else
      item.outputs.push_back({said.name, said.kind, said.classes, std::move(values[o].values),
                              compose(item.to_picture, frame{{cell.width, 0, 0, 0, cell.height, 0}}), threshold,
                              said.of_regions});
  }
}

/// The network on the device chosen; where the GPU cannot run all of it, on the CPU if the device was left to us.
network session::state::load(bool or_cpu) {
  const std::string bytes = read_model(card);
  network net(bytes, card, where);
  const std::vector<std::string> back = net.layers_on_cpu();
  if (back.empty()) return net;  // the CPU's, which the card has no number for
  const std::size_t most = std::size_t(card.layers_on_cpu.at(kind_name(where)));
  if (back.size() <= most) return net;
  if (or_cpu && card.tolerances.contains("cpu")) {
    where = {};
    return {bytes, card, where};
  }
  refuse("E_CARD",
         fmt::format("{} of the network's layers would go back from {} to the CPU in the middle, the card "
                     "allows {} (precision, layers_on_cpu): {}{}",
                     back.size(), name_of(where), most,
                     fmt::join(back.begin(), back.begin() + std::min<std::ptrdiff_t>(5, std::ssize(back)), ", "),
                     back.size() > 5 ? ", …" : ""));
}

session::session(const std::string& card_path, const session_options& o) : state_(new state) {
  state& s = *state_;
  const device_request request = parse_device(o.device);
  const std::vector<symmetry> symmetries = symmetries_named(o.tta);
  if (o.batch < 1 || o.batch > 4096) refuse("E_OPTION", fmt::format("--batch is {}, expected 1 to 4096", o.batch));
  s.batch = static_cast<std::size_t>(o.batch);
  s.card = load_card(card_path);
  check_runnable(s.card, o);
  const std::optional<card_tile> tile = choose_tile(s.card, o);
  s.where = choose_device(request);
  if (request.any && !s.card.tolerances.contains("cuda")) s.where = {};
  const std::string kind = kind_name(s.where);
  if (!s.card.tolerances.contains(kind))
    refuse("E_CARD", fmt::format("{} states no precision for {}: it was not made to run there", s.card.path, kind));
  const cv::Size size = s.card.inputs[0].size;
  if (o.tta == "dihedral" && size.width != size.height)
    refuse("E_OPTION", fmt::format("--tta dihedral turns pictures, but the card's size is {}x{}: use flips", size.width,
                                   size.height));
  network net = s.load(request.any);
  s.full_batches = o.full_batches || s.where.kind != device_kind::cpu;
  std::optional<tiling_parameters> tiles;
  if (tile) {
    tiles = tiling_parameters{*tile, s.card.inputs[0].multiple, net.fixed_size(), o.batch};
    check_tile(*tiles);
  }
  s.through.emplace(std::move(net), s.card, tiles, symmetries, s.card.tolerances.at(kind_name(s.where)));
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

cv::Mat session::normalize(const cv::Mat& picture) const {
  card_input whole = state_->card.inputs[0];
  whole.size = {};
  return fit_picture(picture, whole).values;
}

inference session::prepare_patch(const cv::Mat& patch) const {
  fitted_picture fitted = fit_patch(patch, state_->card.inputs[0]);
  return {std::move(fitted.values), fitted.to_picture, {}, {}};
}

inference session::prepare_features(const std::vector<std::vector<cv::Mat>>& given) const {
  inference item;
  for (std::size_t i = 0; i < state_->card.inputs.size(); ++i) {
    const card_input& input = state_->card.inputs[i];
    item.features.push_back(input.of_regions() ? stacked(given.at(i), input) : single(given.at(i).at(0), input));
  }
  return item;
}

void session::forward(std::span<inference* const> items, int together) {
  const std::size_t batch = together > 0 ? std::size_t(together) : state_->batch;
  if (state_->card.takes_features()) {
    for (inference* i : items) state_->fill(*i, state_->through->run_features(i->features));
    return;
  }
  std::map<std::pair<int, int>, std::vector<inference*>> by_size;
  for (inference* i : items) by_size[{i->values.rows, i->values.cols}].push_back(i);
  for (const auto& [size, group] : by_size)
    for (std::size_t first = 0; first < group.size(); first += batch) {
      const std::size_t last = std::min(group.size(), first + batch);
      std::vector<cv::Mat> pictures;
      for (std::size_t n = first; n < last; ++n) pictures.push_back(group[n]->values);
      // Regions come as many as they are: there are no others to wait for.
      std::vector<answers> made =
          state_->through->run(pictures, state_->full_batches && together == 0 ? int(batch) : 1);
      for (std::size_t n = first; n < last; ++n) state_->fill(*group[n], std::move(made[n - first]));
    }
  for (inference* i : items) i->values.release();
}

}  // namespace medvision

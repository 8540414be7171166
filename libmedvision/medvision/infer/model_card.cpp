// SPDX-License-Identifier: Apache-2.0
// The one door between cards and JSON: every member is checked, and a refusal names it.
#include "medvision/infer/model_card.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "medvision/error.hpp"
#include "medvision/infer/card_members.hpp"

namespace medvision {
namespace {

using namespace card_members;

void read_values(const member_reader& in, card_input& i) {
  i.scale = in.number("scale", 1, -1e9, 1e9);
  i.mean = in.numbers("mean", 0, i.channels);
  i.std = in.numbers("std", 1, i.channels);
  if (i.scale == 0) in.wrong("scale", "a number other than 0");
  if (!std::all_of(i.std.begin(), i.std.end(), [](double s) { return s > 0; })) in.wrong("std", "numbers above 0");
  i.standardize = in.word("standardize", {"none", "image"}, "none") == "image";
}

/// features.NAME or rois.features.NAME: size is [D, K], K rows of D numbers.
card_input read_features(const member_reader& in, card_input i) {
  in.only({"name", "from", "size", "pad"});
  if (in.find("size") != nullptr) i.size = in.size("size");
  if (i.of_regions() && i.size.width == 0) refuse(fmt::format("{} is missing", in.place("size")));
  if (!i.of_regions() && in.find("pad") != nullptr) in.wrong("pad", "no `pad` where features are not stacked");
  i.repeat_last = in.word("pad", {"error", "repeat-last"}, "error") == "repeat-last";
  return i;
}

card_input read_input(const json& value, const std::string& place) {
  const member_reader in(value, place);
  in.only({"name", "from", "size", "any", "multiple", "channels", "order", "depth", "scale", "mean", "std",
           "standardize", "fov_width", "pad"});
  card_input i;
  i.name = in.text("name");
  i.from = in.text("from");
  if (i.from != "image" && i.from != "roi" && i.feature().empty())
    in.wrong("from", "image, roi, features.NAME or rois.features.NAME");
  if (!i.feature().empty()) return read_features(in, std::move(i));
  const bool free_size = in.flag("any", false);
  if (in.find("size") != nullptr) i.size = in.size("size");
  if (free_size && i.size.width > 0) in.wrong("any", "no `any` beside `size`");
  if (!free_size && i.size.width == 0 && in.find("multiple") == nullptr)
    refuse(fmt::format("{} says no size: one of size, any and multiple is expected", place));
  i.multiple = in.whole("multiple", 1, 1, 1024);
  if (i.size.width > 0 && in.find("multiple") != nullptr) in.wrong("multiple", "no `multiple` beside `size`");
  i.channels = in.whole("channels", 1, 1, 3);
  if (i.channels == 2) in.wrong("channels", "1 or 3");
  i.order = in.word("order", {"gray", "rgb", "bgr"}, i.channels == 1 ? "gray" : "rgb");
  if ((i.order == "gray") != (i.channels == 1)) in.wrong("order", i.channels == 1 ? "gray" : "rgb or bgr");
  if (in.find("depth") != nullptr) i.depth = in.word("depth", {"u8", "u16", "f32"});
  read_values(in, i);
  i.fov_width = in.number("fov_width", 0, 1, max_side);
  if (i.fov_width > 0 && i.size.width > 0) in.wrong("fov_width", "no `fov_width` beside `size`");
  if (i.fov_width > 0 && i.from == "roi") in.wrong("fov_width", "no `fov_width` of regions");
  i.pad = in.word("pad", {"mirror", "zero"}, "mirror") == "zero" ? padding::zero : padding::mirror;
  return i;
}

card_output read_output(const json& value, const std::string& place) {
  const member_reader in(value, place);
  in.only({"name", "kind", "classes", "activation", "over"});
  card_output o;
  o.name = identifier(in, "name");
  o.kind = in.word("kind", {"map", "features", "scores"});
  o.activation = in.word("activation", {"none", "sigmoid", "softmax"}, "none");
  o.classes = in.names("classes");
  o.of_regions = in.word("over", {"image", "rois"}, "image") == "rois";
  if (o.of_regions && o.kind != "scores") in.wrong("over", "image, where the output is no scores");
  if (o.kind != "features" && o.classes.empty() && !o.of_regions)
    refuse(fmt::format("{} is missing or empty", in.place("classes")));
  return o;
}

card_tile read_tile(const json& value, const std::string& place) {
  const member_reader in(value, place);
  in.only({"size", "overlap", "margin", "pad", "blend"});
  card_tile t;
  t.size = in.size("size");
  const int side = std::min(t.size.width, t.size.height);
  t.margin = in.whole("margin", 0, 0, (side - 1) / 2);
  t.overlap = in.whole("overlap", 0, 0, side - 2 * t.margin - 1);
  t.pad = in.word("pad", {"mirror", "zero"}, "mirror") == "zero" ? padding::zero : padding::mirror;
  t.mean = in.word("blend", {"crop", "mean"}, "crop") == "mean";
  return t;
}

card_expectation read_expectation(const json& value, const std::string& place) {
  const member_reader in(value, place);
  card_expectation e;
  const json& shape = in.need("shape");
  if (!shape.is_array() || shape.empty() || shape.size() > 4 ||
      !std::all_of(shape.begin(), shape.end(),
                   [](const json& v) { return v.is_number_integer() && v > 0 && v < 1 << 24; }))
    in.wrong("shape", "a list of 1 to 4 positive numbers");
  e.shape = shape.get<std::vector<int>>();
  const json& samples = in.need("samples");
  if (!samples.is_array() || samples.empty()) in.wrong("samples", "a list of [index..., value]");
  for (const json& s : samples) {
    if (!s.is_array() || s.size() != e.shape.size() + 1 ||
        !std::all_of(s.begin(), s.end(), [](const json& v) { return v.is_number(); }))
      in.wrong("samples", fmt::format("lists of {} indices and a value", e.shape.size()));
    std::vector<int> index;
    for (std::size_t k = 0; k < e.shape.size(); ++k) {
      if (!s[k].is_number_integer() || s[k] < 0 || s[k] >= e.shape[k]) in.wrong("samples", "indices inside the shape");
      index.push_back(s[k].get<int>());
    }
    e.samples.emplace_back(std::move(index), s.back().get<double>());
  }
  e.mean = in.number("mean", -1e30, 1e30);
  return e;
}

card_patch read_patch(const json& value, const std::string& place) {
  const member_reader in(value, place);
  in.only({"size", "border", "cut_from"});
  card_patch p;
  p.size = in.size("size");
  p.border = in.word("border", {"shift", "zero", "reflect", "edge", "minimum-corner"}, "zero");
  p.from_source = in.word("cut_from", {"image", "source"}, "image") == "source";
  return p;
}

/// What goes in must be of one kind: a picture, a region of it, or features.
void check_inputs(const model_card& card) {
  const auto of_picture = [](const card_input& i) { return i.feature().empty(); };
  if (card.inputs.size() > 1 && std::any_of(card.inputs.begin(), card.inputs.end(), of_picture))
    refuse(fmt::format("inputs has {} inputs and one of them from a picture or region, which is the only one then",
                       card.inputs.size()));
  if (card.takes_regions() != card.patch.has_value())
    refuse(card.patch ? "patch is given, but no input is from roi" : "patch is missing, and an input is from roi");
  for (const card_output& o : card.outputs)
    if (o.of_regions &&
        std::none_of(card.inputs.begin(), card.inputs.end(), [](const card_input& i) { return i.of_regions(); }))
      refuse(fmt::format("the output '{}' is over rois, but no input is from rois.features", o.name));
}

card_self_test read_self_test(const json& value, const model_card& card) {
  const member_reader in(value, "self_test");
  const member_reader input(in.need("input"), "self_test.input");
  (void)input.word("recipe", {"ramp"});
  card_self_test t;
  t.size = {input.whole("width", 0, 1, 4096), input.whole("height", 0, 1, 4096)};
  if (!card.takes_features() && t.size.empty()) refuse("self_test.input needs width and height");
  t.tolerance = in.number("tolerance", 1e-12, 1);
  const member_reader expect(in.need("expect"), "self_test.expect");
  for (const card_output& o : card.outputs)
    t.expect[o.name] = read_expectation(expect.need(o.name), expect.place(o.name));
  return t;
}

void read_maps(const member_reader& in, model_card& card) {
  if (const json* thresholds = in.find("threshold")) {
    const member_reader all(*thresholds, "threshold");
    for (const auto& [name, value] : thresholds->items()) {
      if (std::none_of(card.outputs.begin(), card.outputs.end(),
                       [&name = name](const auto& o) { return o.name == name; }))
        refuse(fmt::format("threshold.{} speaks of no output of the card", name));
      const member_reader one(value, all.place(name));
      card.thresholds[name] = {one.number("value", -1e30, 1e30), one.text("chosen")};
    }
  }
  const member_reader precision(in.need("precision"), "precision");
  precision.only({"cpu", "cuda", "cuda-fp16"});
  for (const char* device : {"cpu", "cuda", "cuda-fp16"})
    if (const json* said = precision.find(device)) {
      const member_reader one(*said, precision.place(device));
      card.tolerances[device] = one.number("tolerance", 0, 1);
      if (device == std::string_view("cpu")) {
        one.only({"tolerance"});
      } else {
        one.only({"tolerance", "layers_on_cpu"});
        card.layers_on_cpu[device] = one.whole("layers_on_cpu", 0, 0, 65536);
      }
    }
}

template <class T, class F>
std::vector<T> read_list(const member_reader& in, std::string_view name, F read) {
  const json& list = in.need(name);
  if (!list.is_array() || list.empty() || list.size() > 64) in.wrong(name, "a list of 1 to 64 objects");
  std::vector<T> out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    out.push_back(read(list[i], fmt::format("{}[{}]", name, i)));
    for (std::size_t k = 0; k < i; ++k)
      if (out[k].name == out[i].name) refuse(fmt::format("{} has two of the name '{}'", name, out[i].name));
  }
  return out;
}

model_card read_card(const json& document) {
  const member_reader in(document, "card");
  model_card card;
  card.name = identifier(in, "name");
  card.version = in.text("version");
  card.source = in.text("source");
  card.licence = in.text("licence");
  card.citation = in.text("citation", true);
  card.notice = in.text("notice");
  if (const json* stages = in.find("stages")) {
    for (const char* own : {"onnx", "sha256", "inputs", "outputs", "precision", "patch", "tile", "self_test"})
      if (in.find(own) != nullptr) in.wrong(own, "nothing beside `stages`: the parts have cards of their own");
    card.stages = read_stages(*stages);
    card.keep = in.names("keep");
    return card;
  }
  card.onnx = in.text("onnx");
  card.sha256 = in.text("sha256");
  const auto hexadecimal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (card.sha256.size() != 64 || !std::all_of(card.sha256.begin(), card.sha256.end(), hexadecimal))
    in.wrong("sha256", "64 lower-case hexadecimal digits");
  card.inputs = read_list<card_input>(in, "inputs", read_input);
  card.outputs = read_list<card_output>(in, "outputs", read_output);
  if (const json* patch = in.find("patch")) card.patch = read_patch(*patch, "patch");
  check_inputs(card);
  if (const json* tile = in.find("tile")) card.tile = read_tile(*tile, "tile");
  read_maps(in, card);
  if (const json* test = in.find("self_test")) card.self_test = read_self_test(*test, card);
  return card;
}

}  // namespace

model_card parse_card(std::string_view text, const std::string& where) {
  constexpr std::size_t largest = 1 << 20;
  if (text.size() > largest) refuse(fmt::format("{}: {} bytes, a card has at most {}", where, text.size(), largest));
  json document;
  try {
    document = json::parse(text);
  } catch (const json::parse_error& e) {
    const std::size_t at = std::min(e.byte, text.size());
    const auto line = std::count(text.begin(), text.begin() + std::ptrdiff_t(at), '\n') + 1;
    refuse(
        fmt::format("{} is not JSON: {} line {}", where, e.byte > text.size() ? "it ends too early, in" : "see", line));
  } catch (const json::exception&) {
    refuse(fmt::format("{} is not JSON: a number is larger than 1.8e308", where));
  }
  try {
    model_card card = read_card(document);
    card.path = where;
    card.card_sha256 = sha256(text);
    return card;
  } catch (const error& e) {
    throw error(e.code(), fmt::format("{}: {}", where, e.what()), e.who());
  }
}

}  // namespace medvision

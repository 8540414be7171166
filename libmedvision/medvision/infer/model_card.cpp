// SPDX-License-Identifier: Apache-2.0
// The one door between cards and JSON: every member is checked, and a refusal names it.
#include "medvision/infer/model_card.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

using json = nlohmann::json;
using words = std::initializer_list<std::string_view>;

constexpr int max_side = 65536;

[[noreturn]] void refuse(const std::string& sentence) { throw error("E_CARD", sentence, blame::request); }

std::string printed(const json& value) {
  const std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

/// One JSON object and its place in the card, so that every refusal can name the member.
class member_reader {
 public:
  member_reader(const json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object.is_object()) refuse(fmt::format("{} is {}, expected an object", place_, printed(object)));
  }

  [[nodiscard]] std::string place(std::string_view name) const { return fmt::format("{}.{}", place_, name); }

  /// nullptr when absent or null.
  [[nodiscard]] const json* find(std::string_view name) const {
    const auto it = object_.find(name);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }

  [[nodiscard]] const json& need(std::string_view name) const {
    const json* value = find(name);
    if (value == nullptr) refuse(fmt::format("{} is missing", place(name)));
    return *value;
  }

  [[noreturn]] void wrong(std::string_view name, std::string_view expected) const {
    refuse(fmt::format("{} is {}, expected {}", place(name), printed(need(name)), expected));
  }

  void only(words known) const {
    for (const auto& [name, value] : object_.items())
      if (std::find(known.begin(), known.end(), name) == known.end())
        refuse(fmt::format("{} is no member of a card", place(name)));
  }

  [[nodiscard]] std::string text(std::string_view name, bool may_be_empty = false) const {
    const json& value = need(name);
    if (!value.is_string() || (!may_be_empty && value.get_ref<const std::string&>().empty())) wrong(name, "a text");
    return value.get<std::string>();
  }

  [[nodiscard]] std::string word(std::string_view name, words allowed, std::string_view otherwise = {}) const {
    if (find(name) == nullptr && !otherwise.empty()) return std::string(otherwise);
    const std::string value = text(name);
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
      wrong(name, fmt::format("one of {}", fmt::join(allowed, ", ")));
    return value;
  }

  [[nodiscard]] double number(std::string_view name, double otherwise, double low, double high) const {
    if (find(name) == nullptr) return otherwise;
    return number(name, low, high);
  }

  [[nodiscard]] double number(std::string_view name, double low, double high) const {
    const json& value = need(name);
    if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high))
      wrong(name, fmt::format("a number from {} to {}", low, high));
    return value.get<double>();
  }

  [[nodiscard]] int whole(std::string_view name, int otherwise, int low, int high) const {
    if (find(name) == nullptr) return otherwise;
    const json& value = need(name);
    if (!value.is_number_integer() || value.get<double>() < low || value.get<double>() > high)
      wrong(name, fmt::format("a whole number from {} to {}", low, high));
    return value.get<int>();
  }

  [[nodiscard]] std::vector<double> numbers(std::string_view name, double otherwise, int channels) const {
    if (find(name) == nullptr) return {otherwise};
    const json& value = need(name);
    const bool counted = value.is_array() && (value.size() == 1 || value.size() == static_cast<std::size_t>(channels));
    if (!counted || !std::all_of(value.begin(), value.end(), [](const json& v) { return v.is_number(); }))
      wrong(name, fmt::format("a list of 1 or {} numbers", channels));
    return value.get<std::vector<double>>();
  }

  [[nodiscard]] cv::Size size(std::string_view name) const {
    const json& value = need(name);
    const auto side = [](const json& v) {
      return v.is_number_integer() && v.get<double>() >= 1 && v.get<double>() <= max_side;
    };
    if (!value.is_array() || value.size() != 2 || !side(value[0]) || !side(value[1]))
      wrong(name, fmt::format("[width, height], each from 1 to {}", max_side));
    return {value[0].get<int>(), value[1].get<int>()};
  }

 private:
  const json& object_;
  std::string place_;
};

std::string identifier(const member_reader& in, std::string_view name) {
  std::string value = in.text(name);
  const bool plain = std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) || c == '_' || c == '-' || c == '.');
  });
  if (!plain || value.size() > 100 || value[0] == '.') in.wrong(name, "1 to 100 of A-Z a-z 0-9 _ - . (not . first)");
  return value;
}

void read_values(const member_reader& in, card_input& i) {
  i.scale = in.number("scale", 1, -1e9, 1e9);
  i.mean = in.numbers("mean", 0, i.channels);
  i.std = in.numbers("std", 1, i.channels);
  if (i.scale == 0) in.wrong("scale", "a number other than 0");
  if (!std::all_of(i.std.begin(), i.std.end(), [](double s) { return s > 0; })) in.wrong("std", "numbers above 0");
  i.standardize = in.word("standardize", {"none", "image"}, "none") == "image";
}

card_input read_input(const json& value, const std::string& place) {
  const member_reader in(value, place);
  in.only({"name", "from", "size", "any", "multiple", "channels", "order", "depth", "scale", "mean", "std",
           "standardize", "fov_width", "pad"});
  card_input i;
  i.name = in.text("name");
  i.from = in.text("from");
  const bool named = (i.from.rfind("features.", 0) == 0 && i.from.size() > 9) ||
                     (i.from.rfind("rois.features.", 0) == 0 && i.from.size() > 14);
  if (i.from != "image" && i.from != "roi" && !named)
    in.wrong("from", "image, roi, features.NAME or rois.features.NAME");
  if (named) return i;
  const json* any = in.find("any");
  if (any != nullptr && !any->is_boolean()) in.wrong("any", "true or false");
  const bool free_size = any != nullptr && any->get<bool>();
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
  i.pad = in.word("pad", {"mirror", "zero"}, "mirror") == "zero" ? padding::zero : padding::mirror;
  return i;
}

card_output read_output(const json& value, const std::string& place) {
  const member_reader in(value, place);
  in.only({"name", "kind", "classes", "activation"});
  card_output o;
  o.name = identifier(in, "name");
  o.kind = in.word("kind", {"map", "features", "scores"});
  o.activation = in.word("activation", {"none", "sigmoid", "softmax"}, "none");
  if (in.find("classes") != nullptr) {
    const json& classes = in.need("classes");
    if (!classes.is_array() || classes.size() > 4096 ||
        !std::all_of(classes.begin(), classes.end(), [](const json& c) { return c.is_string() && c != ""; }))
      in.wrong("classes", "a list of at most 4096 names");
    o.classes = classes.get<std::vector<std::string>>();
  }
  std::vector<std::string> sorted = o.classes;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) in.wrong("classes", "names that differ");
  if (o.kind != "features" && o.classes.empty()) refuse(fmt::format("{} is missing or empty", in.place("classes")));
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

card_self_test read_self_test(const json& value, const model_card& card) {
  const member_reader in(value, "self_test");
  const member_reader input(in.need("input"), "self_test.input");
  (void)input.word("recipe", {"ramp"});
  card_self_test t;
  t.size = {input.whole("width", 0, 1, 4096), input.whole("height", 0, 1, 4096)};
  if (t.size.width == 0 || t.size.height == 0) refuse("self_test.input needs width and height");
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
      if (std::none_of(card.outputs.begin(), card.outputs.end(), [&](const auto& o) { return o.name == name; }))
        refuse(fmt::format("threshold.{} speaks of no output of the card", name));
      const member_reader one(value, all.place(name));
      card.thresholds[name] = {one.number("value", -1e30, 1e30), one.text("chosen")};
    }
  }
  const member_reader precision(in.need("precision"), "precision");
  precision.only({"cpu", "cuda", "cuda-fp16"});
  for (const char* device : {"cpu", "cuda", "cuda-fp16"})
    if (const json* one = precision.find(device))
      card.tolerances[device] = member_reader(*one, precision.place(device)).number("tolerance", 0, 1);
  if (const json* stages = in.find("stages")) {
    if (!stages->is_array()) in.wrong("stages", "a list");
    card.stages = static_cast<int>(stages->size());
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
  card.onnx = in.text("onnx");
  card.sha256 = in.text("sha256");
  const auto hexadecimal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (card.sha256.size() != 64 || !std::all_of(card.sha256.begin(), card.sha256.end(), hexadecimal))
    in.wrong("sha256", "64 lower-case hexadecimal digits");
  card.source = in.text("source");
  card.licence = in.text("licence");
  card.citation = in.text("citation", true);
  card.notice = in.text("notice");
  card.inputs = read_list<card_input>(in, "inputs", read_input);
  card.outputs = read_list<card_output>(in, "outputs", read_output);
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

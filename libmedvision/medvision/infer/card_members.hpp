// SPDX-License-Identifier: Apache-2.0
// Reading a member of a card by type, with a sentence when it is of another. For the files that read cards only.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/infer/card.hpp"

namespace medvision::card_members {

using json = nlohmann::json;
using words = std::initializer_list<std::string_view>;

inline constexpr int max_side = 65536;

[[noreturn]] inline void refuse(const std::string& sentence) { throw error("E_CARD", sentence, blame::request); }

inline std::string printed(const json& value) {
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

  [[nodiscard]] bool flag(std::string_view name, bool otherwise) const {
    const json* value = find(name);
    if (value != nullptr && !value->is_boolean()) wrong(name, "true or false");
    return value == nullptr ? otherwise : value->get<bool>();
  }

  /// Names that differ; none where the member is absent.
  [[nodiscard]] std::vector<std::string> names(std::string_view name) const {
    if (find(name) == nullptr) return {};
    const json& list = need(name);
    if (!list.is_array() || list.size() > 4096 ||
        !std::all_of(list.begin(), list.end(), [](const json& c) { return c.is_string() && c != ""; }))
      wrong(name, "a list of at most 4096 names");
    std::vector<std::string> out = list.get<std::vector<std::string>>(), sorted = out;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) wrong(name, "names that differ");
    return out;
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

inline std::string identifier(const member_reader& in, std::string_view name) {
  std::string value = in.text(name);
  const bool plain = std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) || c == '_' || c == '-' || c == '.');
  });
  if (!plain || value.size() > 100 || value[0] == '.') in.wrong(name, "1 to 100 of A-Z a-z 0-9 _ - . (not . first)");
  return value;
}

/// Of a system: what it runs, in order.
std::vector<card_stage> read_stages(const json& list);

}  // namespace medvision::card_members

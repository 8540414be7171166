// SPDX-License-Identifier: Apache-2.0
// The stages of a system: the words of the small programs, checked one by one.
#include <utility>

#include "medvision/infer/card_members.hpp"

namespace medvision::card_members {
namespace {

constexpr std::int64_t most_pixels = std::int64_t{1} << 28;

void read_infer(const member_reader& in, card_stage& s) {
  in.only({"run", "card", "over"});
  s.card = in.text("card");
  s.over = in.word("over", {"image", "rois"}, "image");
}

/// `class`: a name, "sum", "max", or a list of names.
std::vector<std::string> read_classes(const member_reader& in) {
  const json* value = in.find("class");
  if (value == nullptr) return {};
  return value->is_string() ? std::vector{in.text("class")} : in.names("class");
}

void read_roi(const member_reader& in, card_stage& s) {
  in.only({"run", "map", "class", "count", "window", "rule", "normalize", "zero_range", "stop"});
  s.map = in.text("map");
  s.classes = read_classes(in);
  s.count = in.whole("count", s.count, 1, 100'000);
  if (in.find("window") != nullptr) s.window = in.size("window");
  s.rule = in.word("rule", {"window-sum", "peak"}, s.rule);
  if (in.find("normalize") != nullptr) s.normalize = in.flag("normalize", true) ? "minmax" : "none";
  s.zero_range = in.word("zero_range", {"zero", "nan"}, s.zero_range);
  if (in.find("stop") != nullptr) s.stop = in.number("stop", 0, 1);
}

void read_top_percent(const member_reader& in, card_stage& s) {
  in.only({"run", "map", "percent", "as"});
  s.map = in.text("map");
  s.percent = in.number("percent", 0, 100);
  if (s.percent == 0) in.wrong("percent", "a number above 0");
  s.as = in.find("as") != nullptr ? identifier(in, "as") : s.map;
}

void read_mean(const member_reader& in, card_stage& s) {
  in.only({"run", "of", "as"});
  s.of = in.names("of");
  if (s.of.empty()) in.wrong("of", "the names of scores");
  s.as = identifier(in, "as");
}

void read_paste(const member_reader& in, card_stage& s) {
  in.only({"run", "maps", "onto", "outside", "as"});
  s.maps = in.text("maps");
  s.onto = in.text("onto");
  s.outside = in.word("outside", {"half", "keep"}, s.outside);
  s.as = identifier(in, "as");
}

void read_gate(const member_reader& in, card_stage& s) {
  in.only({"run", "scores", "gates", "as"});
  s.scores = in.text("scores");
  s.gates = in.text("gates");
  s.as = identifier(in, "as");
}

void read_upsample(const member_reader& in, card_stage& s) {
  in.only({"run", "map", "size", "interpolation", "as"});
  s.map = in.text("map");
  if (in.find("size") != nullptr) s.size = in.size("size");
  if (std::int64_t(s.size.width) * s.size.height > most_pixels) in.wrong("size", "at most 2^28 pixels");
  s.interpolation = in.word("interpolation", {"nearest", "linear", "area", "cubic"}, s.interpolation);
  s.as = identifier(in, "as");
}

}  // namespace

std::vector<card_stage> read_stages(const json& list) {
  if (!list.is_array() || list.empty() || list.size() > 64)
    refuse(fmt::format("stages is {}, expected a list of 1 to 64 objects", printed(list)));
  constexpr std::pair<std::string_view, void (*)(const member_reader&, card_stage&)> kinds[] = {
      {"infer", read_infer}, {"roi", read_roi},   {"top-percent", read_top_percent}, {"mean", read_mean},
      {"paste", read_paste}, {"gate", read_gate}, {"upsample", read_upsample}};
  std::vector<card_stage> stages;
  for (const json& value : list) {
    const member_reader in(value, fmt::format("stages[{}]", stages.size()));
    card_stage s;
    s.run = in.word("run", {"infer", "roi", "top-percent", "mean", "paste", "gate", "upsample"});
    for (const auto& [name, read] : kinds)
      if (name == s.run) read(in, s);
    stages.push_back(std::move(s));
  }
  return stages;
}

}  // namespace medvision::card_members

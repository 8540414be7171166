// SPDX-License-Identifier: Apache-2.0
#include "medvision/system/stage_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "medvision/error.hpp"
#include "medvision/system/stages.hpp"

namespace medvision {
namespace {

std::string said(const wanted_answer& w) {
  return fmt::format("{}{} '{}'", w.of_regions ? "rois." : "", w.kind, w.name);
}

}  // namespace

std::vector<wanted_answer> check_stages(const std::vector<card_stage>& stages,
                                        const std::function<const model_card*(const std::string&)>& part_called,
                                        const std::string& where) {
  const auto part_of = [&](const card_stage& s) { return s.run == "infer" ? part_called(s.card) : nullptr; };
  std::map<std::string, bool> files_made;  // by name: of maps and features, whether a stage before made it
  for (const card_stage& s : stages)
    for (const wanted_answer& m : makes_of(s, part_of(s)))
      if (m.kind != "scores") files_made[m.name] = false;
  std::vector<wanted_answer> made, from_files;
  const auto same = [](const wanted_answer& w) {
    return
        [&w](const wanted_answer& m) { return m.name == w.name && m.kind == w.kind && m.of_regions == w.of_regions; };
  };
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const card_stage& s = stages[i];
    const auto wrong = [&](const std::string& what) {
      throw error("E_CARD", fmt::format("{}: stages[{}] ({}) {}", where, i, s.run, what), blame::request);
    };
    const model_card* part = part_of(s);
    if (part != nullptr && part->takes_regions() != (s.over == "rois"))
      wrong(
          fmt::format("runs over {}, but its card {}", s.over, part->takes_regions() ? "takes regions" : "takes none"));
    for (const wanted_answer& w : wants_of(s, part)) {
      if (std::any_of(made.begin(), made.end(), same(w))) continue;
      if (w.kind == "scores" || files_made.contains(w.name))
        wrong(fmt::format("asks for {}, which no stage before it makes", said(w)));
      if (std::none_of(from_files.begin(), from_files.end(), same(w))) from_files.push_back(w);
    }
    if (s.run == "roi" && std::any_of(made.begin(), made.end(), [](const auto& m) { return m.of_regions; }))
      wrong("chooses regions anew, and what was said of those before would be lost");
    if (s.run == "roi") (void)region_words(s);
    for (const wanted_answer& m : makes_of(s, part)) {
      const bool taken = m.kind == "scores" ? std::any_of(made.begin(), made.end(), same(m)) : files_made[m.name];
      if (taken) wrong(fmt::format("makes {}, a name that is taken", said(m)));
      if (m.kind != "scores") files_made[m.name] = true;
      made.push_back(m);
    }
  }
  return from_files;
}

}  // namespace medvision

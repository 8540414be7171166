// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/members.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <set>

#include "medvision/error.hpp"

namespace medvision {
namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw error("E_OPTION", sentence, blame::request); }

named_scores scores_of_member(const named_scores& all, const std::string& name) {
  named_scores own;
  const std::string prefix = name + ".";
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it)
    own[it->first.substr(prefix.size())] = it->second;
  if (const auto alone = all.find(name); own.empty() && alone != all.end()) own["score"] = alone->second;
  if (own.empty()) throw error("E_FUSE", fmt::format("there is no score of the member '{}'", name));
  return own;
}

}  // namespace

std::vector<ensemble_member> parse_members(const std::vector<std::string>& words) {
  std::vector<ensemble_member> members;
  std::set<std::string> names;
  double whole = 0;
  for (const std::string& word : words) {
    const std::size_t equals = word.rfind('=');
    ensemble_member m{word.substr(0, equals)};
    if (equals != std::string::npos) {
      const char *begin = word.data() + equals + 1, *end = word.data() + word.size();
      const auto [stop, problem] = std::from_chars(begin, end, m.weight);
      if (problem != std::errc{} || stop != end || !std::isfinite(m.weight) || m.weight < 0)
        refuse(fmt::format("'{}' is no NAME=WEIGHT with a weight from 0 up", word));
    }
    if (m.name.empty()) refuse(fmt::format("'{}' names no member", word));
    if (!names.insert(m.name).second) refuse(fmt::format("the member '{}' is named twice", m.name));
    whole += m.weight;
    members.push_back(m);
  }
  if (!members.empty() && !(whole > 0)) refuse("all weights are zero");
  return members;
}

named_scores fuse_members(const named_scores& all, const std::vector<ensemble_member>& members, fusion how) {
  std::vector<named_scores> scores;
  std::vector<double> weights;
  for (const ensemble_member& m : members) {
    scores.push_back(scores_of_member(all, m.name));
    weights.push_back(m.weight);
  }
  return fuse_scores(scores, how, weights);
}

named_scores name_by_class(const std::vector<double>& values, const std::vector<std::string>& classes,
                           const std::string& name) {
  if (values.size() == 1 && classes.empty()) return {{name, values[0]}};
  named_scores scores;
  for (std::size_t c = 0; c < values.size(); ++c)
    scores[c < classes.size() ? name + "." + classes[c] : fmt::format("{}.{}", name, c)] = values[c];
  return scores;
}

}  // namespace medvision

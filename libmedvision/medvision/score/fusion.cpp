// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/fusion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "medvision/error.hpp"

namespace medvision {
namespace {

std::vector<double> checked(const std::vector<double>& weights, std::size_t members) {
  if (weights.empty()) return std::vector<double>(members, 1.0);
  const bool well = std::all_of(weights.begin(), weights.end(), [](double w) { return std::isfinite(w) && w >= 0; });
  if (weights.size() != members || !well || std::accumulate(weights.begin(), weights.end(), 0.0) <= 0)
    throw error("E_FUSE", fmt::format("{} members and {} weights: as many are needed, not negative, not all zero",
                                      members, weights.size()));
  return weights;
}

[[noreturn]] void refuse(const std::string& sentence) { throw error("E_OPTION", sentence, blame::request); }

}  // namespace

named_scores fuse_scores(const std::vector<named_scores>& members, fusion how, const std::vector<double>& weights) {
  if (members.empty()) throw error("E_FUSE", "there is no member to fuse");
  const std::vector<double> w = checked(weights, members.size());
  const double whole = std::accumulate(w.begin(), w.end(), 0.0);
  for (const named_scores& m : members)
    for (const auto& [name, score] : m)
      for (std::size_t i = 0; i < members.size(); ++i)
        if (!members[i].contains(name))
          throw error("E_FUSE",
                      fmt::format("member {} of {} has no score '{}', another has", i + 1, members.size(), name));
  named_scores out;
  for (const auto& [name, first] : members.front()) {
    double fused = how == fusion::max ? first : 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const double score = members[i].at(name);
      fused = how == fusion::max ? std::max(fused, score) : fused + w[i] * score;
    }
    out[name] = how == fusion::max ? fused : fused / whole;
  }
  return out;
}

double weight_table::of(const std::string& value) const {
  const auto it = by_value.find(value);
  if (it == by_value.end()) throw error("E_FUSE", fmt::format("'{}' is '{}', which has no weight", field, value));
  return it->second;
}

weight_table parse_weights(const std::vector<std::string>& words) {
  weight_table table;
  double whole = 0;
  for (std::string word : words) {
    if (const std::size_t colon = word.find(':'); table.by_value.empty() && colon != std::string::npos)
      table.field = word.substr(0, colon), word.erase(0, colon + 1);
    const std::size_t equals = word.rfind('=');
    double weight = -1;
    const char *begin = word.data() + (equals == std::string::npos ? word.size() : equals + 1),
               *end = word.data() + word.size();
    const auto [stop, problem] = std::from_chars(begin, end, weight);
    if (problem != std::errc{} || stop != end || !std::isfinite(weight) || weight < 0 || equals == 0)
      refuse(fmt::format("'{}' is no VALUE=WEIGHT with a weight from 0 up", word));
    if (!table.by_value.emplace(word.substr(0, equals), weight).second)
      refuse(fmt::format("'{}' has two weights", word.substr(0, equals)));
    whole += weight;
  }
  if (table.field.empty()) refuse("weights go by a field, such as tags.model:a=0.6,b=0.4");
  if (!(whole > 0)) refuse("all weights are zero");
  return table;
}

}  // namespace medvision

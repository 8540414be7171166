// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/pools.hpp"

namespace medvision {

pool_findings find_in_pool(const std::string& name, const std::function<std::vector<count_stream>()>& open,
                           const std::function<std::vector<double>(const std::string&)>& values,
                           std::span<const double> rates, bool curves) {
  const std::string prefix = name.substr(0, name.rfind('.') + 1);
  pool_findings out;
  if (name.ends_with(".froc")) {
    score_counts counts;
    merge_streams(open(), [&](const score_count& c) { counts.push_back(c); });
    const double truth = defined_sum(values(prefix + "truth")), images = defined_sum(values(prefix + "false_on"));
    out.figure = froc_figure(counts, truth, images, rates);
    if (curves) out.curves = {froc_curve(counts, std::int64_t(truth), std::int64_t(images))};
  } else {
    ranking_areas areas;
    merge_streams(open(), [&](const score_count& c) { areas.add(c); });
    out.figure = pool_figure(areas, values(prefix + "auc"));
    if (curves) out.curves = ranking_curves(open);
  }
  for (named_curve& c : out.curves) c.name = prefix + c.name;
  return out;
}

}  // namespace medvision

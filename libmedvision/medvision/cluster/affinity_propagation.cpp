// SPDX-License-Identifier: Apache-2.0
#include "medvision/cluster/affinity_propagation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <random>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr double lowest = -std::numeric_limits<double>::infinity();

void check(const cv::Mat& features, const affinity_parameters& p) {
  if (features.dims != 2 || features.type() != CV_32F || features.empty())
    throw error("E_SHAPE", fmt::format("vectors to be clustered are NxD 32F, met {}x{} {}", features.rows,
                                       features.cols, cv::typeToString(features.type())));
  if (!cv::checkRange(features)) throw error("E_NONFINITE", "a vector to be clustered holds NaN or infinity");
  const auto refuse = [](const std::string& what) { throw error("E_OPTION", what, blame::request); };
  if (!(p.damping >= 0.5 && p.damping < 1)) refuse(fmt::format("damping {}, expected 0.5 to below 1", p.damping));
  if (p.iterations < 1 || p.convergence < 1)
    refuse(fmt::format("{} iterations, {} without a change: expected 1 or more", p.iterations, p.convergence));
  if (p.preference && !std::isfinite(*p.preference)) refuse("the preference is not a finite number");
}

/// Work on each of n rows or columns, in portions that threads share; no order between them changes a bit.
template <class Work>
void each_portion(int n, Work work) {
  cv::parallel_for_(
      cv::Range(0, n), [&](const cv::Range& part) { work(part.start, part.end); }, std::max(1.0, n / 64.0));
}

cv::Mat similarities_of(const cv::Mat& features) {
  cv::Mat s(features.rows, features.rows, CV_64F);
  each_portion(s.rows, [&](int begin, int end) {
    for (int i = begin; i < end; ++i)
      for (int j = 0; j < s.cols; ++j) {
        const float *a = features.ptr<float>(i), *b = features.ptr<float>(j);
        double sum = 0;
        for (int d = 0; d < features.cols; ++d) sum += (double(a[d]) - b[d]) * (double(a[d]) - b[d]);
        s.at<double>(i, j) = -sum;
      }
  });
  return s;
}

/// As NumPy's: of an even number of values the mean of the two in the middle.
double median_of(const cv::Mat& values) {
  std::vector<double> v(values.begin<double>(), values.end<double>());
  const auto middle = v.begin() + std::ptrdiff_t(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return v.size() % 2 == 1 ? *middle : (*middle + *std::max_element(v.begin(), middle)) / 2;
}

bool all_alike(const cv::Mat& s) {
  for (int i = 0; i < s.rows; ++i)
    for (int j = 0; j < s.cols; ++j)
      if (i != j && s.at<double>(i, j) != s.at<double>(0, s.cols - 1)) return false;
  return true;
}

/// Sums of messages hold 53 bits; what is smaller than the last of them is as if it were not there.
/// Asked of each vector's near quarter of the others, not of its nearest: two near copies are no loss.
bool is_swamped(const cv::Mat& s) {
  double most = 0;
  std::vector<double> near, row;
  for (int i = 0; i < s.rows; ++i) {
    row.clear();
    for (int j = 0; j < s.cols; ++j)
      if (j != i && s.at<double>(i, j) != 0) row.push_back(-s.at<double>(i, j));
    if (row.empty()) continue;
    const auto quarter = row.begin() + std::ptrdiff_t(std::min(row.size() - 1, (row.size() + 3) / 4));
    std::nth_element(row.begin(), quarter, row.end());
    near.push_back(*quarter);
    most = std::max(most, *std::max_element(quarter, row.end()));
  }
  return !near.empty() && median_of(cv::Mat(near, true)) < most * std::numeric_limits<double>::epsilon();
}

/// Without it two vectors that could each speak for the other would send the same messages for ever.
void break_ties(cv::Mat& s) {
  std::mt19937_64 bits(1);
  for (double& v : cv::Mat_<double>(s)) {
    const double drawn = double(bits() >> 11) * 0x1p-49 - 8;  // -8 to 8: less is lost to rounding, and ties stay
    v += (std::numeric_limits<double>::epsilon() * v + std::numeric_limits<double>::min() * 100) * drawn;
  }
}

/// r(i,k): how much better k would speak for i than the best other, by what i knows. begin, end: rows i.
void update_responsibilities(cv::Mat& r, const cv::Mat& a, const cv::Mat& s, double damping, int begin, int end) {
  for (int i = begin; i < end; ++i) {
    const double *si = s.ptr<double>(i), *ai = a.ptr<double>(i);
    double* ri = r.ptr<double>(i);
    double best = lowest, second = lowest;
    int at = 0;
    for (int k = 0; k < s.cols; ++k) {
      const double v = ai[k] + si[k];
      if (v > best)
        second = best, best = v, at = k;
      else if (v > second)
        second = v;
    }
    for (int k = 0; k < s.cols; ++k) ri[k] = ri[k] * damping + (si[k] - (k == at ? second : best)) * (1 - damping);
  }
}

/// a(i,k): how much the others' wish that k should speak adds to that of i. begin, end: columns k.
void update_availabilities(cv::Mat& a, const cv::Mat& r, double damping, int begin, int end) {
  std::vector<double> sums(std::size_t(end - begin));
  const auto support = [&](int i, int k) {
    const double v = r.at<double>(i, k);
    return i == k ? v : std::max(v, 0.0);
  };
  for (int i = 0; i < r.rows; ++i)
    for (int k = begin; k < end; ++k) sums[std::size_t(k - begin)] += support(i, k);
  for (int i = 0; i < r.rows; ++i)
    for (int k = begin; k < end; ++k) {
      const double beyond = support(i, k) - sums[std::size_t(k - begin)];
      double& v = a.at<double>(i, k);
      v = v * damping - (i == k ? beyond : std::max(beyond, 0.0)) * (1 - damping);
    }
}

/// Exchanges messages until the exemplars stand; returns them.
std::vector<int> find_exemplars(const cv::Mat& s, const affinity_parameters& p, clustering& out) {
  cv::Mat a = cv::Mat::zeros(s.size(), CV_64F), r = a.clone();
  std::vector<int> now, before;
  int stable = 0;  // iterations with these exemplars
  for (out.converged = false; out.iterations < p.iterations && !out.converged;) {
    each_portion(s.rows, [&](int begin, int end) { update_responsibilities(r, a, s, p.damping, begin, end); });
    each_portion(s.cols, [&](int begin, int end) { update_availabilities(a, r, p.damping, begin, end); });
    before.swap(now), now.clear();
    for (int i = 0; i < s.rows; ++i)
      if (a.at<double>(i, i) + r.at<double>(i, i) > 0) now.push_back(i);
    stable = now == before ? stable + 1 : 1;
    ++out.iterations;
    out.converged = out.iterations > p.convergence && stable >= p.convergence && !now.empty();
  }
  return now;
}

/// Each vector to the exemplar it is most like; exemplars to themselves.
std::vector<int> assign(const cv::Mat& s, const std::vector<int>& exemplars) {
  std::vector<int> cluster(std::size_t(s.rows), 0);
  for (int i = 0; i < s.rows; ++i)
    for (int k = 1; k < int(exemplars.size()); ++k) {
      int& c = cluster[std::size_t(i)];
      if (s.at<double>(i, exemplars[std::size_t(k)]) > s.at<double>(i, exemplars[std::size_t(c)])) c = k;
    }
  for (int k = 0; k < int(exemplars.size()); ++k) cluster[std::size_t(exemplars[std::size_t(k)])] = k;
  return cluster;
}

/// Of each cluster the member that its members are most like in all.
std::vector<int> refine(const cv::Mat& s, const std::vector<int>& cluster, std::vector<int> exemplars) {
  std::vector<std::vector<int>> members(exemplars.size());
  for (int i = 0; i < s.rows; ++i) members[std::size_t(cluster[std::size_t(i)])].push_back(i);
  for (std::size_t k = 0; k < exemplars.size(); ++k) {
    double best = lowest;
    for (const int j : members[k]) {
      double sum = 0;
      for (const int i : members[k]) sum += s.at<double>(i, j);
      if (sum > best) best = sum, exemplars[k] = j;
    }
  }
  std::sort(exemplars.begin(), exemplars.end());
  return exemplars;
}

}  // namespace

clustering affinity_propagation(const cv::Mat& features, const affinity_parameters& p) {
  check(features, p);
  cv::Mat s = similarities_of(features);
  if (!cv::checkRange(s)) throw error("E_NONFINITE", "two vectors to be clustered are too far apart for a number");
  const double preference = p.preference ? *p.preference : median_of(s);
  clustering out;
  if (all_alike(s)) {
    const bool each = s.rows == 1 || preference >= s.at<double>(0, s.cols - 1);
    for (int i = 0; i < s.rows; ++i) {
      out.cluster.push_back(each ? i : 0);
      if (each || i == 0) out.exemplars.push_back(i);
    }
    return out;
  }
  out.swamped = is_swamped(s);
  s.diag() = preference;
  break_ties(s);
  std::vector<int> exemplars = find_exemplars(s, p, out);
  if (exemplars.empty())
    throw error("E_CLUSTER",
                fmt::format("no exemplar came up in {} iterations; allow more, or a higher damping or preference",
                            out.iterations),
                blame::request);
  out.exemplars = refine(s, assign(s, exemplars), exemplars);
  out.cluster = assign(s, out.exemplars);
  return out;
}

std::vector<std::string> remarks_on(const clustering& found) {
  std::vector<std::string> sentences;
  if (!found.converged)
    sentences.push_back(fmt::format(
        "the exemplars still changed after {} iterations; allow more, or a higher --damping", found.iterations));
  if (found.swamped)
    sentences.emplace_back(
        "some features are so far off that differences among the others are lost in rounding; the clusters are no "
        "guide");
  return sentences;
}

}  // namespace medvision

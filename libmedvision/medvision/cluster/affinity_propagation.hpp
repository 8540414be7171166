// SPDX-License-Identifier: Apache-2.0
// Which vectors are alike, and which one speaks best for those like it? How many groups there are is not said before.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

namespace medvision {

struct affinity_parameters {
  std::optional<double> preference;  ///< of each vector to be an exemplar, as a similarity: higher gives more clusters;
                                     ///< absent: the median of all similarities, those to itself (0) among them
  double damping = 0.5;              ///< share of a message kept at each iteration, 0.5 to below 1
  int iterations = 200;              ///< at most, 1 or more
  int convergence = 15;              ///< iterations without a change of the exemplars that end it, 1 or more
};

struct clustering {
  std::vector<int> cluster;    ///< of each vector, 0 to K-1
  std::vector<int> exemplars;  ///< K rows, ascending: of each cluster the vector that speaks for it
  bool converged = true;       ///< false: the exemplars still changed when the iterations ended
  int iterations = 0;          ///< done; 0 where nothing was to be chosen
  bool swamped = false;        ///< some vectors are so far off that differences among the others are lost in rounding
};

/// Clusters by messages between pairs. The similarity of two vectors is minus their squared Euclidean distance, in the
/// units of the features.
///   features  N×D, 32F, N and D at least 1
///   returns   a cluster for each of the N vectors. All similarities equal: nothing tells exemplars apart, so each
///             vector is its own where the preference is at least that similarity, else all are of the first.
///   throws    E_SHAPE (another type, no vector), E_NONFINITE; (request) E_OPTION for a parameter out of range,
///             E_CLUSTER when the iterations ended without a single exemplar
///   source    Frey and Dueck, Clustering by passing messages between data points, Science 315, 2007
///   differs   Equal to scikit-learn 1.2's AffinityPropagation but for the noise that breaks ties in the last bits of
///             similarities: there drawn from a RandomState, here fixed by the pair's position. So equal input gives
///             equal output, and of exemplars that tie by symmetry, as any two alone do, either may be taken.
/// Memory: 24 N² bytes.
clustering affinity_propagation(const cv::Mat& features, const affinity_parameters& p = {});

/// What a person should know before the clusters are believed, a sentence each.
std::vector<std::string> remarks_on(const clustering& found);

}  // namespace medvision

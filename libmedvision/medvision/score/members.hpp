// SPDX-License-Identifier: Apache-2.0
// What do several systems, or a reader and a system, say together of one case?
#pragma once

#include <string>
#include <vector>

#include "medvision/score/fusion.hpp"

namespace medvision {

struct ensemble_member {
  std::string name;   ///< its scores are called NAME.<class>, or NAME
  double weight = 1;  ///< of its scores in the mean, 0 or more
};

/// words: {"NAME=WEIGHT", "NAME", …}; without a WEIGHT 1. returns: a member each, in that order. throws: E_OPTION
/// (request): an empty name, a name twice, a weight that is negative or no number, weights that are all zero.
std::vector<ensemble_member> parse_members(const std::vector<std::string>& words);

/// Fuses the members' scores class by class. all: every score of the case by its whole name; those of others are left
/// out. members: at least one. returns: a score a class, called after it; of members that are one score each, "score".
/// throws: E_FUSE: a member without a score, classes that differ, as fuse_scores.
/// source: Shen et al., GMIC, Med. Image Anal. 68, 2021 (the mean of models; readers and models weighted).
named_scores fuse_members(const named_scores& all, const std::vector<ensemble_member>& members, fusion how);

/// The values of a map's channels, called NAME.<class>, NAME.<number> beyond the classes, or NAME where one channel has
/// no class.
named_scores name_by_class(const std::vector<double>& values, const std::vector<std::string>& classes,
                           const std::string& name);

}  // namespace medvision

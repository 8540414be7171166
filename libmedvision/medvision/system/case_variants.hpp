// SPDX-License-Identifier: Apache-2.0
// The variants of one case: its picture, and with it the masks and boxes of the truth and the field of view.
#pragma once

#include <functional>
#include <string>

#include "medvision/io/image_file.hpp"
#include "medvision/patch/augment.hpp"
#include "medvision/patch/border_weights.hpp"
#include "medvision/record/record.hpp"

namespace medvision {

struct case_variant_parameters : augment_parameters {
  int count = 1;                  ///< variants, 1 or more
  border outside = border::zero;  ///< what pictures and masks hold where they are moved away: zero, edge or reflect
  bool new_source = false;        ///< each variant is a source of its own, with truth and field of view in its pixels
  std::string weight_map;         ///< the mask of the truth whose border weights are made; empty: none
  border_weight_parameters weights;
  image_limits limits;
};

/// Where a variant's files go: its picture; a mask or map of that name ("png" or "npy").
struct variant_files {
  std::function<std::string(const record&)> picture;
  std::function<std::string(const record&, const std::string& name, const std::string& extension)> other;
};

/// Variant i of the case depends on p.seed, the record's id and i alone.
/// r: with an image; what is met of it is written into it.
/// take: gets one record a variant, in order, each when its files are written; with `parent`, without what was found on
/// the picture. Not a new source: the source, truth and field of view stay as they are, and the frame says where the
/// variant's pixels lie. A new source: as record::start_source, masks of the truth and the field of view anew, boxes
/// cut at the edge or gone with it. A border is no part of the field of view. `maps` has "weights" where they are asked
/// for, its frame the record's. throws: as what it calls; E_OPTION (request) for a bent variant that is not to be a
/// source of its own.
void make_case_variants(record& r, const case_variant_parameters& p, const variant_files& files,
                        const std::function<void(record)>& take);

}  // namespace medvision

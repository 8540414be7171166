// SPDX-License-Identifier: Apache-2.0
// The contrast chain in one call: grey, standardise, CLAHE, gamma, local mean; each step on request, in this order.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string_view>

#include "medvision/enhance/clahe.hpp"
#include "medvision/enhance/gray.hpp"
#include "medvision/enhance/local_mean.hpp"
#include "medvision/enhance/standardize.hpp"

namespace medvision {

/// keep: colour stays colour. green: that channel. weighted: a sum of the three.
enum class gray_choice { keep, green, weighted };

struct contrast_parameters {
  gray_choice gray = gray_choice::keep;
  gray_weights weights;  ///< of `weighted`
  standardize_parameters standardize;
  clahe_parameters clahe;            ///< clip_limit 0: no CLAHE
  double gamma = 1;                  ///< 0.05 to 20; 1: no gamma
  local_mean_parameters local_mean;  ///< sigma 0: no local mean
  bool real_values = false;          ///< a chain that ends with `weighted` or standardise gives 32F, unrounded
};

/// "green" or "R,G,B" weights into `p`. Throws E_OPTION (blame request) for anything else.
void parse_gray(std::string_view text, contrast_parameters& p);

/// Looks at the options before there is a picture. Throws E_OPTION (blame request) as the steps would.
void check_contrast_parameters(const contrast_parameters& p);

/// True when all pixels of `image` (not empty) are equal; stops at the first that is not.
bool is_constant(const cv::Mat& image);

/// The chain. image: H×W, 1 or 3 channels (B,G,R), 8U or 16U; its pixels may be overwritten. inside: field of view for
/// the local mean, H×W 8U or empty.
/// Returns H×W in the depth of `image`. Weighted grey alone is rounded half to even; standardised pictures of whole
/// numbers are stretched from 0 to the full range and truncated, whatever the statistics, which the stretch cancels.
/// With real_values and neither CLAHE, gamma nor local mean: H×W 32F (grey, z-scores, or 0 to the full range).
/// A constant picture stays constant. Throws E_SHAPE, E_DEPTH, E_OPTION (blame request).
/// Source: retina-unet preprocessing, all steps: {weighted, minmax, clip 2, 8x8 tiles, gamma 1.2}.
cv::Mat enhance_contrast(cv::Mat image, const contrast_parameters& p, const cv::Mat& inside = {});

}  // namespace medvision

// SPDX-License-Identifier: Apache-2.0
// How dark was the film? The grey levels of DDSM's four scanners mean four things; the optical density of the film, by
// the calibration published with the database, is the same for all.
#pragma once

#include <string>
#include <string_view>

#include "medvision/io/dicom_gray.hpp"

namespace medvision {

/// A scanner: density = at_zero + a_step × grey level, or × its decimal logarithm.
struct ddsm_calibration {
  std::string_view name;  ///< "MGH DBA", "MGH HOWTEK", "WFU LUMISYS", "ISMD HOWTEK"
  bool of_logarithm = false;
  double at_zero = 0, a_step = 0;
};

/// institution: first letter of the film's name. digitizer: first word of the .ics's line.
/// Throws E_UNSUPPORTED for a pair without calibration, naming those that have one.
/// Source: University of South Florida, DDSM, "Normalized Images" (calibration of each scanner).
const ddsm_calibration& ddsm_calibration_of(char institution, const std::string& digitizer);

/// Of a grey level, 0 to 65535; infinite for the logarithm of 0.
double optical_density(const ddsm_calibration& scanner, double grey_level);

/// Densities outside this range are its ends: what scanners say there is noise.
constexpr double least_density = 0.05, most_density = 3.0;

/// Grey levels of `bits` bits to 16 bits linear in density: most_density is 0, least_density is 65535. So tissue that
/// lets little light of the X-ray through, which leaves film clear, is bright.
gray_meaning density_meaning(const ddsm_calibration& scanner, int bits);

}  // namespace medvision

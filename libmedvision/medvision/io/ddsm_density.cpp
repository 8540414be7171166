// SPDX-License-Identifier: Apache-2.0
#include "medvision/io/ddsm_density.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "medvision/error.hpp"

namespace medvision {
namespace {

struct scanner {
  std::string_view institutions, digitizer;
  ddsm_calibration calibration;
};

constexpr scanner scanners[] = {
    {"A", "DBA", {"MGH DBA", true, 4.80662 / 1.07553, -1 / 1.07553}},
    {"A", "HOWTEK", {"MGH HOWTEK", false, 3.789, -0.00094568}},
    {"BC", "LUMISYS", {"WFU LUMISYS", false, 4096.99 / 1009.01, -1 / 1009.01}},
    {"D", "HOWTEK", {"ISMD HOWTEK", false, 3.96604095240593, -0.00099055807612}},
};

}  // namespace

const ddsm_calibration& ddsm_calibration_of(char institution, const std::string& digitizer) {
  for (const scanner& s : scanners)
    if (s.institutions.find(institution) != std::string_view::npos && s.digitizer == digitizer) return s.calibration;
  throw error("E_UNSUPPORTED",
              fmt::format("DDSM: no calibration of the scanner '{}' of institution {}, expected DBA or HOWTEK of A, "
                          "LUMISYS of B or C, HOWTEK of D; --density raw goes without",
                          digitizer, institution));
}

double optical_density(const ddsm_calibration& scanner, double grey_level) {
  return scanner.at_zero + scanner.a_step * (scanner.of_logarithm ? std::log10(grey_level) : grey_level);
}

gray_meaning density_meaning(const ddsm_calibration& scanner, int bits) {
  gray_lookup table{0, 16, {}};
  for (int level = 0; level < 1 << bits; ++level) {
    const double density = std::clamp(optical_density(scanner, level), least_density, most_density);
    const double share = (most_density - density) / (most_density - least_density);
    table.entries.push_back(std::uint16_t(std::floor(share * 65535 + 0.5)));
  }
  gray_meaning meaning;
  meaning.bits = bits;
  meaning.modality = std::move(table);
  return meaning;
}

}  // namespace medvision

// SPDX-License-Identifier: Apache-2.0
// What do a film's name and the .ics text beside it say in DDSM, the Digital Database for Screening Mammography? Four
// films a case, A_1141_1.LEFT_CC.LJPEG and so on, and A-1141-1.ics. Of the text only the scanner, the breast's density
// and the film's size are read: dates and ages stay behind.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace medvision {

/// A film by its name alone.
struct ddsm_name {
  char institution = 0;     ///< A: Massachusetts General Hospital; B, C: Wake Forest University; D: Sacred Heart
  std::string patient;      ///< "A-1141": a case is a woman's exam
  std::string sequence;     ///< "LEFT_CC", as the .ics calls it
  std::string side;         ///< "L" or "R"
  std::string view;         ///< "CC" or "MLO"
  bool is_decoded = false;  ///< .LJPEG.1: 16-bit words, the high byte first, as the first decoder wrote them
  std::string case_file;    ///< path of the .ics beside it
};

/// Nothing when the file is not called <letter>_<number>_<number>.<LEFT|RIGHT>_<CC|MLO>.LJPEG or .LJPEG.1.
std::optional<ddsm_name> ddsm_name_of(const std::string& path);

/// What the .ics says of one film.
struct ddsm_case {
  std::string digitizer;              ///< first word of DIGITIZER, "" where there is none
  std::string breast_density;         ///< "1" to "4" of the ACR, "" where there is none
  int width = 0, height = 0;          ///< pixels, 1 to 65535
  int bits = 0;                       ///< of a grey level, 12 or 16
  std::optional<double> micrometres;  ///< between the centres of pixels; nothing where RESOLUTION says 1 to 1000 not
};

/// text: the .ics; line ends LF or CR LF; lines that are not asked for may hold anything.
/// sequence: "LEFT_CC", …
/// Throws E_DDSM_VALUE: no line or two of that sequence, a size or bits that are absent or out of range.
/// Source: the .ics files' description in Heath et al., "The Digital Database for Screening Mammography", 2001.
ddsm_case parse_ddsm_case(std::string_view text, const std::string& sequence);

/// The file at `path`, of 64 KiB at most. Throws as above, E_MISSING, E_READ, E_TOO_LARGE; the sentences name it.
ddsm_case read_ddsm_case(const std::string& path, const std::string& sequence);

}  // namespace medvision

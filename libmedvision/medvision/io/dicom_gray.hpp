// SPDX-License-Identifier: Apache-2.0
// What grey do the bits of a DICOM picture mean? Stored bits, modality LUT or rescale, VOI LUT or window, polarity: all
// a function of the stored value alone, so it is made once, as a table; the range of the pixels met never enters.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

namespace medvision {

enum class window_function { linear, linear_exact, sigmoid };
/// In modality values. width: at least 1 for linear, above 0 for the others.
struct voi_window {
  double center = 0, width = 0;
  window_function function = window_function::linear;
};

/// entries[x - first], the ends going on for ever. bits: of an entry, 1 to 16; widened where entries need more, and
/// those of a modality LUT as many as its entries need.
struct gray_lookup {
  int first = 0, bits = 16;
  std::vector<std::uint16_t> entries;
};

/// What a file says of its grey values.
struct gray_meaning {
  int bits = 16;           ///< of a stored value, 1 to 16
  bool is_signed = false;  ///< two's complement of so many bits
  double slope = 1, intercept = 0;
  std::optional<gray_lookup> modality;  ///< goes before slope and intercept
  std::vector<voi_window> windows;
  std::vector<gray_lookup> voi_luts;
  bool white_is_low = false;  ///< MONOCHROME1, or presentation LUT shape INVERSE
};

/// automatic: the first VOI LUT, else the first window, else none. number: from 1.
struct voi_choice {
  enum { automatic, none, window, lut, given } kind = automatic;
  int number = 1;
  voi_window as_given;
};
/// auto, none, window, lut, window:N or N, lut:N, CENTER,WIDTH[,function]. Throws E_OPTION (request).
voi_choice voi_named(const std::string& text);

struct gray_parameters {
  voi_choice voi;
  enum { automatic, keep, invert } polarity = automatic;
  int bits = 0;  ///< of the result, 0 (as they come) or 1 to 16
  /// Of "auto", "keep" and "invert". Throws E_OPTION (request).
  void set_polarity(const std::string& name);
};

/// values[code] of each code. bits: of the values. voi: what was applied, for the record.
struct gray_table {
  std::vector<std::uint16_t> values;
  int bits = 16;
  std::string voi;
  bool inverted = false;
};

/// The share 0 to 1 that a window gives the modality value x. Throws E_DICOM_VALUE for a width out of range.
/// Source: DICOM PS3.3 C.11.2.1.2 (linear) and C.11.2.1.3 (sigmoid, linear_exact).
double window_share(double x, const voi_window& w);

/// The pipeline as a table. A window's result fills the bits of the modality values (or p.bits); a LUT gives its own;
/// without VOI a step of the stored value is a step of the result, the least possible one 0. Polarity is turned last:
/// top - value, top = 2^bits - 1.
/// Throws E_DICOM_VALUE (slope 0 or not finite, a LUT without entries, a width out of range), E_VOI (asked for what the
/// file has not, with what it has). Source: PS3.3 C.11.1, C.11.2, C.7.6.3.1.2. Differs from readers that stretch
/// minimum to maximum.
gray_table make_gray_table(const gray_meaning& meaning, const gray_parameters& p);

/// codes: H×W, any channels, 8U or 16U; bits above the table's do not enter. Returns 8U up to 8 bits, else 16U.
cv::Mat apply_gray_table(const cv::Mat& codes, const gray_table& table);

/// Values of `from` bits to `to` bits, ends on ends, rounded half up.
gray_table rescaled_bits(int from, int to);

}  // namespace medvision

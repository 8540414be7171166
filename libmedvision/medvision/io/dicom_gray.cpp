// SPDX-License-Identifier: Apache-2.0
// Each step as the standard writes it, in double precision, rounded once at the end.
#include "medvision/io/dicom_gray.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <opencv2/core.hpp>
#include <string_view>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr std::string_view function_names[] = {"linear", "linear_exact", "sigmoid"};

double top_of(int bits) { return double((1 << bits) - 1); }
double rounded(double x) { return std::floor(x + 0.5); }

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<voi_choice> numbered(std::string_view text) {
  voi_choice choice;
  choice.kind = text.starts_with("lut") ? voi_choice::lut : voi_choice::window;
  for (const std::string_view word : {"window", "lut"})
    if (text.starts_with(word)) {
      text.remove_prefix(word.size());
      if (text.empty()) return choice;
      if (text[0] != ':') return std::nullopt;
      text.remove_prefix(1);
    }
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), choice.number);
  if (fault != std::errc{} || end != text.data() + text.size() || choice.number < 1) return std::nullopt;
  return choice;
}

std::optional<voi_choice> as_given(std::string_view text) {
  const std::size_t first = text.find(','), second = text.find(',', first + 1);
  if (first == std::string_view::npos) return std::nullopt;
  const auto center = number_in(text.substr(0, first));
  const auto width = number_in(text.substr(first + 1, second == std::string_view::npos ? second : second - first - 1));
  if (!center || !width) return std::nullopt;
  voi_choice choice{voi_choice::given, 1, {*center, *width}};
  if (second != std::string_view::npos) {
    const auto* f = std::ranges::find(function_names, text.substr(second + 1));
    if (f == std::end(function_names)) return std::nullopt;
    choice.as_given.function = window_function(f - std::begin(function_names));
  }
  if (*width < (choice.as_given.function == window_function::linear ? 1 : 1e-9)) return std::nullopt;
  return choice;
}

/// A LUT whose bits hold every entry.
gray_lookup checked(gray_lookup lut, std::string_view name) {
  if (lut.entries.empty() || lut.bits < 1 || lut.bits > 16)
    throw error("E_DICOM_VALUE", fmt::format("the {} LUT has {} entries of {} bits, expected some of 1 to 16", name,
                                             lut.entries.size(), lut.bits));
  while (top_of(lut.bits) < *std::ranges::max_element(lut.entries)) ++lut.bits;
  return lut;
}

double look_up(const gray_lookup& lut, double x) {
  const double index = std::clamp(rounded(x) - lut.first, 0.0, double(lut.entries.size() - 1));
  return lut.entries[std::size_t(index)];
}

/// Of every code, its modality value, in the order of the codes.
std::vector<double> modality_values(const gray_meaning& m) {
  const int codes = 1 << m.bits;
  std::vector<double> values(static_cast<std::size_t>(codes));
  for (int code = 0; code < codes; ++code) {
    const int stored = m.is_signed && code >= codes / 2 ? code - codes : code;
    values[std::size_t(code)] = m.modality ? look_up(*m.modality, stored) : m.slope * stored + m.intercept;
  }
  return values;
}

voi_choice resolved(const voi_choice& asked, const gray_meaning& m) {
  voi_choice voi = asked;
  if (voi.kind == voi_choice::automatic)
    voi.kind = !m.voi_luts.empty() ? voi_choice::lut : !m.windows.empty() ? voi_choice::window : voi_choice::none;
  const std::size_t there = voi.kind == voi_choice::lut ? m.voi_luts.size() : m.windows.size();
  if ((voi.kind == voi_choice::lut || voi.kind == voi_choice::window) && std::size_t(voi.number) > there)
    throw error("E_VOI", fmt::format("--voi asks for {} {}; the file has {} windows and {} LUTs",
                                     voi.kind == voi_choice::lut ? "LUT" : "window", voi.number, m.windows.size(),
                                     m.voi_luts.size()));
  if (voi.kind == voi_choice::window) voi.as_given = m.windows[std::size_t(voi.number) - 1];
  return voi;
}

std::string described(const voi_choice& voi) {
  const voi_window& w = voi.as_given;
  switch (voi.kind) {
    case voi_choice::lut:
      return fmt::format("lut {}", voi.number);
    case voi_choice::window:
      return fmt::format("window {}: {},{},{}", voi.number, w.center, w.width, function_names[int(w.function)]);
    case voi_choice::given:
      return fmt::format("given: {},{},{}", w.center, w.width, function_names[int(w.function)]);
    default:
      return "none";
  }
}

/// Values of no VOI: one step of the stored value is one step, whatever the slope.
void to_steps(std::vector<double>& values, const gray_meaning& m) {
  if (m.modality) return;
  const double least = *std::ranges::min_element(values);
  for (double& v : values) v = rounded((v - least) / std::abs(m.slope));
}

}  // namespace

voi_choice voi_named(const std::string& text) {
  if (text == "auto") return {};
  if (text == "none") return {voi_choice::none};
  if (const auto choice = numbered(text)) return *choice;
  if (const auto choice = as_given(text)) return *choice;
  throw error("E_OPTION",
              fmt::format("--voi '{}', expected auto, none, window, lut, window:N, lut:N, N or CENTER,WIDTH with or "
                          "without ,linear ,linear_exact or ,sigmoid",
                          text),
              blame::request);
}

void gray_parameters::set_polarity(const std::string& name) {
  constexpr std::string_view names[] = {"auto", "keep", "invert"};  // in the order of the enumeration
  const auto* found = std::ranges::find(names, name);
  if (found == std::end(names))
    throw error("E_OPTION", fmt::format("polarity '{}', expected auto, keep or invert", name), blame::request);
  polarity = decltype(polarity)(found - std::begin(names));
}

double window_share(double x, const voi_window& w) {
  const double c = w.center, least = w.function == window_function::linear ? 1 : 0;
  if (!std::isfinite(c) || !std::isfinite(w.width) || w.width < least || w.width <= 0)
    throw error("E_DICOM_VALUE", fmt::format("a window of width {}, expected {}; --voi none goes without", w.width,
                                             least > 0 ? "1 or more" : "above 0"));
  switch (w.function) {
    case window_function::linear:
      if (x <= c - 0.5 - (w.width - 1) / 2) return 0;
      if (x > c - 0.5 + (w.width - 1) / 2) return 1;
      return (x - (c - 0.5)) / (w.width - 1) + 0.5;
    case window_function::linear_exact:
      if (x <= c - w.width / 2) return 0;
      if (x > c + w.width / 2) return 1;
      return (x - c) / w.width + 0.5;
    case window_function::sigmoid:
      break;
  }
  return 1 / (1 + std::exp(-4 * (x - c) / w.width));
}

gray_table make_gray_table(const gray_meaning& meaning, const gray_parameters& p) {
  gray_meaning m = meaning;
  if (m.bits < 1 || m.bits > 16) throw error("E_DICOM_VALUE", fmt::format("{} bits stored, expected 1 to 16", m.bits));
  if (m.modality) {
    m.modality = checked(*m.modality, "modality");
    // It says 16 bits where its values are those of 10; what they need is known from the table alone.
    m.modality->bits = 1;
    m.modality = checked(*m.modality, "modality");
  }
  if (!m.modality && (!std::isfinite(m.slope) || !std::isfinite(m.intercept) || m.slope == 0))
    throw error("E_DICOM_VALUE", fmt::format("rescale slope {} and intercept {}, expected numbers, the slope not 0",
                                             m.slope, m.intercept));
  std::vector<double> values = modality_values(m);
  const voi_choice voi = resolved(p.voi, m);
  gray_table table;
  table.voi = described(voi);
  int bits = m.modality ? m.modality->bits : m.bits;
  if (voi.kind == voi_choice::lut) {
    const gray_lookup lut = checked(m.voi_luts[std::size_t(voi.number) - 1], "VOI");
    for (double& v : values) v = look_up(lut, v);
    bits = lut.bits;
  } else if (voi.kind == voi_choice::none) {
    to_steps(values, m);
  }
  const bool windowed = voi.kind == voi_choice::window || voi.kind == voi_choice::given;
  table.bits = p.bits == 0 ? bits : p.bits;
  table.inverted =
      p.polarity == gray_parameters::invert || (p.polarity == gray_parameters::automatic && m.white_is_low);
  const double top = top_of(table.bits), whole = top_of(bits);
  table.values.reserve(values.size());
  for (const double v : values) {
    const double value = rounded((windowed ? window_share(v, voi.as_given) : v / whole) * top);
    table.values.push_back(std::uint16_t(table.inverted ? top - value : value));
  }
  return table;
}

cv::Mat apply_gray_table(const cv::Mat& codes, const gray_table& table) {
  const std::size_t mask = table.values.size() - 1;
  if (codes.empty() || codes.dims != 2 || (codes.depth() != CV_8U && codes.depth() != CV_16U))
    throw error("E_DEPTH", fmt::format("stored values are 8- or 16-bit words, these are {}x{} of type {}", codes.cols,
                                       codes.rows, codes.type()));
  cv::Mat out(codes.size(), CV_MAKETYPE(table.bits <= 8 ? CV_8U : CV_16U, codes.channels()));
  const int samples = codes.cols * codes.channels();
  const auto row = [&]<class In, class Out>(const In* from, Out* to) {
    for (int x = 0; x < samples; ++x) to[x] = Out(table.values[from[x] & mask]);
  };
  for (int y = 0; y < codes.rows; ++y) {
    if (codes.depth() == CV_8U && out.depth() == CV_8U)
      row(codes.ptr<uchar>(y), out.ptr<uchar>(y));
    else if (codes.depth() == CV_8U)
      row(codes.ptr<uchar>(y), out.ptr<ushort>(y));
    else if (out.depth() == CV_8U)
      row(codes.ptr<ushort>(y), out.ptr<uchar>(y));
    else
      row(codes.ptr<ushort>(y), out.ptr<ushort>(y));
  }
  return out;
}

gray_table rescaled_bits(int from, int to) {
  return make_gray_table({.bits = from}, {.voi = {voi_choice::none}, .bits = to});
}

}  // namespace medvision

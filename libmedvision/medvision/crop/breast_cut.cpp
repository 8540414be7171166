// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/breast_cut.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {
namespace {

std::string upper(std::string text) {
  for (char& c : text) c = char(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

pointing opposite(pointing to) { return to == pointing::left ? pointing::right : pointing::left; }

pointing pointing_by(const breast_tags& tags, breast_layout layout, const cv::Mat& breast) {
  if (layout == breast_layout::unknown || (layout == breast_layout::usual && !tags.side)) return pointing_of(breast);
  if (!tags.side) throw error("E_TAGS", "a mirrored picture needs tags.side, L or R; else its pixels can be asked");
  const pointing usual = *tags.side == 'L' ? pointing::right : pointing::left;
  return layout == breast_layout::usual ? usual : opposite(usual);
}

/// A rectangle, mirrored left-right within a picture of that width.
cv::Rect mirrored(const cv::Rect& r, int width) { return {width - r.br().x, r.y, r.width, r.height}; }

cv::Mat flipped(const cv::Mat& image) {
  cv::Mat out;
  cv::flip(image, out, 1);
  return out;
}

/// The window in pixels of what is kept, as it is stored.
void place_window(breast_cut& cut, const cv::Mat& tissue, const breast_tags& tags, cv::Size window) {
  if (!tags.view)
    throw error("E_TAGS", fmt::format("the best window needs tags.view, CC or MLO; {}",
                                      tags.view_said.empty() ? "it is absent" : "met '" + tags.view_said + "'"));
  const bool left = cut.box.to == pointing::left;
  const cv::Mat kept = tissue(cut.box.kept);
  cut.centre = best_centre(left ? flipped(kept) : kept, cut.box, *tags.view, window);
  cut.window = window_at(*cut.centre, *tags.view, window, kept.size());
  if (left && !cut.mirror) cut.window = mirrored(cut.window, kept.cols);
}

breast_layout layout_named(const std::string& word) {
  if (word == "usual") return breast_layout::usual;
  if (word == "mirrored") return breast_layout::mirrored;
  if (word == "unknown") return breast_layout::unknown;
  throw error("E_OPTION", fmt::format("--stored takes usual, mirrored or unknown, met '{}'", word), blame::request);
}

std::optional<double> background_named(const std::string& text) {
  if (text == "auto") return std::nullopt;
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || rest != end || !(value >= 0 && value <= 65535))
    throw error("E_OPTION", fmt::format("--background takes auto, or a value from 0 to 65535; met '{}'", text),
                blame::request);
  return value;
}

int pixels_of(const padding& pad, const cv::Mat& breast) {
  const cv::Size size = cv::boundingRect(breast).size();
  return cvRound(pad.is_share ? pad.amount * std::max(size.width, size.height) : pad.amount);
}

}  // namespace

breast_tags read_breast_tags(const std::string& side, const std::string& view) {
  breast_tags tags;
  const std::string said = upper(side);
  if (said == "L" || said == "LEFT") tags.side = 'L';
  if (said == "R" || said == "RIGHT") tags.side = 'R';
  if (!tags.side && !said.empty()) throw error("E_TAGS", fmt::format("tags.side is '{}', expected L or R", side));
  tags.view_said = view;
  std::string name = upper(view);
  for (const char letter : {'L', 'R'})
    for (const std::string known : {"CC", "MLO"})
      for (const std::string between : {"", "-", "_", " "})
        if (name == letter + between + known) {
          if (tags.side && *tags.side != letter)
            throw error("E_TAGS", fmt::format("tags.side is '{}', but tags.view is '{}'", side, view));
          tags.side = letter;
          name = known;
        }
  if (name == "CC") tags.view = breast_view::cc;
  if (name == "MLO") tags.view = breast_view::mlo;
  return tags;
}

cv::Mat breast_cut::of(const cv::Mat& image, double outside) const {
  const cv::Mat kept = mirror ? flipped(image(box.kept)) : image(box.kept);
  const cv::Rect inside = clip(window, kept.size());
  if (inside == window) return kept(window);
  cv::Mat out(window.size(), image.type(), cv::Scalar::all(outside));
  cv::Mat shown = out(inside - window.tl());
  kept(inside).copyTo(shown);
  return out;
}

cv::Mat breast_cut::found() const { return was_known ? cv::Mat() : of(breast, 0); }

frame breast_cut::to_picture() const {
  const frame kept = crop_frame(box.kept.x, box.kept.y);
  return compose(mirror ? compose(kept, flip_frame(box.kept.size(), true)) : kept, crop_frame(window.x, window.y));
}

breast_cut plan_breast_cut(const cv::Mat& image, const cv::Mat& known, const breast_tags& tags,
                           const breast_cut_parameters& p) {
  breast_cut cut;
  cut.was_known = !known.empty();
  cv::Mat tissue = known;
  if (known.empty()) {
    const breast_tissue found = find_tissue(image, p.background);
    tissue = found.mask;
    cut.background = found.background;
    cut.fill = found.fill;
    cut.breast = find_breast(tissue, p.iterations);
  } else if (known.size() != image.size()) {
    throw error("E_SHAPE", fmt::format("the breast's mask has {}x{} pixels, the picture {}x{}", known.cols, known.rows,
                                       image.cols, image.rows));
  } else {
    cut.breast = known;
  }
  cut.box = measure_breast(cut.breast, pointing_by(tags, p.stored, cut.breast), pixels_of(p.buffer, cut.breast));
  cut.mirror = p.face_right && cut.box.to == pointing::left;
  cut.window = {{}, cut.box.kept.size()};
  if (!p.window.empty()) place_window(cut, tissue, tags, p.window);
  if (const int gap = cut.box.distance_from_starting_side; gap > 0)
    cut.warnings.push_back(
        fmt::format("{} pixels lie between the chest wall's edge and the breast; is the {} edge the right one?", gap,
                    cut.box.to == pointing::right ? "left" : "right"));
  return cut;
}

breast_cut_parameters with_words(breast_cut_parameters p, std::int64_t max_pixels) {
  const breast_words& words = p.words;
  p.background = background_named(words.background);
  p.stored = layout_named(words.stored);
  if (words.flip_to != "none" && words.flip_to != "left")
    throw error("E_OPTION", fmt::format("--flip-to takes none or left, met '{}'", words.flip_to), blame::request);
  p.face_right = words.flip_to == "left";
  if (std::int64_t{p.window.width} * p.window.height > max_pixels)
    throw error("E_OPTION",
                fmt::format("a window of {}x{} has more than {} pixels; --max-pixels raises the limit", p.window.width,
                            p.window.height, max_pixels),
                blame::request);
  return p;
}

}  // namespace medvision

// SPDX-License-Identifier: Apache-2.0
// Mirrors and quarter turns, exact: pixels move, none is changed.
#include "medvision/infer/symmetry.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

cv::Mat turned(const cv::Mat& picture, int quarter_turns) {
  if (quarter_turns == 0) return picture;
  cv::Mat out;
  cv::rotate(picture, out,
             quarter_turns == 1   ? cv::ROTATE_90_CLOCKWISE
             : quarter_turns == 2 ? cv::ROTATE_180
                                  : cv::ROTATE_90_COUNTERCLOCKWISE);
  return out;
}

cv::Mat mirrored(const cv::Mat& picture) {
  cv::Mat out;
  cv::flip(picture, out, 1);
  return out;
}

}  // namespace

std::vector<symmetry> symmetries_named(std::string_view word) {
  if (word == "none") return {{}};
  if (word == "flips") return {{false, 0}, {true, 0}, {true, 2}, {false, 2}};
  if (word == "dihedral")
    return {{false, 0}, {false, 1}, {false, 2}, {false, 3}, {true, 0}, {true, 1}, {true, 2}, {true, 3}};
  throw error("E_OPTION", fmt::format("--tta is '{}', expected none, flips or dihedral", word), blame::request);
}

cv::Mat apply(const symmetry& s, const cv::Mat& picture) {
  return turned(s.mirrored ? mirrored(picture) : picture, s.quarter_turns);
}

cv::Mat undo(const symmetry& s, const cv::Mat& map) {
  if (s == symmetry{}) return map;
  const int back = (4 - s.quarter_turns) % 4;
  const bool sideways = s.quarter_turns % 2 == 1;
  const int shape[] = {map.size[0], map.size[sideways ? 2 : 1], map.size[sideways ? 1 : 2]};
  cv::Mat out(3, shape, CV_32F);
  for (int c = 0; c < shape[0]; ++c) {
    const cv::Mat plane(map.size[1], map.size[2], CV_32F, const_cast<float*>(map.ptr<float>(c)));
    const cv::Mat straight = turned(plane, back);
    (s.mirrored ? mirrored(straight) : straight).copyTo(cv::Mat(shape[1], shape[2], CV_32F, out.ptr<float>(c)));
  }
  return out;
}

}  // namespace medvision

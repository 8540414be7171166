// SPDX-License-Identifier: Apache-2.0
// A case through files: its picture, masks and field of view become those of variants.
#include "medvision/system/case_variants.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "error_code.hpp"
#include "medvision/error.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/patch/sample.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

namespace {

struct made_case {
  cv::Mat image = cv::Mat(24, 32, CV_16U), cells = cv::Mat::zeros(24, 32, CV_8U),
          field = cv::Mat(12, 16, CV_8U, cv::Scalar(255));
  record r{"a"};

  explicit made_case(const scratch_folder& folder) {
    cv::RNG(3).fill(image, cv::RNG::UNIFORM, 0, 65536);
    cv::circle(cells, {10, 11}, 4, 3, cv::FILLED);
    cv::circle(cells, {20, 12}, 4, 7, cv::FILLED);
    field.row(0).setTo(0);
    write_image(folder.path("a.png"), image);
    write_image(folder.path("cells.png"), cells);
    write_image(folder.path("field.png"), field);
    r.set_image(folder.path("a.png"), {32, 24, 1, "u16"});
    r.set_truth_mask("cells", folder.path("cells.png"));
    r.set_fov({folder.path("field.png"), {{2, 0, 0, 0, 2, 0}}, "med-crop", std::nullopt});
  }
};

variant_files files_in(const scratch_folder& folder) {
  const auto path = [&folder](const record& r, const std::string& name, const std::string& extension) {
    std::string id = r.id();
    std::replace(id.begin(), id.end(), '/', '-');
    return folder.path(id + "." + name + "." + extension);
  };
  return {[path](const record& r) { return path(r, "augment", "png"); }, path};
}

std::vector<record> variants_of(made_case& a, const case_variant_parameters& p, const scratch_folder& folder) {
  std::vector<record> all;
  make_case_variants(a.r, p, files_in(folder), [&](record r) { all.push_back(std::move(r)); });
  return all;
}

case_variant_parameters turned() {
  case_variant_parameters p;
  p.quarter_turns = {1};
  p.count = 2;
  return p;
}

bool equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

cv::Mat quarter(const cv::Mat& image) {
  cv::Mat out;
  cv::rotate(image, out, cv::ROTATE_90_CLOCKWISE);
  return out;
}

}  // namespace

TEST_CASE("without a new source the frame leads back and nothing but the picture is written") {
  const scratch_folder folder;
  made_case a(folder);
  const auto variants = variants_of(a, turned(), folder);
  REQUIRE(variants.size() == 2);
  const record& v = variants[1];
  CHECK(v.id() == "a/1");
  CHECK(equal(read_image(v.image()), quarter(a.image)));
  CHECK(v.frame() == rotation_frame({32, 24}, 1));
  CHECK(v.source()->path == folder.path("a.png"));
  CHECK(v.truth_mask("cells") == folder.path("cells.png"));
  CHECK(v.fov()->path == folder.path("field.png"));
  CHECK(v.check().empty());
}

TEST_CASE("a new source has its masks with their values, and its field of view") {
  const scratch_folder folder;
  made_case a(folder);
  case_variant_parameters p = turned();
  p.new_source = true;
  const record v = variants_of(a, p, folder)[0];
  CHECK(v.source()->path == v.image());
  CHECK(v.frame() == frame{});
  CHECK(equal(read_image(v.truth_mask("cells")), quarter(a.cells)));
  cv::Mat field(24, 32, CV_8U, cv::Scalar(255));
  field.rowRange(0, 2).setTo(0);
  CHECK(equal(read_image(v.fov()->path), quarter(field)));
  CHECK(v.fov()->by == "med-crop");
  CHECK(v.derived_from()->to_source == rotation_frame({32, 24}, 1));
}

TEST_CASE("what a border fills in is no part of the field of view, and the rest moves with it") {
  const scratch_folder folder;
  made_case a(folder);
  case_variant_parameters p;
  p.translate = 9;
  p.outside = border::edge;
  p.new_source = true;
  p.count = 6;
  for (const record& v : variants_of(a, p, folder)) {
    const cv::Mat field = read_image(v.fov()->path);
    const frame f = v.derived_from()->to_source;
    for (int y = 0; y < 24; ++y)
      for (int x = 0; x < 32; ++x) {
        const cv::Point2d was = apply(f, {x + 0.5, y + 0.5});
        const bool seen = was.x > 0 && was.x < 32 && was.y > 2 && was.y < 24;
        REQUIRE(field.at<uchar>(y, x) == (seen ? 255 : 0));
      }
  }
}

TEST_CASE("weights are those of the moved mask, on the variant's pixels") {
  const scratch_folder folder;
  made_case a(folder);
  case_variant_parameters p = turned();
  p.weight_map = "cells";
  p.weights.sigma = 3;
  const record v = variants_of(a, p, folder)[1];
  const map_info m = v.map("weights");
  CHECK(m.shape == std::array<int, 3>{1, 32, 24});
  CHECK(m.to_source == v.frame());
  const cv::Mat met = read_map(m.path, m.shape), expected = border_weights(quarter(a.cells), {.sigma = 3});
  CHECK(cv::norm(met.reshape(1, 32), expected, cv::NORM_INF) == 0);
  CHECK(v.truth_mask("cells") == folder.path("cells.png"));
  p.weight_map = "nuclei";
  CHECK(code_of([&] { variants_of(a, p, folder); }) == "E_RECORD");
}

TEST_CASE("a bent variant is a source of its own or refused, and picture and mask are bent alike") {
  const scratch_folder folder;
  made_case a(folder);
  case_variant_parameters p;
  p.elastic.sigma = 3;
  CHECK(code_of([&] { variants_of(a, p, folder); }, blame::request) == "E_OPTION");
  p.new_source = true;
  const record v = variants_of(a, p, folder)[0];
  CHECK(!v.derived_from()->exact);
  const variant drawn = draw_variant({32, 24}, p.of(fnv1a_64("a")), 0);
  CHECK(equal(read_image(v.image()), bend(a.image, drawn.bent, border::zero)));
  CHECK(equal(read_image(v.truth_mask("cells")), bend(a.cells, drawn.bent, border::zero, true)));
}

TEST_CASE("a variant is the same however many are made") {
  const scratch_folder few, many;
  made_case a(few), b(many);
  case_variant_parameters p;
  p.translate = 9;
  p.contrast = {0.5, 2};
  p.count = 2;
  const auto two = variants_of(a, p, few);
  p.count = 5;
  const auto five = variants_of(b, p, many);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(equal(read_image(two[i].image()), read_image(five[i].image())));
    CHECK(two[i].frame() == five[i].frame());
  }
  CHECK(!equal(read_image(five[0].image()), read_image(five[1].image())));
}

TEST_CASE("a mask that is not the source's is refused") {
  const scratch_folder folder;
  made_case a(folder);
  write_image(folder.path("cells.png"), a.cells.colRange(0, 31));
  case_variant_parameters p = turned();
  p.new_source = true;
  CHECK(code_of([&] { variants_of(a, p, folder); }) == "E_SHAPE");
}

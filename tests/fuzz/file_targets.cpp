// SPDX-License-Identifier: Apache-2.0
// Files from anywhere: arrays, pictures, DICOM, models and their cards.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "medvision/infer/model_card.hpp"
#include "medvision/infer/onnx_check.hpp"
#include "medvision/infer/onnx_shape.hpp"
#include "medvision/io/ddsm_case.hpp"
#include "medvision/io/dicom_file.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/tensor_file.hpp"
#include "tests/fuzz/targets.hpp"

namespace medvision::fuzz {
namespace {

constexpr std::int64_t budget = 16 << 20;  // bytes of a picture: enough for any path, and quick

}  // namespace

std::string file_of(std::string_view bytes) {
  static const int fd = memfd_create("bytes", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, bytes.data(), bytes.size(), 0) != ssize_t(bytes.size()))
    std::abort();
  return "/proc/self/fd/" + std::to_string(fd);
}

void npy(std::string_view bytes) {
  const std::string path = file_of(bytes);
  may_refuse([&] {
    const tensor_info info = probe_tensor(path, budget);
    std::size_t count = 1;
    for (const int n : info.shape) count *= std::size_t(n);
    const cv::Mat values = read_tensor(path, budget);
    expect(values.total() == count && values.depth() == info.depth, "an array is not what its header says");
    expect(count * values.elemSize1() + info.data_offset <= bytes.size(), "more values than the file has");
    read_floats(path, true, budget);
  });
}

// A picture by any of the codecs; theirs are not instrumented, what they are told and what is made of it is.
void image(std::string_view bytes) {
  const std::string path = file_of(bytes);
  const image_limits limits{.max_pixels = budget, .max_bytes = budget};
  may_refuse([&] {
    const image_info info = probe_image(path, limits);
    const cv::Mat image = read_image(path, limits);
    expect(image.cols == info.width && image.rows == info.height, "a picture is not of the size its header says");
    expect(image.channels() == info.channels && image.depth() == info.depth, "a picture is of another type");
  });
  may_refuse([&] { read_mask(path, limits); });
}

// The one codec that is ours, and nothing else.
void pnm(std::string_view bytes) {
  if (!bytes.empty() && bytes[0] == 'P') image(bytes);
}

// The first line is the film's name, the second the sequence asked for, what follows the .ics.
void ddsm(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string_view rest = bytes.substr(std::min(end + 1, bytes.size()));
  const std::size_t stop = std::min(rest.find('\n'), rest.size());
  if (const auto name = ddsm_name_of(std::string(bytes.substr(0, end)))) {
    expect(!name->patient.empty() && name->case_file.ends_with(".ics"), "a film without its case");
    expect(name->side == "L" || name->side == "R", "a film of no side");
  }
  may_refuse([&] {
    const ddsm_case c =
        parse_ddsm_case(rest.substr(std::min(stop + 1, rest.size())), std::string(rest.substr(0, stop)));
    expect(c.width > 0 && c.height > 0 && c.width < 65536 && c.height < 65536, "a film of no size");
    expect(c.bits == 12 || c.bits == 16, "a film of other bits");
    expect(!c.micrometres || (*c.micrometres >= 1 && *c.micrometres <= 1000), "a spacing that cannot be");
  });
}

void dicom(std::string_view bytes) {
  const std::string path = file_of(bytes);
  const image_limits limits{.max_pixels = budget, .max_bytes = budget};
  may_refuse([&] {
    if (!is_dicom(path)) return;
    dicom_size(path, limits);
  });
  for (const int frame : {0, 2})
    may_refuse([&] {
      const dicom_header header = probe_dicom(path, frame, limits);
      const dicom_picture picture = read_dicom(path, frame, limits);
      expect(picture.pixels.cols == header.width && picture.pixels.rows == header.height, "pixels of another size");
    });
}

void onnx(std::string_view bytes) {
  std::optional<model_summary> summary;
  may_refuse([&] { summary = check_onnx(bytes); });
  if (!summary) return;
  expect(summary->nodes > 0 && !summary->outputs.empty(), "a model that does nothing");
  expect(summary->nodes <= bytes.size() && std::size_t(summary->parameters) <= bytes.size(), "more than the file has");
  const std::string closed = close_axes(bytes, {64, 48});
  expect(close_axes(closed, {32, 16}) == closed, "an axis is left open");
  expect(check_onnx(closed).nodes == summary->nodes, "a model lost nodes when its axes were closed");
}

void card(std::string_view bytes) {
  may_refuse([&] {
    const model_card card = parse_card(bytes, "card.json");
    expect(!card.name.empty(), "a card without a name");
  });
}

}  // namespace medvision::fuzz

// SPDX-License-Identifier: Apache-2.0
// Which codec a file belongs to, by its first bytes, and what all pictures go through afterwards.
#include "medvision/io/image_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <opencv2/core.hpp>
#include <string_view>

#include "medvision/error.hpp"
#include "medvision/io/folder.hpp"
#include "medvision/io/image_codecs.hpp"
#include "medvision/io/tensor_file.hpp"

namespace medvision {
namespace {

struct codec {
  image_info (*probe)(input_file&, const image_limits&);
  decoded_image (*decode)(input_file&, const image_limits&);
};

/// The picture a tensor is: H×W or H×W×3 of 8U, 16U or 32F.
image_info picture_of(const tensor_info& tensor, const image_limits& limits) {
  const std::vector<int>& shape = tensor.shape;
  if ((shape.size() != 2 && (shape.size() != 3 || shape[2] != 3)) || tensor.depth == CV_64F) {
    throw error("E_UNSUPPORTED", fmt::format("an array of {} axes and {} bytes a value, expected a picture: H x W or "
                                             "H x W x 3 of u8, u16 or f32",
                                             shape.size(), CV_ELEM_SIZE1(tensor.depth)));
  }
  image_info info;
  info.format = "npy";
  info.height = shape[0];
  info.width = shape[1];
  info.channels = shape.size() == 3 ? 3 : 1;
  info.depth = tensor.depth;
  info.maxval = info.depth == CV_8U ? 255 : info.depth == CV_16U ? 65535 : 0;
  check_budget(info, limits, info.channels);
  return info;
}

image_info probe_npy(input_file& file, const image_limits& limits) {
  return picture_of(probe_tensor(file, limits.max_bytes), limits);
}

decoded_image decode_npy(input_file& file, const image_limits& limits) {
  const image_info info = probe_npy(file, limits);
  file.seek(0);
  cv::Mat values = read_tensor(file, limits.max_bytes);
  const int size[] = {info.height, info.width};
  cv::Mat pixels = values.reshape(info.channels, 2, size);
  if (info.channels == 3) {
    for (int y = 0; y < info.height; ++y) swap_red_blue(pixels.ptr(y), info.width, info.depth);
  }
  check_finite(pixels);
  return {pixels, info};
}

void encode_npy(const cv::Mat& image, atomic_file& file) {
  std::vector<int> shape{image.rows, image.cols};
  if (image.channels() == 3) shape.push_back(3);
  file.write(tensor_header(shape, image.depth()));
  if (image.channels() == 1 && image.isContinuous()) return file.write(image.data, image.total() * image.elemSize());
  write_rows(image, file, [&](unsigned char* row) {
    if (image.channels() == 3) swap_red_blue(row, image.cols, image.depth());
  });
}

std::string show_bytes(std::string_view bytes) {
  std::string text, hex;
  for (const char c : bytes) {
    text += c >= ' ' && c <= '~' ? c : '.';
    hex += fmt::format("{}{:02X}", hex.empty() ? "" : " ", static_cast<unsigned char>(c));
  }
  return fmt::format("\"{}\" ({})", text, hex);
}

codec find_codec(input_file& file) {
  char start[132] = {};
  const std::string_view bytes(start, file.read(start, sizeof start));
  file.seek(0);
  using namespace std::literals;
  if (bytes.empty()) throw error("E_EMPTY", "the file is empty");
  if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv)) return {probe_png, decode_png};
  if (bytes.starts_with("\xFF\xD8\xFF"sv)) return {probe_jpeg, decode_jpeg};
  for (const std::string_view magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (bytes.starts_with(magic)) return {probe_tiff, decode_tiff};
  }
  if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) return {probe_gif, decode_gif};
  if (bytes.starts_with("\x93NUMPY"sv)) return {probe_npy, decode_npy};
  if (bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
      std::strchr(" \t\r\n\v\f#", bytes[2]) != nullptr) {
    return {probe_pnm, decode_pnm};
  }
  if (bytes.ends_with("DICM"sv) && bytes.size() == sizeof start)
    throw error("E_FORMAT", "is DICOM; med-import makes a picture of it");
  throw error("E_FORMAT", fmt::format("begins with {}, which is no PNG, JPEG, TIFF, PGM, PPM, GIF or .npy",
                                      show_bytes(bytes.substr(0, 12))));
}

/// Opens `path`, and puts it in front of what is said about its contents.
template <class F>
auto naming(const std::string& path, F&& work) {
  input_file file(path);
  try {
    return work(file);
  } catch (const error& e) {
    throw error(e.code(), fmt::format("{}: {}", path, e.what()), e.who());
  } catch (const cv::Exception& e) {
    if (e.code != cv::Error::StsNoMem) throw;
    throw error("E_NOMEM", fmt::format("{}: there is not enough memory for its pixels ({})", path, e.err),
                blame::environment);
  }
}

struct writer {
  std::string_view extension;
  void (*encode)(const cv::Mat&, atomic_file&);
  bool holds_floats;
  int channels;  ///< 0: 1 or 3
};

constexpr writer writers[] = {{"png", encode_png, false, 0}, {"tiff", encode_tiff, true, 0},
                              {"tif", encode_tiff, true, 0}, {"pgm", encode_pnm, false, 1},
                              {"ppm", encode_pnm, false, 3}, {"npy", encode_npy, true, 0}};

}  // namespace

image_info probe_image(const std::string& path, const image_limits& limits) {
  return naming(path, [&](input_file& file) {
    image_info info = find_codec(file).probe(file, limits);
    if (info.orientation >= 5) std::swap(info.width, info.height);
    return info;
  });
}

image_info probe_one_page(const std::string& path, const image_limits& limits) {
  const image_info info = probe_image(path, limits);
  if (info.pages > 1)
    throw error("E_PAGES", fmt::format("{}: holds {} pages or frames, expected one", path, info.pages));
  return info;
}

cv::Mat read_image(const std::string& path, const image_limits& limits) {
  return naming(path, [&](input_file& file) {
    const decoded_image decoded = find_codec(file).decode(file, limits);
    return apply_orientation(decoded.pixels, decoded.info.orientation);
  });
}

void check_size(const std::string& path, cv::Size met, cv::Size source) {
  if (met != source)
    throw error("E_SHAPE", fmt::format("{} has {}x{} pixels, the record says that its source has {}x{}", path,
                                       met.width, met.height, source.width, source.height));
}

cv::Mat read_mask(const std::string& path, const image_limits& limits, cv::Size size) {
  const cv::Mat image = read_image(path, limits);
  if (!size.empty()) check_size(path, image.size(), size);
  cv::Mat mask, channel;
  for (int c = 0; c < image.channels(); ++c) {
    if (image.channels() == 1)
      channel = image;
    else
      cv::extractChannel(image, channel, c);
    cv::Mat nonzero;
    cv::compare(channel, 0, nonzero, cv::CMP_NE);
    if (mask.empty())
      mask = nonzero;
    else
      cv::bitwise_or(mask, nonzero, mask);
  }
  return mask;
}

void write_image(const std::string& path, const cv::Mat& image) {
  const std::string extension = extension_of(path);
  const auto* w = std::find_if(std::begin(writers), std::end(writers),
                               [&](const writer& candidate) { return candidate.extension == extension; });
  if (w == std::end(writers)) {
    throw error("E_UNSUPPORTED",
                fmt::format("{}: cannot write '.{}', expected .png, .tiff, .tif, .pgm, .ppm or .npy", path, extension));
  }
  const int channels = image.channels(), depth = image.depth();
  const bool shaped = image.dims == 2 && !image.empty() && (channels == 1 || channels == 3);
  const bool typed = depth == CV_8U || depth == CV_16U || (depth == CV_32F && w->holds_floats);
  if (!shaped || !typed || (w->channels != 0 && w->channels != channels)) {
    throw error("E_UNSUPPORTED", fmt::format("{}: .{} cannot hold {} x {} pixels of {} channels of type {}", path,
                                             extension, image.cols, image.rows, channels, cv::depthToString(depth)));
  }
  atomic_file file(path);
  w->encode(image, file);
  file.commit();
}

std::string depth_name(int cv_depth) {
  switch (cv_depth) {
    case CV_8U:
      return "u8";
    case CV_16U:
      return "u16";
    case CV_32F:
      return "f32";
    default:
      throw error("E_UNSUPPORTED",
                  fmt::format("pixels of type {}, expected 8U, 16U or 32F", cv::depthToString(cv_depth)));
  }
}

}  // namespace medvision

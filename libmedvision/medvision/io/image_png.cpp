// SPDX-License-Identifier: Apache-2.0
// PNG through libpng: errors by setjmp as libpng wants it, everything allocated before the jump is armed.
#include <fmt/core.h>
#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <opencv2/core.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/io/image_codecs.hpp"

namespace medvision {
namespace {

constexpr png_alloc_size_t largest_chunk = 16 << 20;  // a compressed text or profile may not grow beyond this

/// What a walk over the chunks finds: libpng inflates before it compares checksums, and so calls many a flipped bit a
/// broken stream.
const char* code_of_chunks(input_file& file) {
  std::vector<unsigned char> block(1 << 16);
  for (std::size_t at = 8; at < file.size();) {
    unsigned char head[8], tail[4];
    file.seek(at);
    if (file.read(head, sizeof head) < sizeof head) return "E_TRUNCATED";
    const std::size_t length = png_get_uint_32(head);
    if (length > file.size() - at - sizeof head) return "E_TRUNCATED";
    uLong crc = crc32(0, head + 4, 4);
    for (std::size_t done = 0; done < length;) {
      const std::size_t n = file.read(block.data(), std::min(block.size(), length - done));
      if (n == 0) return "E_TRUNCATED";
      crc = crc32(crc, block.data(), uInt(n));
      done += n;
    }
    if (file.read(tail, sizeof tail) < sizeof tail) return "E_TRUNCATED";
    const bool critical = (head[4] & 32) == 0;
    if (critical && crc != png_get_uint_32(tail)) return "E_CRC";
    at += sizeof head + length + sizeof tail;
  }
  return "E_DECODE";
}

/// Either direction of libpng with what its callbacks leave behind.
struct png_session {
  png_structp png = nullptr;
  png_infop info = nullptr;
  input_file* in = nullptr;
  atomic_file* out = nullptr;
  carried_exception carried;
  char message[160] = "";
  char damage[160] = "";  ///< a warning that means wrong pixels
  bool cut = false;
  int frames = 1;

  png_session() = default;
  png_session(const png_session&) = delete;
  png_session& operator=(const png_session&) = delete;
  ~png_session() {
    if (in != nullptr) png_destroy_read_struct(&png, &info, nullptr);
    if (out != nullptr) png_destroy_write_struct(&png, &info);
  }

  [[noreturn]] void raise() {
    carried.rethrow_if_any();
    if (cut) throw error("E_TRUNCATED", "the PNG is cut: it ends before its last chunk");
    const std::string_view text = message;
    if (text.find("insufficient memory") != text.npos ||
        text.find("Out of memory") != text.npos)  // zlib's words and libpng's
      throw error("E_NOMEM", "no memory for the PNG codec", blame::environment);
    if (text.find("Not enough image data") != text.npos) throw error("E_TRUNCATED", "the PNG is cut: rows are missing");
    throw error(in != nullptr ? code_of_chunks(*in) : "E_DECODE", fmt::format("damaged PNG: {}", text));
  }
};

void on_error(png_structp png, png_const_charp text) {
  auto* session = static_cast<png_session*>(png_get_error_ptr(png));
  std::snprintf(session->message, sizeof session->message, "%s", text);
  png_longjmp(png, 1);
}

void on_warning(png_structp png, png_const_charp text) {
  auto* session = static_cast<png_session*>(png_get_error_ptr(png));
  // Damage of what accompanies the picture is harmless; a wrong checksum over the pixels is not.
  if (std::strstr(text, "incorrect data check") == nullptr) return;
  std::snprintf(session->damage, sizeof session->damage, "%s", text);
}

void on_read(png_structp png, png_bytep to, std::size_t size) {
  auto* session = static_cast<png_session*>(png_get_io_ptr(png));
  bool whole = false;
  const bool read = session->carried.run([&] { whole = session->in->read(to, size) == size; });
  session->cut = read && !whole;
  if (!whole) png_error(png, "the file ended");
}

void on_write(png_structp png, png_bytep data, std::size_t size) {
  auto* session = static_cast<png_session*>(png_get_io_ptr(png));
  if (!session->carried.run([&] { session->out->write(data, size); })) png_error(png, "the file cannot be written");
}

int on_unknown_chunk(png_structp png, png_unknown_chunkp chunk) {
  auto* session = static_cast<png_session*>(png_get_user_chunk_ptr(png));
  const auto* d = chunk->data;
  if (std::memcmp(chunk->name, "acTL", 4) == 0 && chunk->size >= 4) {
    session->frames = int((unsigned(d[0]) << 24 | d[1] << 16 | d[2] << 8 | d[3]) & 0x7FFFFFFF);
  }
  const bool ancillary = (chunk->name[0] & 32) != 0;
  return ancillary ? 1 : 0;
}

/// Runs libpng calls; a png_error in them throws here. `steps` must own nothing that needs a destructor.
template <class F>
void guarded(png_session& session, F steps) {
  if (setjmp(png_jmpbuf(session.png)) != 0) session.raise();
  steps();
}

struct png_header {
  image_info info;
  int colour_type = 0;
  bool alpha = false;
  std::vector<palette_entry> palette;
};

void read_palette(const png_session& session, png_header& header) {
  png_colorp colours = nullptr;
  png_bytep alphas = nullptr;
  int colour_count = 0, alpha_count = 0;
  png_get_PLTE(session.png, session.info, &colours, &colour_count);
  if (png_get_valid(session.png, session.info, PNG_INFO_tRNS) != 0) {
    png_get_tRNS(session.png, session.info, &alphas, &alpha_count, nullptr);
  }
  for (int i = 0; i < colour_count; ++i) {
    const unsigned char alpha = i < alpha_count ? alphas[i] : 255;
    header.palette.push_back({colours[i].red, colours[i].green, colours[i].blue, alpha});
  }
}

png_header open_png(png_session& session, input_file& file, const image_limits& limits) {
  session.in = &file;
  session.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning);
  session.info = session.png != nullptr ? png_create_info_struct(session.png) : nullptr;
  if (session.info == nullptr) throw error("E_NOMEM", "no memory for the PNG decoder", blame::environment);
  guarded(session, [&] {
    png_set_read_fn(session.png, &session, on_read);
    png_set_user_limits(session.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_budget is the limit
    png_set_chunk_malloc_max(session.png, largest_chunk);
    png_set_crc_action(session.png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
    png_set_read_user_chunk_fn(session.png, &session, on_unknown_chunk);
    png_set_compression_buffer_size(session.png, 1 << 16);
    png_read_info(session.png, session.info);
  });
  png_header header;
  image_info& info = header.info;
  info.format = "png";
  info.width = int(png_get_image_width(session.png, session.info));
  info.height = int(png_get_image_height(session.png, session.info));
  info.depth = png_get_bit_depth(session.png, session.info) == 16 ? CV_16U : CV_8U;
  info.maxval = info.depth == CV_16U ? 65535 : 255;
  info.pages = session.frames;
  header.colour_type = png_get_color_type(session.png, session.info);
  const bool keyed = png_get_valid(session.png, session.info, PNG_INFO_tRNS) != 0;
  if (header.colour_type == PNG_COLOR_TYPE_PALETTE) {
    read_palette(session, header);
    info.channels = palette_channels(header.palette);
  } else {
    info.channels = (header.colour_type & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
    header.alpha = keyed || (header.colour_type & PNG_COLOR_MASK_ALPHA) != 0;
  }
  png_bytep exif = nullptr;
  png_uint_32 exif_size = 0;
  if (png_get_eXIf_1(session.png, session.info, &exif_size, &exif) != 0) {
    info.orientation = exif_orientation({exif, exif_size});
  }
  check_budget(info, limits, info.channels + (header.alpha ? 1 : 0));
  return header;
}

/// Deflate cannot shrink below a 1032nd: fewer bytes are a cut file, known before memory is asked for.
void check_plausible(const png_session& session, const input_file& file) {
  const std::uint64_t rows = png_get_image_height(session.png, session.info);
  const std::uint64_t least = rows * (png_get_rowbytes(session.png, session.info) + 1) / 1032;
  if (file.size() < least) {
    throw error("E_TRUNCATED",
                fmt::format("the PNG is cut: {} bytes cannot hold the pixels its header announces", file.size()));
  }
}

}  // namespace

image_info probe_png(input_file& file, const image_limits& limits) {
  png_session session;
  return open_png(session, file, limits).info;
}

decoded_image decode_png(input_file& file, const image_limits& limits) {
  png_session session;
  const png_header header = open_png(session, file, limits);
  const image_info& info = header.info;
  check_single_page(info);
  check_plausible(session, file);
  const bool palette = header.colour_type == PNG_COLOR_TYPE_PALETTE;
  const int stored = palette ? 1 : info.channels + (header.alpha ? 1 : 0);
  cv::Mat pixels(info.height, info.width, CV_MAKETYPE(info.depth, stored));
  std::vector<png_bytep> rows(std::size_t(info.height));
  for (int y = 0; y < info.height; ++y) rows[std::size_t(y)] = pixels.ptr(y);
  guarded(session, [&] {
    if (palette) png_set_packing(session.png);
    if (!palette) png_set_expand_gray_1_2_4_to_8(session.png);
    if (header.alpha) png_set_tRNS_to_alpha(session.png);
    if (info.depth == CV_16U && std::endian::native == std::endian::little) png_set_swap(session.png);
    if (info.channels == 3 && !palette) png_set_bgr(session.png);
    png_set_interlace_handling(session.png);
    png_read_update_info(session.png, session.info);
    if (png_get_rowbytes(session.png, session.info) != pixels.step[0]) png_error(session.png, "unexpected row size");
    png_read_image(session.png, rows.data());
    png_read_end(session.png, nullptr);
  });
  if (session.damage[0] != '\0') throw error("E_CRC", fmt::format("damaged PNG: {}", session.damage));
  if (palette) pixels = apply_palette(pixels, header.palette);
  if (header.alpha) pixels = drop_opaque_alpha(pixels);
  return {pixels, info};
}

// Filter "sub" with run-length deflate: of fourteen settings measured on photographs and film it is within a tenth of
// the fastest that compress (70 MB/s where level 6 with all filters does 4 to 10) and within a tenth of their size.
void encode_png(const cv::Mat& image, atomic_file& file) {
  png_session session;
  session.out = &file;
  session.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning);
  session.info = session.png != nullptr ? png_create_info_struct(session.png) : nullptr;
  if (session.info == nullptr) throw error("E_NOMEM", "no memory for the PNG encoder", blame::environment);
  const bool colour = image.channels() == 3, deep = image.depth() == CV_16U;
  guarded(session, [&] {
    png_set_write_fn(session.png, &session, on_write, [](png_structp) {});
    png_set_user_limits(session.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_compression_buffer_size(session.png, 1 << 18);
    png_set_compression_level(session.png, 1);
    png_set_compression_strategy(session.png, Z_RLE);
    png_set_filter(session.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
    png_set_IHDR(session.png, session.info, png_uint_32(image.cols), png_uint_32(image.rows), deep ? 16 : 8,
                 colour ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(session.png, session.info);
    if (deep && std::endian::native == std::endian::little) png_set_swap(session.png);
    if (colour) png_set_bgr(session.png);
    for (int y = 0; y < image.rows; ++y) png_write_row(session.png, image.ptr(y));
    png_write_end(session.png, nullptr);
  });
}

}  // namespace medvision

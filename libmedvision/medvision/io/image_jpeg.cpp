// SPDX-License-Identifier: Apache-2.0
// JPEG through libjpeg-turbo. libjpeg fills what is missing with grey and calls it a warning; here every warning is
// an error, because half a picture is a wrong picture.
#include <cstdio>
// jpeglib.h needs FILE and does not say so.
#include <fmt/core.h>
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/io/image_codecs.hpp"

namespace medvision {
namespace {

constexpr int most_scans = 100;  // usual progressive files have about ten; each scan costs a pass over all pixels
constexpr int rows_a_call = 16;

struct jpeg_session {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  std::jmp_buf jump{};
  input_file* file = nullptr;
  carried_exception carried;
  const char* code = "E_DECODE";
  char message[JMSG_LENGTH_MAX] = "";
  unsigned char buffer[65536];

  jpeg_session() = default;
  jpeg_session(const jpeg_session&) = delete;
  jpeg_session& operator=(const jpeg_session&) = delete;
  ~jpeg_session() { jpeg_destroy_decompress(&jpeg); }

  [[noreturn]] void raise() {
    carried.rethrow_if_any();
    throw error(code, fmt::format("JPEG: {}", message));
  }
};

jpeg_session& session_of(j_common_ptr jpeg) { return *static_cast<jpeg_session*>(jpeg->client_data); }
jpeg_session& session_of(j_decompress_ptr jpeg) { return *static_cast<jpeg_session*>(jpeg->client_data); }

const char* code_of(int message) {
  switch (message) {
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
      return "E_UNSUPPORTED";
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY:
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
      return "E_TRUNCATED";
    case JERR_OUT_OF_MEMORY:
      return "E_TOO_LARGE";
    default:
      return "E_DECODE";
  }
}

[[noreturn]] void stop(jpeg_session& session, const char* code, const char* sentence) {
  session.code = code;
  std::snprintf(session.message, sizeof session.message, "%s", sentence);
  std::longjmp(session.jump, 1);
}

[[noreturn]] void on_error(j_common_ptr jpeg) {
  jpeg_session& session = session_of(jpeg);
  session.code = code_of(jpeg->err->msg_code);
  (*jpeg->err->format_message)(jpeg, session.message);
  std::longjmp(session.jump, 1);
}

void on_message(j_common_ptr jpeg, int level) {
  if (level < 0) on_error(jpeg);  // -1 is a warning, the rest is tracing
}

void on_progress(j_common_ptr jpeg) {
  jpeg_session& session = session_of(jpeg);
  if (session.jpeg.input_scan_number > most_scans) stop(session, "E_LIMIT", "more than 100 scans");
}

boolean fill_buffer(j_decompress_ptr jpeg) {
  jpeg_session& session = session_of(jpeg);
  std::size_t got = 0;
  if (!session.carried.run([&] { got = session.file->read(session.buffer, sizeof session.buffer); })) {
    stop(session, "E_READ", "");
  }
  if (got == 0) stop(session, "E_TRUNCATED", "the file is cut: it ends within the picture");
  session.source.next_input_byte = session.buffer;
  session.source.bytes_in_buffer = got;
  return TRUE;
}

void skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  jpeg_session& session = session_of(jpeg);
  const std::size_t held = std::min(std::size_t(count), session.source.bytes_in_buffer);
  session.source.next_input_byte += held;
  session.source.bytes_in_buffer -= held;
  session.file->seek(session.file->position() + std::size_t(count) - held);
}

void ignore(j_decompress_ptr) {}

/// Runs libjpeg calls; an error in them throws here. `steps` must own nothing that needs a destructor.
template <class F>
void guarded(jpeg_session& session, F steps) {
  if (setjmp(session.jump) != 0) session.raise();
  steps();
}

int orientation_of(const jpeg_session& session) {
  constexpr unsigned char name[] = {'E', 'x', 'i', 'f', 0, 0};
  for (jpeg_saved_marker_ptr m = session.jpeg.marker_list; m != nullptr; m = m->next) {
    if (m->data_length < sizeof name || std::memcmp(m->data, name, sizeof name) != 0) continue;
    return exif_orientation({m->data + sizeof name, m->data_length - sizeof name});
  }
  return 1;
}

/// Everything up to the first scan. info is that of the stored picture, its orientation not yet applied.
image_info open_jpeg(jpeg_session& session, input_file& file, const image_limits& limits) {
  session.file = &file;
  session.jpeg.err = jpeg_std_error(&session.errors);
  session.errors.error_exit = on_error;
  session.errors.emit_message = on_message;
  session.jpeg.client_data = &session;
  session.source.init_source = ignore;
  session.source.fill_input_buffer = fill_buffer;
  session.source.skip_input_data = skip;
  session.source.resync_to_restart = jpeg_resync_to_restart;
  session.source.term_source = ignore;
  session.progress.progress_monitor = on_progress;
  guarded(session, [&] {
    jpeg_create_decompress(&session.jpeg);
    session.jpeg.src = &session.source;
    session.jpeg.progress = &session.progress;
    jpeg_save_markers(&session.jpeg, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&session.jpeg, TRUE);
  });
  image_info info;
  info.format = "jpeg";
  info.width = int(session.jpeg.image_width);
  info.height = int(session.jpeg.image_height);
  info.channels = session.jpeg.num_components;
  info.depth = CV_8U;
  info.maxval = 255;
  info.orientation = orientation_of(session);
  if (session.jpeg.data_precision != 8) {
    throw error("E_UNSUPPORTED", fmt::format("JPEG of {} bits a sample, expected 8", session.jpeg.data_precision));
  }
  if (info.channels != 1 && info.channels != 3) {
    throw error("E_UNSUPPORTED", fmt::format("JPEG of {} channels (CMYK?), expected grey or colour", info.channels));
  }
  check_budget(info, limits, info.channels);
  return info;
}

/// A Huffman-coded block takes a bit at least: fewer are a cut file, known before memory is asked for.
void check_plausible(const jpeg_session& session, const input_file& file) {
  const std::uint64_t blocks = std::uint64_t{session.jpeg.image_width} * session.jpeg.image_height / 64;
  if (session.jpeg.arith_code == FALSE &&
      file.size() < blocks / 8 / std::uint64_t(session.jpeg.max_h_samp_factor * session.jpeg.max_v_samp_factor)) {
    throw error("E_TRUNCATED",
                fmt::format("JPEG: cut, {} bytes cannot hold the pixels its header announces", file.size()));
  }
}

/// A progressive file sends each coefficient in steps; one that ends in good order before the last of them is a picture
/// without its detail, and libjpeg says nothing of it. An encoder may leave out coefficients altogether, but a picture
/// whose brightness has none but the mean of each block is no whole one.
void check_all_sent(const jpeg_session& session) {
  if (session.jpeg.progressive_mode == FALSE || session.jpeg.coef_bits == nullptr) return;
  for (int c = 0; c < session.jpeg.num_components; ++c) {
    const int* left = session.jpeg.coef_bits[c];  // bits still to come; -1: none has come
    const bool begun = std::any_of(left, left + DCTSIZE2, [](int bits) { return bits > 0; });
    const bool flat = std::all_of(left + 1, left + DCTSIZE2, [](int bits) { return bits < 0; });
    if (begun || left[0] < 0 || (flat && c == 0))
      throw error("E_TRUNCATED", "JPEG: cut, scans that bring its detail are missing");
  }
}

}  // namespace

image_info probe_jpeg(input_file& file, const image_limits& limits) {
  jpeg_session session;
  return open_jpeg(session, file, limits);
}

decoded_image decode_jpeg(input_file& file, const image_limits& limits) {
  jpeg_session session;
  const image_info info = open_jpeg(session, file, limits);
  check_plausible(session, file);
  cv::Mat pixels(info.height, info.width, CV_8UC(info.channels));
  guarded(session, [&] {
    session.jpeg.out_color_space = info.channels == 3 ? JCS_EXT_BGR : JCS_GRAYSCALE;
    jpeg_start_decompress(&session.jpeg);
    while (session.jpeg.output_scanline < session.jpeg.output_height) {
      const int y = int(session.jpeg.output_scanline);
      JSAMPROW rows[rows_a_call];
      const int count = std::min(rows_a_call, info.height - y);
      for (int i = 0; i < count; ++i) rows[i] = pixels.ptr(y + i);
      jpeg_read_scanlines(&session.jpeg, rows, JDIMENSION(count));
    }
  });
  check_all_sent(session);
  guarded(session, [&] { jpeg_finish_decompress(&session.jpeg); });
  return {pixels, info};
}

}  // namespace medvision

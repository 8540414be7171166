// SPDX-License-Identifier: Apache-2.0
// GIF through giflib, for field-of-view masks published as such: one frame, the whole canvas, colours through the
// palette (index 0 may well be white).
#include <fmt/core.h>
#include <gif_lib.h>

#include <memory>
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/io/image_codecs.hpp"

namespace medvision {
namespace {

struct gif_stream {
  input_file& file;
  carried_exception carried;
};

int on_read(GifFileType* gif, GifByteType* to, int size) {
  auto* stream = static_cast<gif_stream*>(gif->UserData);
  std::size_t got = 0;
  stream->carried.run([&] { got = stream->file.read(to, std::size_t(size)); });
  return int(got);
}

[[noreturn]] void raise(gif_stream& stream, int code) {
  stream.carried.rethrow_if_any();
  const bool cut = code == D_GIF_ERR_READ_FAILED || code == D_GIF_ERR_EOF_TOO_SOON;
  const char* what = GifErrorString(code);
  throw error(cut ? "E_TRUNCATED" : "E_DECODE", fmt::format("GIF: {}", cut    ? "the file is cut"
                                                                       : what ? what
                                                                              : "damaged"));
}

struct close_gif {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using gif_handle = std::unique_ptr<GifFileType, close_gif>;

/// One pass over the blocks of a file. Pixels of the first frame are decoded on request, all others skipped.
class gif_walk {
 public:
  gif_walk(input_file& file, const image_limits& limits, bool decode)
      : stream_{file, {}}, limits_(limits), decode_(decode) {
    int code = 0;
    gif_.reset(DGifOpen(&stream_, on_read, &code));
    if (!gif_) raise(stream_, code);
    info.format = "gif";
    info.depth = CV_8U;
    info.maxval = 255;
    info.pages = 0;
    walk();
    if (info.pages == 0) throw error("E_DECODE", "GIF: holds no frame");
  }

  image_info info;
  cv::Mat indices;
  std::vector<palette_entry> palette;

 private:
  void check(int status) {
    if (status != GIF_OK) raise(stream_, gif_->Error);
  }

  void walk() {
    for (GifRecordType kind = UNDEFINED_RECORD_TYPE; kind != TERMINATE_RECORD_TYPE;) {
      check(DGifGetRecordType(gif_.get(), &kind));
      if (kind == EXTENSION_RECORD_TYPE) read_extension();
      if (kind != IMAGE_DESC_RECORD_TYPE) continue;
      check(DGifGetImageDesc(gif_.get()));
      if (++info.pages == 1)
        read_first_frame();
      else
        skip_frame();
    }
  }

  void read_extension() {
    int code = 0;
    GifByteType* block = nullptr;
    check(DGifGetExtension(gif_.get(), &code, &block));
    GraphicsControlBlock control;
    if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr && info.pages == 0 &&
        DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK && control.TransparentColor >= 0) {
      transparent_ = std::size_t(control.TransparentColor);
    }
    while (block != nullptr) check(DGifGetExtensionNext(gif_.get(), &block));
  }

  void skip_frame() {
    int code_size = 0;
    GifByteType* block = nullptr;
    check(DGifGetCode(gif_.get(), &code_size, &block));
    while (block != nullptr) check(DGifGetCodeNext(gif_.get(), &block));
  }

  void read_first_frame() {
    const GifImageDesc& frame = gif_->Image;
    info.width = frame.Width;
    info.height = frame.Height;
    const ColorMapObject* map = frame.ColorMap != nullptr ? frame.ColorMap : gif_->SColorMap;
    if (map == nullptr) throw error("E_DECODE", "GIF: has no palette");
    for (int i = 0; i < map->ColorCount; ++i) {
      palette.push_back({map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue, 255});
    }
    if (transparent_ && *transparent_ < palette.size()) palette[*transparent_].alpha = 0;
    info.channels = palette_channels(palette);
    check_budget(info, limits_, info.channels);
    if (frame.Left != 0 || frame.Top != 0 || frame.Width != gif_->SWidth || frame.Height != gif_->SHeight) {
      throw error("E_UNSUPPORTED", fmt::format("GIF: a frame of {} x {} on a canvas of {} x {}, expected it to fill it",
                                               frame.Width, frame.Height, gif_->SWidth, gif_->SHeight));
    }
    if (decode_)
      decode_frame(frame.Interlace);
    else
      skip_frame();
  }

  void decode_frame(bool interlaced) {
    static constexpr int first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
    indices.create(info.height, info.width, CV_8U);
    for (int pass = 0; pass < (interlaced ? 4 : 1); ++pass) {
      for (int y = interlaced ? first[pass] : 0; y < info.height; y += interlaced ? step[pass] : 1) {
        check(DGifGetLine(gif_.get(), indices.ptr(y), info.width));
      }
    }
  }

  gif_stream stream_;
  const image_limits& limits_;
  bool decode_;
  gif_handle gif_;
  std::optional<std::size_t> transparent_;
};

}  // namespace

image_info probe_gif(input_file& file, const image_limits& limits) { return gif_walk(file, limits, false).info; }

decoded_image decode_gif(input_file& file, const image_limits& limits) {
  gif_walk walk(file, limits, true);
  check_single_page(walk.info);
  return {apply_palette(walk.indices, walk.palette), walk.info};
}

}  // namespace medvision

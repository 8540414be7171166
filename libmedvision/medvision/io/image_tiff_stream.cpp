// SPDX-License-Identifier: Apache-2.0
// The callbacks of libtiff.
#include "medvision/io/image_tiff_stream.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <iterator>
#include <string_view>

#include "medvision/error.hpp"

namespace medvision {
namespace {

int on_message(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  auto* stream = static_cast<tiff_stream*>(user);
  // The first one is the cause.
  if (stream->message[0] == '\0') std::vsnprintf(stream->message, sizeof stream->message, format, arguments);
  return 1;
}

tmsize_t on_read(thandle_t handle, void* to, tmsize_t size) {
  auto* stream = static_cast<tiff_stream*>(handle);
  std::size_t got = 0;
  if (stream->in == nullptr || size < 0) return 0;
  stream->in->seek(stream->position);
  if (!stream->carried.run([&] { got = stream->in->read(to, std::size_t(size)); })) return -1;
  stream->position += got;
  return tmsize_t(got);
}

tmsize_t on_write(thandle_t handle, void* from, tmsize_t size) {
  auto* stream = static_cast<tiff_stream*>(handle);
  if (stream->out == nullptr || size < 0) return -1;
  if (!stream->carried.run([&] { stream->out->write_at(stream->position, from, std::size_t(size)); })) return -1;
  stream->position += std::size_t(size);
  return size;
}

toff_t on_size(thandle_t handle) {
  auto* stream = static_cast<tiff_stream*>(handle);
  return stream->in != nullptr ? stream->in->size() : stream->out->size();
}

toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
  auto* stream = static_cast<tiff_stream*>(handle);
  const toff_t from = whence == SEEK_CUR ? stream->position : whence == SEEK_END ? on_size(handle) : 0;
  return stream->position = from + offset;
}

int on_close(thandle_t) { return 0; }

}  // namespace

void tiff_stream::raise() {
  carried.rethrow_if_any();
  const std::string_view text = message;
  constexpr std::string_view cut[] = {"ead error", "eek error", "ot enough", "remature", "an not read", "out of range"};
  const bool truncated =
      std::any_of(std::begin(cut), std::end(cut), [&](std::string_view w) { return text.find(w) != text.npos; });
  throw error(truncated ? "E_TRUNCATED" : "E_DECODE", fmt::format("TIFF: {}", text.empty() ? "damaged" : text));
}

tiff_handle open_tiff(tiff_stream& stream, const char* mode, std::int64_t max_bytes) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 &TIFFOpenOptionsFree);
  if (!options) throw error("E_NOMEM", "no memory for the TIFF codec", blame::environment);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_message, &stream);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_message, &stream);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), tmsize_t(max_bytes));
  tiff_handle tiff(TIFFClientOpenExt("picture", mode, &stream, on_read, on_write, on_seek, on_close, on_size, nullptr,
                                     nullptr, options.get()));
  if (!tiff) stream.raise();
  return tiff;
}

}  // namespace medvision

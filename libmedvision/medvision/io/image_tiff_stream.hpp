// SPDX-License-Identifier: Apache-2.0
// libtiff over our files: its messages caught for the handle they belong to, its reads and writes ours. Internal.
#pragma once

#include <tiffio.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "medvision/io/image_codecs.hpp"

namespace medvision {

/// What libtiff's callbacks work on and leave behind.
struct tiff_stream {
  input_file* in = nullptr;
  atomic_file* out = nullptr;
  std::size_t position = 0;
  carried_exception carried;
  char message[200] = "";

  /// Throws what a callback threw, else E_TRUNCATED or E_DECODE with the message.
  [[noreturn]] void raise();
};

struct close_tiff {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using tiff_handle = std::unique_ptr<TIFF, close_tiff>;

/// mode: as TIFFClientOpen's. max_bytes: the largest piece of memory libtiff may ask for, 0 for any. The stream must
/// outlive the handle.
tiff_handle open_tiff(tiff_stream& stream, const char* mode, std::int64_t max_bytes);

}  // namespace medvision

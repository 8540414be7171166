// SPDX-License-Identifier: Apache-2.0
// Writes a grey 16-bit TIFF strip by strip, of any size in little memory. gray_tiff PATH WIDTH HEIGHT
#include <tiffio.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

int main(int, char** argv) {
  TIFF* file = TIFFOpen(argv[1], "w");
  const std::uint32_t width = std::atoi(argv[2]), height = std::atoi(argv[3]);
  if (!file) return 3;
  TIFFSetField(file, TIFFTAG_IMAGEWIDTH, width);
  TIFFSetField(file, TIFFTAG_IMAGELENGTH, height);
  TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 16);
  TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(file, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, 64);
  std::vector<std::uint16_t> row(width);
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) row[x] = static_cast<std::uint16_t>(x * 3 + y * 2 + (x ^ y) % 64);
    if (TIFFWriteScanline(file, row.data(), y) < 0) return 3;
  }
  TIFFClose(file);
}

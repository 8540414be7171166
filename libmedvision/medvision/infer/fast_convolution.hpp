// SPDX-License-Identifier: Apache-2.0
// Who computes the convolutions? The engine's own are a third as fast as a library made for them, where there is one.
#pragma once

#include <string>

namespace medvision {

/// The library that computes convolutions on the CPU in place of the engine, as "oneDNN 2.6.3"; empty where this build
/// has none. Results differ from the engine's own by rounding.
std::string convolution_library();

/// While one lives, networks that this thread loads or runs take their convolutions from that library; those it does
/// not do (other than 2-D, or 32-bit floats with fixed weights) stay the engine's. Without the library nothing happens.
class fast_convolutions {
 public:
  explicit fast_convolutions(bool wanted);
  ~fast_convolutions();
  fast_convolutions(const fast_convolutions&) = delete;
  fast_convolutions& operator=(const fast_convolutions&) = delete;

 private:
  bool before_;
};

}  // namespace medvision

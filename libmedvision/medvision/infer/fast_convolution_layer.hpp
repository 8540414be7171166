// SPDX-License-Identifier: Apache-2.0
// Between the scope of fast convolutions and the layer that computes them. For the files of that name only.
#pragma once

namespace medvision {

/// Whether a network that this thread sets up now takes the library's convolutions.
bool convolutions_wanted();

/// Puts the layer before the engine's own, once a process.
void register_convolution_layer();

}  // namespace medvision

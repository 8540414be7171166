// SPDX-License-Identifier: Apache-2.0
// The scope and the name; the convolutions are in fast_convolution_onednn.cpp where oneDNN was found.
#include "medvision/infer/fast_convolution.hpp"

#include "medvision/infer/fast_convolution_layer.hpp"

namespace medvision {
namespace {

thread_local bool wanted_here = false;

}  // namespace

fast_convolutions::fast_convolutions(bool wanted) : before_(wanted_here) {
  wanted_here = wanted;
  if (wanted) register_convolution_layer();
}

fast_convolutions::~fast_convolutions() { wanted_here = before_; }

bool convolutions_wanted() { return wanted_here; }

#ifndef MEDVISION_ONEDNN
std::string convolution_library() { return {}; }

void register_convolution_layer() {}
#endif

}  // namespace medvision

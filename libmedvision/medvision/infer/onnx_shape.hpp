// SPDX-License-Identifier: Apache-2.0
// How is a model shown to an engine that wants to know every size before it has met a picture?
#pragma once

#include <opencv2/core/types.hpp>
#include <string>
#include <string_view>

namespace medvision {

/// The same model, with the axes that its inputs leave open said to be of one picture of this size.
///   onnx     bytes that check_onnx accepted.
///   picture  for the last two axes of an input of four; any other open axis becomes 1.
///   returns  the bytes of a ModelProto; equal to `onnx` when no axis is open.
///   throws   E_MODEL (request), as read_onnx.
///   source   onnx.proto3 of ONNX 1.12. OpenCV 4.10 takes an open axis for 1 while it reads, and refuses a network
///            that halves a picture, doubles it and adds what it had before; sizes met later are planned anew.
std::string close_axes(std::string_view onnx, cv::Size picture);

}  // namespace medvision

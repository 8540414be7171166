// SPDX-License-Identifier: Apache-2.0
// What can a network run on here? Two questions, kept apart: what this build of OpenCV can do, what this machine has.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace medvision {

enum class device_kind { cpu, cuda, cuda_fp16 };

struct device {
  device_kind kind = device_kind::cpu;
  int index = 0;  ///< of the GPU, from 0
  bool operator==(const device&) const = default;
};

/// What the user wrote: "auto", "cpu", "cuda", "cuda:N", "cuda-fp16", "cuda-fp16:N".
struct device_request {
  bool any = true;  ///< "auto"
  device wanted;
};

/// text: as above. Throws E_OPTION (request) for anything else.
device_request parse_device(std::string_view text);

/// Of several GPUs each by itself: "cuda:0,2" is "cuda:0" and "cuda:2"; a text without a comma is its own. Throws
/// E_OPTION (request) for what parse_device refuses and for a GPU named twice.
std::vector<std::string> each_device(std::string_view text);

/// The answers for CUDA.
struct cuda_answers {
  bool built = false;  ///< this OpenCV has CUDA code for networks
  bool built_fp16 = false;
  int devices = 0;      ///< GPUs that answer; 0 without a driver
  std::string version;  ///< of OpenCV
  std::string trouble;  ///< what a driver said that is there and does not count its GPUs
};
cuda_answers ask_cuda();

/// Can GPU `index` run this build's kernels? False when there is no such GPU.
bool is_compatible(int index);

/// The device to use, never another than the one asked for: OpenCV's own habit is to warn and take the CPU.
///   returns  with "auto" the first usable GPU (32-bit floats), else the CPU.
///   throws   E_DEVICE, blame environment, with a sentence that says whether the build, the driver, the GPU of that
///            number or its kind is what is missing.
device choose_device(const device_request& request);

/// "cpu", "cuda:0", "cuda-fp16:1"; and without the number.
std::string name_of(const device& d);
std::string kind_name(const device& d);

/// Both answers as one JSON document, for --devices, and true.
std::pair<std::string, bool> report_devices();

}  // namespace medvision

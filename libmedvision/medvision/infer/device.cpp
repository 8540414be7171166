// SPDX-License-Identifier: Apache-2.0
// Probing for CUDA: a build lists targets even where no GPU is, so the driver is asked as well.
#include "medvision/infer/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <opencv2/core/cuda.hpp>
#include <opencv2/dnn.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

bool lists(const std::vector<cv::dnn::Target>& targets, cv::dnn::Target wanted) {
  return std::find(targets.begin(), targets.end(), wanted) != targets.end();
}

[[noreturn]] void absent(const std::string& sentence) { throw error("E_DEVICE", sentence, blame::environment); }

/// Why CUDA device `d` cannot be used, empty when it can.
std::string obstacle(const device& d, const cuda_answers& has) {
  if (!has.built)
    return fmt::format("device {} was asked for, but this build's OpenCV {} has no CUDA", name_of(d), has.version);
  if (d.kind == device_kind::cuda_fp16 && !has.built_fp16)
    return fmt::format("device {} was asked for, but this build's OpenCV {} has no 16-bit CUDA", name_of(d),
                       has.version);
  if (has.devices < 1)
    return fmt::format("device {} was asked for, but this machine has no GPU that the CUDA driver answers for{}",
                       name_of(d), has.trouble.empty() ? "" : ": " + has.trouble);
  if (d.index >= has.devices)
    return fmt::format("device {} was asked for, but this machine has {} GPU{}, counted from 0", name_of(d),
                       has.devices, has.devices == 1 ? "" : "s");
  if (!is_compatible(d.index))
    return fmt::format("device {} was asked for, but this build's OpenCV has no kernels for that kind of GPU",
                       name_of(d));
  return {};
}

}  // namespace

device_request parse_device(std::string_view text) {
  const auto refuse = [&] {
    throw error("E_OPTION",
                fmt::format("--device is '{}', expected auto, cpu, cuda[:N,...] or cuda-fp16[:N,...]", text),
                blame::request);
  };
  const auto colon = text.find(':');
  const std::string_view word = text.substr(0, colon);
  device_request request;
  request.any = word == "auto";
  if (word == "cuda")
    request.wanted.kind = device_kind::cuda;
  else if (word == "cuda-fp16")
    request.wanted.kind = device_kind::cuda_fp16;
  else if (word != "auto" && word != "cpu")
    refuse();
  if (colon == std::string_view::npos) return request;
  const std::string_view number = text.substr(colon + 1);
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), request.wanted.index);
  if (request.wanted.kind == device_kind::cpu || problem != std::errc{} || end != number.data() + number.size() ||
      request.wanted.index < 0)
    refuse();
  return request;
}

std::vector<std::string> each_device(std::string_view text) {
  std::vector<std::string> all;
  const std::string_view word = text.substr(0, text.find(':'));
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    all.push_back(begin == 0 ? std::string(part) : fmt::format("{}:{}", word, part));
    parse_device(all.back());
    if (std::count(all.begin(), all.end(), all.back()) > 1)
      throw error("E_OPTION", fmt::format("--device {} names {} twice", text, all.back()), blame::request);
    begin = end + 1;
  }
  return all;
}

cuda_answers ask_cuda() {
  cuda_answers has;
  const auto targets = cv::dnn::getAvailableTargets(cv::dnn::DNN_BACKEND_CUDA);
  has.built = lists(targets, cv::dnn::DNN_TARGET_CUDA);
  has.built_fp16 = lists(targets, cv::dnn::DNN_TARGET_CUDA_FP16);
  try {
    has.devices = has.built ? std::max(0, cv::cuda::getCudaEnabledDeviceCount()) : 0;  // -1: no driver
  } catch (const cv::Exception& e) {
    has.trouble = e.err;
  }
  has.version = CV_VERSION;
  return has;
}

bool is_compatible(int index) {
  if (index < 0 || index >= ask_cuda().devices) return false;
  try {
    return cv::cuda::DeviceInfo(index).isCompatible();
  } catch (const cv::Exception&) {
    return false;  // it does not answer
  }
}

device choose_device(const device_request& request) {
  if (!request.any && request.wanted.kind == device_kind::cpu) return request.wanted;
  const cuda_answers has = ask_cuda();
  if (!request.any) {
    const std::string reason = obstacle(request.wanted, has);
    if (!reason.empty()) absent(reason);
    return request.wanted;
  }
  for (int i = 0; i < has.devices; ++i)
    if (is_compatible(i)) return {device_kind::cuda, i};
  return {};
}

std::string kind_name(const device& d) {
  return d.kind == device_kind::cpu ? "cpu" : d.kind == device_kind::cuda ? "cuda" : "cuda-fp16";
}

std::string name_of(const device& d) {
  return d.kind == device_kind::cpu ? "cpu" : fmt::format("{}:{}", kind_name(d), d.index);
}

std::pair<std::string, bool> report_devices() {
  const cuda_answers has = ask_cuda();
  std::string gpus;
  for (int i = 0; i < has.devices; ++i)
    gpus += fmt::format(R"({}{{"name":"cuda:{}","usable":{}}})", i == 0 ? "" : ",", i, is_compatible(i));
  return {fmt::format(R"({{"build":{{"opencv":"{}","cpu":true,"cuda":{},"cuda-fp16":{}}},)"
                      R"("machine":{{"cpu":true,"gpus":[{}]}}}})"
                      "\n",
                      has.version, has.built, has.built_fp16, gpus),
          true};
}

}  // namespace medvision

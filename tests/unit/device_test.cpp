// SPDX-License-Identifier: Apache-2.0
// Devices asked for and devices there.
#include "medvision/infer/device.hpp"

#include <doctest/doctest.h>

#include <string>

#include "medvision/error.hpp"

using namespace medvision;

TEST_CASE("every way to say a device is understood, and nothing else") {
  CHECK(parse_device("auto").any);
  CHECK(parse_device("cpu").wanted == device{device_kind::cpu, 0});
  CHECK_FALSE(parse_device("cpu").any);
  CHECK(parse_device("cuda").wanted == device{device_kind::cuda, 0});
  CHECK(parse_device("cuda:3").wanted == device{device_kind::cuda, 3});
  CHECK(parse_device("cuda-fp16:1").wanted == device{device_kind::cuda_fp16, 1});
  for (const char* text :
       {"", "gpu", "CUDA", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cpu:0", "auto:0", "cuda:99999999999"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_device(text), error);
  }
}

TEST_CASE("several GPUs are said in one word, each once") {
  using names = std::vector<std::string>;
  CHECK(each_device("cpu") == names{"cpu"});
  CHECK(each_device("cuda") == names{"cuda"});
  CHECK(each_device("cuda:2") == names{"cuda:2"});
  CHECK(each_device("cuda:0,2,1") == names{"cuda:0", "cuda:2", "cuda:1"});
  CHECK(each_device("cuda-fp16:1,0") == names{"cuda-fp16:1", "cuda-fp16:0"});
  for (const char* text :
       {"", "cuda:", "cuda:0,", "cuda:,1", "cuda:0,0", "cuda:0,x", "cuda,1,1", "cpu,cpu", "auto,0", "cuda:0,cuda:1"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(each_device(text), error);
  }
}

TEST_CASE("a name says the device that was parsed") {
  for (const char* text : {"cpu", "cuda:0", "cuda:7", "cuda-fp16:2"}) CHECK(name_of(parse_device(text).wanted) == text);
  CHECK(kind_name(parse_device("cuda-fp16:2").wanted) == "cuda-fp16");
}

TEST_CASE("the CPU is always there, and CUDA is refused with a reason, blamed on the environment, where it is not") {
  CHECK(choose_device(parse_device("cpu")) == device{});
  const cuda_answers has = ask_cuda();
  if (has.devices == 0) CHECK(choose_device(parse_device("auto")) == device{});
  try {
    const device d = choose_device(parse_device("cuda:4096"));
    FAIL("device " << name_of(d) << " was given");
  } catch (const error& e) {
    CHECK(e.code() == "E_DEVICE");
    CHECK(e.who() == blame::environment);
    const std::string sentence = e.what();
    CHECK(sentence.find("cuda:4096") != std::string::npos);
    CHECK(sentence.find(!has.built ? "has no CUDA" : has.devices < 1 ? "no GPU" : "GPU") != std::string::npos);
  }
  CHECK_FALSE(is_compatible(-1));
  CHECK_FALSE(is_compatible(4096));
}

TEST_CASE("both questions are answered in one document") {
  const auto [text, good] = report_devices();
  CHECK(good);
  CHECK(text.find("\"build\":{\"opencv\":\"" + ask_cuda().version + "\"") != std::string::npos);
  CHECK(text.find("\"machine\":{") != std::string::npos);
  CHECK(text.back() == '\n');
}

// SPDX-License-Identifier: Apache-2.0
// What do reading, fitting and writing cost of med-infer, when the network costs nothing?
//   infer_ends CARD DEVICE JOBS OUT PICTURE ...
// The first picture goes through the network, so that the products are known; then all are decoded and fitted and
// products of the same sizes written, by JOBS threads. Prints a JSON object: pictures_per_s, and width and height of
// what goes into the network, before it is filled up to a multiple.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "medvision/io/tensor_file.hpp"
#include "medvision/system/model_lanes.hpp"

using namespace medvision;

int main(int argc, char** argv) {
  if (argc < 6) return std::fprintf(stderr, "see the head of infer_ends.cpp\n"), 2;
  try {
    model_options options;
    options.session.device = argv[2];
    options.session.tile = "none";
    model_lanes model(argv[1], options, 1);
    const std::string out = argv[4];
    const std::vector<std::string> pictures(argv + 5, argv + argc);
    const auto prepare = [&](std::size_t i) {
      record r(std::to_string(i));
      r.set_text("image", pictures[i]);
      return model.prepare(r, {});
    };
    case_in_hand first = prepare(0);
    const cv::Size fitted = first.whole.at(0).values.size();
    case_in_hand* const alone[] = {&first};
    model.forward(alone, 0);
    std::atomic<std::size_t> next{0};
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (int j = 0; j < std::atoi(argv[3]); ++j)
      threads.emplace_back([&] {
        for (std::size_t i = next++; i < pictures.size(); i = next++) {
          const case_in_hand item = prepare(i);
          for (const held_answer& a : first.made)
            if (a.kind != "scores") write_tensor(fmt::format("{}/{}.{}.npy", out, i, a.name), a.values);
        }
      });
    for (std::thread& t : threads) t.join();
    const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    fmt::print(R"({{"pictures_per_s":{:.6g},"width":{},"height":{}}})"
               "\n",
               double(pictures.size()) / spent, fitted.width, fitted.height);
    return 0;
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "infer_ends: %s\n", e.what()), 1;
  }
}

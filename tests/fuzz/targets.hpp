// SPDX-License-Identifier: Apache-2.0
// What is shown bytes from anywhere. A target may refuse them by medvision::error; anything else is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "medvision/error.hpp"

namespace medvision::fuzz {

void card(std::string_view bytes);
void csv(std::string_view bytes);
void ddsm(std::string_view bytes);
void dicom(std::string_view bytes);
void image(std::string_view bytes);
void json(std::string_view bytes);
void manifest(std::string_view bytes);
void npy(std::string_view bytes);
void onnx(std::string_view bytes);
void partial(std::string_view bytes);
void pattern(std::string_view bytes);
void pnm(std::string_view bytes);
void study(std::string_view bytes);

struct target {
  const char* name;
  void (*run)(std::string_view);
};

inline constexpr target targets[] = {{"card", card},   {"csv", csv},         {"ddsm", ddsm},         {"dicom", dicom},
                                     {"image", image}, {"json", json},       {"manifest", manifest}, {"npy", npy},
                                     {"onnx", onnx},   {"partial", partial}, {"pattern", pattern},   {"pnm", pnm},
                                     {"study", study}};

/// What does not hold although it should, for any bytes.
struct finding : std::logic_error {
  using std::logic_error::logic_error;
};

inline void expect(bool holds, const char* what) {
  if (!holds) throw finding(what);
}

/// Runs `work`; a refusal must have a code and a sentence that a record can hold.
template <class Work>
void may_refuse(Work&& work) {
  try {
    work();
  } catch (const error& e) {
    expect(e.code().starts_with("E_"), "a refusal has no code");
    expect(e.what()[0] != '\0', "a refusal has no sentence");
  }
}

/// The path of a file that holds these bytes; the same file each time.
std::string file_of(std::string_view bytes);

}  // namespace medvision::fuzz

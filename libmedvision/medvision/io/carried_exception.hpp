// SPDX-License-Identifier: Apache-2.0
// How an exception of ours crosses a C library whose callbacks can only report failure.
#pragma once

#include <exception>
#include <utility>

namespace medvision {

/// An exception on its way through C code that cannot carry one.
class carried_exception {
 public:
  /// False when `work` threw; the first exception is kept.
  template <class F>
  bool run(F&& work) noexcept {
    try {
      work();
      return true;
    } catch (...) {
      if (!kept_) kept_ = std::current_exception();
      return false;
    }
  }
  void rethrow_if_any() {
    if (kept_) std::rethrow_exception(std::exchange(kept_, nullptr));
  }

 private:
  std::exception_ptr kept_;
};

}  // namespace medvision

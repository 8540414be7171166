// SPDX-License-Identifier: Apache-2.0
// The code of the error that something throws, for tests of what is refused.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "medvision/error.hpp"

/// "" when nothing is thrown.
inline std::string code_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const medvision::error& e) {
    CHECK(std::string(e.what()) != "");
    return e.code();
  }
  return "";
}

/// The same of an error that lays the blame there.
inline std::string code_of(const std::function<void()>& act, medvision::blame who) {
  return code_of([&] {
    try {
      act();
    } catch (const medvision::error& e) {
      CHECK(e.who() == who);
      throw;
    }
  });
}

/// What it says; "" when nothing is thrown.
inline std::string sentence_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const medvision::error& e) {
    return e.what();
  }
  return "";
}

// SPDX-License-Identifier: Apache-2.0
// The one exception of medvision: who is to blame, a short code, and a sentence a user can act on.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace medvision {

/// Who must act on a failure. `item`: this record only, the run goes on (status 1). `request`: the options, the
/// manifest, the model or the card are wrong (status 2). `environment`: disk, device or memory, so that a retry
/// elsewhere may help (status 3).
enum class blame { item, request, environment };

/// Thrown by every function of the library. The sentence holds the value met and the value expected.
class error : public std::runtime_error {
 public:
  /// code: "E_…", stable, for programs. sentence: for people, without a trailing full stop.
  error(std::string code, const std::string& sentence, blame who = blame::item)
      : std::runtime_error(sentence), code_(std::move(code)), who_(who) {}

  [[nodiscard]] const std::string& code() const noexcept { return code_; }
  [[nodiscard]] blame who() const noexcept { return who_; }

 private:
  std::string code_;
  blame who_;
};

}  // namespace medvision

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
  /// code: "E_…", stable, for programs. sentence: for people, without a trailing full stop; control characters become
  /// '?'.
  error(std::string code, const std::string& sentence, blame who = blame::item)
      : std::runtime_error(on_one_line(sentence)), code_(std::move(code)), who_(who) {}

  [[nodiscard]] const std::string& code() const noexcept { return code_; }
  [[nodiscard]] blame who() const noexcept { return who_; }

 private:
  // A sentence may quote bytes of a file: it stays one line, and a terminal must not obey it.
  static std::string on_one_line(std::string text) {
    for (char& c : text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return text;
  }

  std::string code_;
  blame who_;
};

}  // namespace medvision

// SPDX-License-Identifier: Apache-2.0
// The cases of a report: which ones are shown, and what is said of each beside its picture.
#pragma once

#include <cstdint>
#include <opencv2/core/types.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// What stands beside a case's picture: each name with its value as text.
using case_facts = std::vector<std::pair<std::string, std::string>>;

/// fields: dotted, "labels.grade", or with a shorter name, "dice=measures.vessel.fov.dice"; those that the record has.
/// None: its labels, scores and measures, 8 at most.
case_facts facts_of(const record& r, const std::vector<std::string>& fields);

/// Of a manifest of any length the first cases, in the order met or with the smallest values of a field first, cases
/// without it (failed ones among them) last. Holds no more than are shown.
class case_choice {
 public:
  /// most: cases shown, 0 or more. by: a dotted field of numbers, or "" for the order met.
  case_choice(std::size_t most, std::string by) : most_(most), by_(std::move(by)) {}
  void add(const record& r);
  [[nodiscard]] std::int64_t met() const { return met_; }
  [[nodiscard]] std::int64_t failed() const { return failed_; }
  /// In the order they are to be shown. Throws E_OPTION (request) when cases were met and none has the field.
  [[nodiscard]] std::vector<record> chosen() const;

 private:
  struct place {
    double value;
    std::int64_t met;
    record r;
    bool operator<(const place& other) const { return value != other.value ? value < other.value : met < other.met; }
  };
  std::size_t most_;
  std::string by_;
  std::int64_t met_ = 0, failed_ = 0, placed_ = 0;
  std::vector<place> heap_;  // the last of those to be shown on top
};

/// A case as it is shown: picture as the bytes of a JPEG, or none and why.
struct report_case {
  std::string id, jpeg, why;
  cv::Size size;
  case_facts facts;
};

/// Cards of the cases in HTML, each with its picture in it, one behind the other.
std::string cards_of(const std::vector<report_case>& cases);

/// Bytes as text of A-Z a-z 0-9 + / with = at its end.
/// source: RFC 4648, section 4.
std::string base64(std::string_view bytes);

}  // namespace medvision

// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/manifest_bytes.hpp"

#include <algorithm>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr std::size_t long_text = std::size_t{1} << 20, no_text = std::size_t{1} << 30;

}  // namespace

std::string_view manifest_bytes::ready() {
  if (at_ == end_) {
    if (in_.rdbuf()->sgetc() == EOF) return {};
    const auto ready = std::clamp<std::streamsize>(in_.rdbuf()->in_avail(), 1, std::streamsize(chunk_.size()));
    at_ = chunk_.data();
    end_ = at_ + in_.rdbuf()->sgetn(chunk_.data(), ready);
  }
  return {at_, std::size_t(end_ - at_)};
}

int manifest_bytes::peek() {
  const std::string_view bytes = ready();
  return bytes.empty() ? EOF : static_cast<unsigned char>(bytes[0]);
}

void capped_text::add(std::string_view part) {
  seen_ += part.size();
  if (seen_ > no_text)
    throw error("E_LIMIT", "a line of more than 1 GiB is in the input, which no manifest has", blame::request);
  too_long_ = too_long_ || text_.size() + part.size() > most_;
  if (too_long_) {
    text_ = std::string();
    return;
  }
  // Doubling on towards the cap would take twice the memory of the longest text; what is not touched costs nothing.
  if (text_.size() + part.size() > long_text) text_.reserve(most_ + 1);
  text_ += part;
}

void capped_text::clear() {
  text_.clear();
  seen_ = 0;
  too_long_ = false;
}

}  // namespace medvision

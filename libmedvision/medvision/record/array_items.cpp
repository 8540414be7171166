// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/array_items.hpp"

#include <algorithm>

namespace medvision {
namespace {

constexpr std::size_t known_depth = 64;  // no element that is deeper is read

}  // namespace

void array_items::take(std::size_t count) {
  const std::string_view part = in_.ready().substr(0, count);
  at_.line += std::count(part.begin(), part.end(), '\n');
  const std::size_t last = part.rfind('\n');
  at_.column = std::int64_t(last == std::string_view::npos ? std::size_t(at_.column) + count : count - last);
  in_.take(count);
}

int array_items::peek_past_blanks() {
  int c = in_.peek();
  for (; c != EOF && is_blank(char(c)); c = in_.peek()) take(1);
  return c;
}

void array_items::close(char opened) {
  if (deeper_ > 0)
    --deeper_;
  else if (const std::size_t at = open_.rfind(opened); at != std::string::npos)
    open_.resize(at);
}

// One byte of an element, or true: the byte is behind it.
bool array_items::ends_at(char c) {
  if (in_string_) {
    if (c == '\n' || (c == '"' && !escaped_)) in_string_ = false;
    escaped_ = in_string_ && c == '\\' && !escaped_;
    return false;
  }
  switch (c) {
    case '"':
      in_string_ = true;
      break;
    case '{':
    case '[':
      open_.size() < known_depth ? open_.push_back(c) : void(++deeper_);
      break;
    case '}':
      close('{');
      break;
    case ']':
      if (!is_open('[')) return true;
      close('[');
      break;
    case ',':
      return open_.empty();
    default:
      break;
  }
  return false;
}

void array_items::cut() {
  text_.clear();
  open_.clear();
  deeper_ = 0;
  in_string_ = escaped_ = false;
  for (std::string_view ready = in_.ready(); !ready.empty(); ready = in_.ready()) {
    const auto stop = std::find_if(ready.begin(), ready.end(), [this](char c) { return ends_at(c); });
    const auto size = std::size_t(stop - ready.begin());
    text_.add(ready.substr(0, size));
    take(size);
    if (size < ready.size()) return;
  }
}

std::optional<array_item> array_items::next() {
  if (state_ == state::before) {
    take(1);
    state_ = state::within;
    if (peek_past_blanks() == ']') {
      take(1);
      state_ = state::behind;
    }
  }
  const int first = state_ == state::done ? EOF : peek_past_blanks();
  array_item item{.text = {}, .problem = {}, .too_long = false, .begin = at_};
  if (first == EOF || state_ == state::behind) {
    if (first != EOF)
      item.problem = "something stands behind the end of the array";
    else if (state_ == state::within)
      item.problem = "the file ends before its array does: it was cut, or ']' is missing";
    state_ = state::done;
    return item.problem.empty() ? std::nullopt : std::optional(item);
  }
  cut();
  const int end = in_.peek();
  if (end == EOF) {
    if (!is_whole()) state_ = state::done;  // its own text says that it was cut
  } else {
    state_ = end == ']' ? state::behind : state::within;
    take(1);
  }
  item.text = text_.text();
  item.too_long = text_.too_long();
  if (item.text.empty() && !item.too_long) item.problem = "an element is missing between two commas or before ']'";
  return item;
}

}  // namespace medvision

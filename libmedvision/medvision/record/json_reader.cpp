// SPDX-License-Identifier: Apache-2.0
// One pass, without a table of tokens. Members wait on a stack until their object ends, so that it is made once in its
// size: grown one by one it would copy all that it holds, as the library's keys cannot be moved.
#include "medvision/record/json_reader.hpp"

#include <string>
#include <utility>
#include <vector>

#include "medvision/record/json_leaf.hpp"

namespace medvision {
namespace {

constexpr int deepest = 60;
constexpr std::size_t most_members = 1000;  // they are searched one by one
constexpr std::size_t spare_members = 4;    // of the outermost object: a program adds a few

class json_reader {
 public:
  explicit json_reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {
    members_.reserve(32);
  }

  bool read_all(ordered_json& out) {
    if (!read_value(out, 0)) return false;
    skip_blanks();
    return at_ == end_;
  }

 private:
  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (std::string_view(at_, std::size_t(end_ - at_)).substr(0, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool read_value(ordered_json& out, int depth) {
    skip_blanks();
    if (at_ == end_) return false;
    switch (*at_) {
      case '{':
        return depth < deepest && read_object(out, depth);
      case '[':
        return depth < deepest && read_array(out, depth);
      case '"': {
        std::string text;
        if (!read_string(at_, end_, text)) return false;
        out = std::move(text);
        return true;
      }
      case 't':
        out = true;
        return take_word("true");
      case 'f':
        out = false;
        return take_word("false");
      case 'n':
        out = nullptr;
        return take_word("null");
      default:
        return read_number(at_, end_, out);
    }
  }

  bool read_object(ordered_json& out, int depth) {
    ++at_;
    const std::size_t begin = members_.size();
    if (!take('}')) {
      do {
        skip_blanks();
        std::string key;
        if (at_ == end_ || *at_ != '"' || !read_string(at_, end_, key) || !take(':')) return false;
        for (std::size_t i = begin; i < members_.size(); ++i)
          if (members_[i].first == key) return false;
        if (members_.size() - begin == most_members) return false;
        ordered_json value;
        if (!read_value(value, depth + 1)) return false;
        members_.emplace_back(std::move(key), std::move(value));
      } while (take(','));
      if (!take('}')) return false;
    }
    out = ordered_json::object();
    auto& object = out.get_ref<ordered_json::object_t&>();
    object.reserve(members_.size() - begin + (depth == 0 ? spare_members : 0));
    // Past the map's own emplace, which would search each key once more.
    auto& list = static_cast<ordered_json::object_t::Container&>(object);
    for (std::size_t i = begin; i < members_.size(); ++i)
      list.emplace_back(std::move(members_[i].first), std::move(members_[i].second));
    members_.erase(members_.begin() + std::ptrdiff_t(begin), members_.end());
    return true;
  }

  bool read_array(ordered_json& out, int depth) {
    ++at_;
    out = ordered_json::array();
    auto& list = out.get_ref<ordered_json::array_t&>();
    if (take(']')) return true;
    do {
      if (!read_value(list.emplace_back(), depth + 1)) return false;
    } while (take(','));
    return take(']');
  }

  const char *at_, *end_;
  std::vector<std::pair<std::string, ordered_json>> members_;  // of the objects that are open
};

}  // namespace

std::optional<ordered_json> read_json(std::string_view text) {
  ordered_json value;
  if (!json_reader(text).read_all(value)) return std::nullopt;
  return value;
}

}  // namespace medvision

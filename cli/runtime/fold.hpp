// SPDX-License-Identifier: Apache-2.0
// Many records to one: the patches of a picture, closed as soon as all were seen, groups by a key, and pages.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cli/runtime/intake.hpp"
#include "cli/runtime/session.hpp"

namespace medvision::cli {

/// Patches in any order; a task for each parent once all of its patches were seen, members sorted by index. A parent
/// with a patch that failed, is missing or is there twice comes out failed, naming the first such index.
class run_gatherer {
 public:
  run_gatherer(std::string program, intake& in) : program_(std::move(program)), in_(in) {}
  std::optional<task> next();

 private:
  struct open_run {
    std::int64_t first_seen = 0, line = 0;
    int count = 0, seen = 0;
    std::shared_ptr<const record> parent;
    std::map<int, record> members;
    std::map<int, std::string> broken;
  };
  void take(intake::arrival a, const parent_info& p);
  void close(const std::string& parent_id);
  std::string program_;
  intake& in_;
  std::unordered_map<std::string, open_run> open_;
  std::unordered_set<std::string> closed_;
  std::deque<task> ready_;
  std::int64_t seen_ = 0;
  bool ended_ = false;
};

/// Groups, known only at the end of the stream; they come in the order of their first members, failed members before.
class group_gatherer {
 public:
  group_gatherer(std::string program, intake& in, std::function<std::string(const record&)> key)
      : program_(std::move(program)), in_(in), key_(std::move(key)) {}
  std::optional<task> next();

 private:
  void read_all();
  std::string program_;
  intake& in_;
  std::function<std::string(const record&)> key_;
  std::deque<task> ready_;
  bool read_ = false;
};

/// So many parts of usable records a page, in their order. Of a shard the pages are named after it, so that the shards
/// of one study can lie in one folder.
class page_gatherer {
 public:
  page_gatherer(std::string program, const fold_pages_verb& verb, shard part, intake& in);
  std::optional<task> next();

 private:
  struct open_page {
    task members;
    std::int64_t opened = 0;  ///< among all pages
  };
  void take(intake::arrival a);
  void put(const intake::arrival& a, int part, const std::string& book);
  void close(const std::string& book);
  std::string program_, name_;
  const fold_pages_verb& verb_;
  int size_;
  intake& in_;
  std::map<std::string, int> closed_;  ///< pages of each book
  std::map<std::string, open_page> open_;
  std::int64_t opened_ = 0;
  std::deque<task> ready_;
  bool ended_ = false;
};

}  // namespace medvision::cli

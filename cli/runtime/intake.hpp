// SPDX-License-Identifier: Apache-2.0
// Where records come from: manifests, pictures named on the command line, standard input. Here they get their order,
// are told apart by id, and those of other shards are left out.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/runtime/command.hpp"
#include "cli/runtime/id_set.hpp"
#include "medvision/record/manifest.hpp"
#include "medvision/record/record.hpp"
#include "medvision/record/shard.hpp"

namespace medvision::cli {

/// Order, duplicates and shards, for records from anywhere.
class admission {
 public:
  admission(std::string program, shard part) : program_(std::move(program)), part_(part) {}
  /// False: of another shard. A record without order gets its position; the second of one id is marked failed.
  bool admit(record& r);

 private:
  std::string program_;
  shard part_;
  std::int64_t position_ = 0;
  id_set ids_;
};

/// Shows the records of all inputs that can be read twice, so not of pipes; those that failed are left out.
void look_ahead(const command& program, const std::function<void(const record&)>& see);

class intake {
 public:
  /// Throws error (request) when an input cannot be opened as a manifest, or standard input is a terminal.
  intake(const command& program, shard part);
  struct arrival {
    record r;
    std::int64_t line;
  };
  std::optional<arrival> next();

 private:
  bool open_next();
  const command& program_;
  admission admission_;
  std::vector<std::string> inputs_;
  std::size_t at_ = 0;
  std::ifstream file_;
  std::unique_ptr<manifest_reader> reader_;
  std::int64_t pictures_ = 0;
};

}  // namespace medvision::cli

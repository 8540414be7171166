// SPDX-License-Identifier: Apache-2.0
// Several manifests, each in order, as one in order: what puts shards together again.
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// What places a record; empty where it has none, or is a failed one, which may hold anything there.
std::vector<std::int64_t> order_of(const record& r);

/// A stream and the name it has in sentences.
struct named_input {
  std::istream* stream = nullptr;
  std::string name;
};

/// Gives the records of all inputs by increasing `order`, of equal ones the earlier input's first, holding one record
/// an input. Nothing is lost: what cannot be merged comes out as a failed record, `by` being the program in it:
/// E_ORDER for a record without an order, for one that stands behind a later one in its own input, and for the
/// second of two that give the same order, in one input or, with another id, in two. A failed record is passed on as it
/// is, at its order or, without one, where it stands in its input; ahead of a smaller order, as a fold's failed members
/// stand ahead of their group, it comes out with the record it stands ahead of. For that, failed records in a row are
/// held, 100,000 at most.
class manifest_merger {
 public:
  manifest_merger(const std::vector<named_input>& inputs, std::string by);
  /// Of files, "-" being standard input. Throws as open_manifest.
  manifest_merger(const std::vector<std::string>& paths, std::string by);
  ~manifest_merger();
  manifest_merger& operator=(manifest_merger&&) noexcept;

  /// The next record, or nullopt at the end. Throws E_READ (environment) when a stream breaks, E_DUPLICATE (request)
  /// when two inputs hold one record: a shard is there twice.
  std::optional<record> next();
  /// Which input the last record came from, counted from 0.
  [[nodiscard]] std::size_t last_input() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace medvision

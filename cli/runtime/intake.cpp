// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/intake.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>

#include "medvision/error.hpp"
#include "medvision/io/folder.hpp"
#include "medvision/record/given_file.hpp"

namespace medvision::cli {
namespace {

bool is_one_of(const std::string& e, std::initializer_list<const char*> list) {
  return std::find(list.begin(), list.end(), e) != list.end();
}

// The shell's <(…), for instance.
bool is_pipe(const std::string& path) {
  struct stat s {};
  return stat(path.c_str(), &s) == 0 && S_ISFIFO(s.st_mode);
}

// A name decides where it can, so that a damaged picture is a failed case and not a broken manifest.
bool is_manifest(const std::string& path) {
  const std::string e = extension_of(path);
  if (is_one_of(e, {"jsonl", "json", "ndjson"})) return true;
  if (is_one_of(e, {"png", "jpg", "jpeg", "tif", "tiff", "pgm", "ppm", "pnm", "gif", "npy", "bmp", "dcm"}))
    return false;
  // What a pipe gave would be gone after a look at it.
  return is_pipe(path) || (is_regular_file(path) && looks_like_manifest(path));
}

// Where no picture is opened, a name that is none would pass for a case.
void refuse_no_case(const std::string& path) {
  if (is_pipe(path)) return;
  const auto refuse = [&](const char* why) {
    throw error("E_MISSING", fmt::format("{} is neither a manifest nor a picture: {}", path, why), blame::request);
  };
  if (!exists(path)) refuse("it is not there");
  if (!is_regular_file(path)) refuse("it is no file");
  std::ifstream file(path, std::ios::binary);
  const int first = file.get(), second = file.get();
  if (first == 0x1F && second == 0x8B) refuse("it is compressed; gunzip -c it into a pipe");
}

record record_of_picture(const std::string& path, const std::string& program, std::int64_t n) {
  try {
    record r(stem_of(path));
    r.set_text("image", path);
    return record::parse(r.dump());  // refuses a name that is no UTF-8
  } catch (const error& e) {
    record failed(fmt::format("line-{}", n));
    failed.fail(program, e.code(), e.what());
    return failed;
  }
}

}  // namespace

bool admission::admit(record& r) {
  const std::int64_t position = position_++;
  if (r.failed()) {
    if (!part_.has(r)) return false;
    // An error record may hold anything in `order`; it is passed on as it is.
    if (!r.text("order")) r.set_order({position});
    return true;
  }
  if (r.order().empty()) r.set_order({position});
  if (!part_.has(r)) return false;
  const std::string id = r.id();
  if (!ids_.insert(id))
    r.fail(program_, "E_DUPLICATE",
           fmt::format("the id '{}' was met before in this stream; files are named after it", id));
  return true;
}

intake::intake(const command& program, shard part) : program_(program), admission_(program.name, part) {
  inputs_ = program.common.inputs;
  if (inputs_.empty()) inputs_ = {"-"};
  for (const std::string& path : inputs_) {
    if (path == "-") {
      if (isatty(0))
        throw error("E_OPTION", "name a manifest or a picture, or pipe records in; see --help", blame::request);
      take_standard_input();
    } else if (is_manifest(path) && !is_pipe(path)) {
      static_cast<void>(open_manifest(path));
      if (!is_regular_file(path))
        throw error("E_MISSING", fmt::format("the manifest {} is no file", path), blame::request);
    } else if (!program.reads_pictures) {
      refuse_no_case(path);
    }
  }
}

void look_ahead(const command& program, const std::function<void(const record&)>& see) {
  std::vector<std::string> inputs = program.common.inputs;
  if (inputs.empty()) inputs = {"-"};
  for (const std::string& input : inputs) {
    const std::string path = input == "-" ? "/proc/self/fd/0" : input;
    if (input != "-" && !is_manifest(input)) {
      if (const record r = record_of_picture(input, program.name, 0); !r.failed()) see(r);
    } else if (is_regular_file(path)) {
      std::ifstream file(path, std::ios::binary);
      if (!file) continue;  // the intake says so
      manifest_reader reader(file, program.name);
      while (const auto r = reader.next())
        if (!r->failed()) see(*r);
    }
  }
}

bool intake::open_next() {
  reader_.reset();
  file_.close();
  file_.clear();
  if (at_ == inputs_.size()) return false;
  const std::string path = inputs_[at_++];
  if (path == "-") {
    reader_ = std::make_unique<manifest_reader>(std::cin, program_.name);
  } else if (is_manifest(path)) {
    file_ = open_manifest(path);
    reader_ = std::make_unique<manifest_reader>(file_, program_.name);
  }
  return true;
}

std::optional<intake::arrival> intake::next() {
  for (;;) {
    if (reader_) {
      if (auto r = reader_->next()) {
        const std::int64_t line = reader_->line();
        if (admission_.admit(*r)) return arrival{std::move(*r), line};
        continue;
      }
      reader_.reset();
    }
    if (!open_next()) return std::nullopt;
    if (!reader_) {
      ++pictures_;
      record r = record_of_picture(inputs_[at_ - 1], program_.name, pictures_);
      if (admission_.admit(r)) return arrival{std::move(r), pictures_};
    }
  }
}

}  // namespace medvision::cli

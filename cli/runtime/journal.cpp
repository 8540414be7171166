// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>
#include <tuple>
#include <unordered_map>

#include "medvision/error.hpp"
#include "medvision/io/folder.hpp"
#include "medvision/record/json_text.hpp"

namespace medvision::cli {
namespace {

// The functions that OpenSSL 3 calls old take no memory, so they cannot fail; its new ones end the program by a signal
// where there is none.
class hasher {
 public:
  hasher() { SHA256_Init(&context_); }
  void add(const void* data, std::size_t size) { SHA256_Update(&context_, data, size); }
  std::string hex() {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_Final(digest, &context_);
    std::string text;
    for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
    return text;
  }

 private:
  SHA256_CTX context_;
};

constexpr off_t largest_hashed = off_t{8} << 30;

// The first `size` bytes: files of the kernel say 0 and never end.
std::string contents_of(const std::string& path, off_t size) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return "absent";
  hasher h;
  std::vector<char> buffer(std::size_t{1} << 18);
  ssize_t n = 0;
  for (off_t left = size; left > 0;) {
    n = read(fd, buffer.data(), std::min<std::size_t>(buffer.size(), std::size_t(left)));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    h.add(buffer.data(), std::size_t(n));
    left -= n;
  }
  close(fd);
  return n < 0 ? "absent" : h.hex();
}

using file_state = std::tuple<dev_t, ino_t, off_t, long, long>;

// Patches of one picture name the same masks thousands of times; each is read once.
class file_hashes {
 public:
  std::string get(const std::string& path) {
    struct stat s {};
    if (stat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode)) return "absent";
    const file_state now{s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
    {
      const std::lock_guard lock(mutex_);
      const auto it = known_.find(path);
      if (it != known_.end() && it->second.first == now) return it->second.second;
    }
    // No program reads so much of one file; what it looked like must do.
    if (s.st_size > largest_hashed)
      return fmt::format("{} bytes, changed at {}.{:09}", s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    const std::string hash = contents_of(path, s.st_size);
    if (hash == "absent") return hash;
    const std::lock_guard lock(mutex_);
    if (known_.size() > 4096) known_.clear();
    known_[path] = {now, hash};
    return hash;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::pair<file_state, std::string>> known_;
};

file_hashes& hashes() {
  static file_hashes all;
  return all;
}

// To read a pipe or a terminal of this name would take for ever; a link may lead to a file that is no journal.
void check_place(const std::string& path) {
  struct stat s {};
  if (lstat(path.c_str(), &s) == 0 && !S_ISREG(s.st_mode))
    throw error("E_JOURNAL", fmt::format("{} is no file, and the journal is kept there", path), blame::request);
}

}  // namespace

std::string sha256_of(std::string_view bytes) {
  hasher h;
  h.add(bytes.data(), bytes.size());
  return h.hex();
}

std::string sha256_of_file(const std::string& path) { return hashes().get(path); }

namespace {

// Key, tab, seal of all else, tab, what came out. A line that was changed is not believed.
constexpr std::size_t key_size = 64, head_size = 2 * (key_size + 1);

std::string seal_of(std::string_view key, std::string_view said) {
  hasher h;
  h.add(key.data(), key.size());
  h.add(said.data(), said.size());
  return h.hex();
}

struct place {
  long at = 0;
  std::size_t size = 0;
};

// The lines by their keys, and whether the last has no end: its writing was interrupted. No line is held.
bool read_lines(std::istream& in, const std::string& path, std::unordered_map<std::string, place>& lines) {
  constexpr std::size_t no_line = std::size_t{8} << 30;
  std::vector<char> block(std::size_t{1} << 18);
  std::string head;  // of the line that is being read
  place line;
  while (in.read(block.data(), std::streamsize(block.size())), in.gcount() > 0) {
    std::string_view rest(block.data(), std::size_t(in.gcount()));
    while (!rest.empty()) {
      const std::size_t stop = std::min(rest.find('\n'), rest.size());
      head.append(rest.substr(0, std::min(stop, head_size - head.size())));
      line.size += stop;
      if (line.size > no_line)
        throw error("E_JOURNAL", fmt::format("{}: a line longer than 8 GiB is no journal's", path), blame::request);
      if (stop == rest.size()) break;
      if (head.size() == head_size && head[key_size] == '\t' && head.back() == '\t')
        lines[head.substr(0, key_size)] = line;
      line = {line.at + long(line.size) + 1, 0};
      head.clear();
      rest.remove_prefix(stop + 1);
    }
  }
  return line.size > 0;
}

}  // namespace

struct journal::state {
  std::string path, settings;
  int fd = -1;
  std::unordered_map<std::string, place> lines;
};

journal::journal(const std::string& out, const std::string& program_and_shard, std::string settings, bool replay)
    : state_(std::make_unique<state>()) {
  state& s = *state_;
  s.settings = std::move(settings);
  make_folder(out + "/.medvision");
  s.path = out + "/.medvision/" + program_and_shard + ".journal";
  check_place(s.path);
  bool cut = false;
  if (std::ifstream in(s.path, std::ios::binary); in) cut = read_lines(in, s.path, s.lines);
  if (!replay) s.lines.clear();
  s.fd = open(s.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
  if (s.fd < 0)
    throw error("E_WRITE", fmt::format("cannot open the journal {}: {}", s.path, std::strerror(errno)),
                blame::environment);
  if (cut && write(s.fd, "\n", 1) != 1)
    throw error("E_WRITE", fmt::format("cannot write the journal {}", s.path), blame::environment);
}

journal::~journal() {
  if (state_ && state_->fd >= 0) close(state_->fd);
}

std::string journal::key(const std::vector<record>& inputs, std::string_view beside) const {
  hasher h;
  const auto add = [&h](std::string_view text) {
    const std::uint64_t size = text.size();  // the length first, so that neighbours cannot run together
    h.add(&size, sizeof size);
    h.add(text.data(), text.size());
  };
  add(state_->settings);
  if (!beside.empty()) add(beside);
  for (const record& r : inputs) {
    add(r.canonical());
    for (const std::string& path : r.files()) add(sha256_of_file(path));
    if (const auto s = r.source()) add(sha256_of_file(s->path));  // med-overlay draws on it
  }
  return h.hex();
}

std::optional<journal::entry> journal::find(const std::string& key) const {
  const auto it = state_->lines.find(key);
  if (it == state_->lines.end()) return std::nullopt;
  std::ifstream in(state_->path, std::ios::binary);
  in.seekg(it->second.at);
  std::string line(it->second.size, '\0');
  if (!in.read(line.data(), std::streamsize(line.size()))) return std::nullopt;
  const std::string_view text = std::string_view(line).substr(head_size);
  if (std::string_view(line).substr(key_size + 1, key_size) != seal_of(key, text)) return std::nullopt;
  try {
    const ordered_json said = parse_json(text);
    entry found;
    if (said.contains("read"))
      for (auto f = said.at("read").begin(); f != said.at("read").end(); ++f)
        if (sha256_of_file(f.key()) != f->get<std::string>()) return std::nullopt;
    for (auto f = said.at("files").begin(); f != said.at("files").end(); ++f) {
      if (sha256_of_file(f.key()) != f->get<std::string>()) return std::nullopt;
      found.written.push_back(f.key());
    }
    for (const auto& one : said.at("records")) found.lines.push_back(one.get<std::string>());
    return found;
  } catch (const std::exception&) {
    return std::nullopt;  // not provably done
  }
}

void journal::add(const std::string& key, const std::vector<std::string>& lines,
                  const std::vector<std::string>& written, const std::vector<std::string>& also_read) {
  ordered_json said = {{"files", ordered_json::object()}};
  for (const std::string& path : written) said["files"][path] = sha256_of_file(path);
  for (const std::string& path : also_read) said["read"][path] = sha256_of_file(path);
  // A picture may have patches by the hundred thousand: no second copy of their lines is made as JSON.
  std::string text = key + "\t" + std::string(key_size, '0') + "\t" + dump_json(said);
  text.back() = ',';
  text += "\"records\":[";
  std::size_t size = text.size();
  for (const std::string& line : lines)
    size += line.size() + std::size_t(std::count(line.begin(), line.end(), '"')) + 3;
  text.reserve(size + 4);
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : ",") + dump_json(lines[i]);
  text += "]}";
  text.replace(key_size + 1, key_size, seal_of(key, std::string_view(text).substr(head_size)));
  text += '\n';
  std::string_view left = text;
  while (!left.empty()) {  // one call but for lines beyond 2 GiB, a disk that fills and a signal
    const ssize_t n = write(state_->fd, left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      throw error("E_WRITE",
                  fmt::format("cannot write the journal {}: {}", state_->path, std::strerror(n < 0 ? errno : ENOSPC)),
                  blame::environment);
    left.remove_prefix(std::size_t(n));
  }
}

}  // namespace medvision::cli

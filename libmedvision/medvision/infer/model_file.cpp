// SPDX-License-Identifier: Apache-2.0
// Card and model off the disk: one read each, and the hash is taken of the very bytes that are parsed.
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "medvision/error.hpp"
#include "medvision/infer/model_card.hpp"

namespace medvision {
namespace {

/// All bytes of a regular file, or why not.
std::string read_whole(const std::string& path, std::uintmax_t most, const char* code, const std::string& hint) {
  const auto refuse = [&](const std::string& what) {
    throw error(code, fmt::format("{}: {}{}", path, what, hint), blame::request);
  };
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (status.type() == std::filesystem::file_type::not_found) refuse("there is no such file");
  if (problem) refuse(problem.message());
  if (!std::filesystem::is_regular_file(status)) refuse("is not a regular file");
  const std::uintmax_t size = std::filesystem::file_size(path, problem);
  if (problem) refuse(problem.message());
  if (size > most) refuse(fmt::format("{} bytes, at most {} are read", size, most));
  std::ifstream in(path, std::ios::binary);
  std::string bytes(size, '\0');
  if (!in || !in.read(bytes.data(), static_cast<std::streamsize>(size))) refuse("it cannot be read");
  return bytes;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw error("E_CHECKSUM", "OpenSSL could not take a SHA-256", blame::environment);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

model_card load_card(const std::string& path) {
  std::error_code problem;
  const std::string file = std::filesystem::is_directory(path, problem) ? path + "/card.json" : path;
  return parse_card(read_whole(file, 1 << 20, "E_CARD", " (expected a model's card.json or its folder)"), file);
}

std::vector<std::string> parts_of(const model_card& system) {
  std::vector<std::string> parts;
  for (const card_stage& s : system.stages)
    if (s.run == "infer" && std::find(parts.begin(), parts.end(), s.card) == parts.end()) parts.push_back(s.card);
  return parts;
}

std::string part_path(const model_card& system, const std::string& part) {
  return (std::filesystem::path(system.path).parent_path() / part).string();
}

std::string read_model(const model_card& card) {
  const std::filesystem::path file = std::filesystem::path(card.path).parent_path() / card.onnx;
  std::string bytes = read_whole(file.string(), std::uintmax_t{1} << 31, "E_MODEL",
                                 fmt::format(" (the card has it from: {})", card.source));
  const std::string found = sha256(bytes);
  if (found != card.sha256)
    throw error("E_CHECKSUM",
                fmt::format("{}: its SHA-256 is {}, the card's is {}: it is another model, or was changed",
                            file.string(), found, card.sha256),
                blame::request);
  return bytes;
}

}  // namespace medvision

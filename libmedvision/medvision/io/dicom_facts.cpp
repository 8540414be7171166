// SPDX-License-Identifier: Apache-2.0
// What may leave a file beside its pixels: an allow-list of code strings, and the spacing of the pixels.
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "medvision/error.hpp"
#include "medvision/io/dicom_header.hpp"

namespace medvision {
namespace {

/// A code string of the standard: up to 16 capitals, digits, spaces and underscores. A name put in the wrong place is
/// caught where it has small letters or a hat; so the list is short as well.
bool is_code(std::string_view s) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _";
  return !s.empty() && s.size() <= 16 && s.find_first_not_of(allowed) == std::string_view::npos;
}

/// The views of a breast by the codes of SNOMED, for files that say no ViewPosition.
std::string coded_view(const dicom_attributes& a) {
  static const std::map<std::string, std::string> views{{"R-10226", "MLO"},  {"399368009", "MLO"}, {"R-10242", "CC"},
                                                        {"399162004", "CC"}, {"R-10224", "ML"},    {"399260004", "ML"},
                                                        {"R-10228", "LM"},   {"399352003", "LM"}};
  for (const dicom_set& item : a.items(0x00540220))
    if (const auto found = views.find(a.file().text(item, 0x00080100)); found != views.end()) return found->second;
  return "";
}

std::string side_of(const dicom_attributes& a) {
  for (const std::uint32_t tag : {0x00209072u, 0x00200062u, 0x00200060u})
    if (const std::string side = a.text(tag); side == "L" || side == "R") return side;
  return "";
}

std::optional<dicom_spacing> read_spacing(const dicom_attributes& a, std::string& remark) {
  const std::string calibrated = a.text(0x00280A02);
  const std::string pixel =
      calibrated == "GEOMETRY" || calibrated == "FIDUCIAL" ? "PixelSpacing " + calibrated : "PixelSpacing";
  for (const auto& [tag, name] : std::initializer_list<std::pair<std::uint32_t, std::string>>{
           {0x00280030, pixel}, {0x00181164, "ImagerPixelSpacing"}, {0x00182010, "NominalScannedPixelSpacing"}}) {
    try {
      const std::vector<double> mm = a.numbers(tag);
      if (mm.empty()) continue;
      if (mm.size() >= 2 && mm[0] > 0 && mm[1] > 0) return dicom_spacing{mm[0], mm[1], name};
    } catch (const error& e) {
      if (e.code() != "E_DICOM_VALUE") throw;
    }
    remark = fmt::format("{} is no pair of numbers above 0, and is ignored", name);
  }
  return std::nullopt;
}

std::string as_utf8(const std::string& bytes) {
  std::string text;
  for (const char c : bytes)
    text += c >= ' ' && c <= '~' ? std::string(1, c) : fmt::format("%{:02X}", (unsigned char)c);
  return text;
}

}  // namespace

void read_facts(const dicom_attributes& a, dicom_header& header) {
  header.spacing = read_spacing(a, header.remark);
  const std::string position = a.text(0x00185101);
  const std::pair<const char*, std::string> facts[] = {{"modality", a.text(0x00080060)},
                                                       {"side", side_of(a)},
                                                       {"view", position.empty() ? coded_view(a) : position},
                                                       {"presentation_intent", a.text(0x00080068)},
                                                       {"body_part", a.text(0x00180015)},
                                                       {"burned_in", a.text(0x00280301)},
                                                       {"photometric", header.photometric}};
  for (const auto& [name, value] : facts)
    if (is_code(value)) header.tags[name] = value;
  header.tags["transfer_syntax"] = header.syntax;
  header.identity = {as_utf8(a.text(0x00100020)), as_utf8(a.text(0x00100010)), as_utf8(a.text(0x0020000D))};
}

std::string salt_in(std::string text, const std::string& name) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty() || text.size() > 4096)
    throw error("E_OPTION", fmt::format("{}: is empty or holds more than 4096 bytes, expected a salt", name),
                blame::request);
  return text;
}

std::string patient_key(const std::string& salt, const std::string& patient_id) {
  if (patient_id.empty()) return "";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(patient_id.data());
  if (HMAC(EVP_sha256(), salt.data(), int(salt.size()), data, patient_id.size(), digest.data(), &size) == nullptr)
    throw error("E_HASH", "SHA-256 is not available", blame::environment);
  std::string key;
  for (std::size_t i = 0; i < 8; ++i) key += fmt::format("{:02x}", digest[i]);
  return key;
}

std::map<std::string, std::string> identity_tags(const dicom_identity& who, bool keep, const std::string& salt) {
  if (keep) return {{"patient", who.patient_id}, {"patient_name", who.patient_name}, {"study", who.study_uid}};
  if (!salt.empty()) return {{"patient", patient_key(salt, who.patient_id)}};
  return {};
}

}  // namespace medvision

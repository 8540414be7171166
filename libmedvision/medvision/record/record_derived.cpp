// SPDX-License-Identifier: Apache-2.0
// A picture that is a source of its own: no frame leads back, so what it was made from stands in `derived_from`.
#include <cmath>

#include "medvision/record/json_fields.hpp"
#include "medvision/record/record.hpp"

namespace medvision {

using namespace json_fields;

std::optional<derived_info> record::derived_from() const {
  const json* d = find_object(doc_->json, "derived_from", "derived_from");
  if (!d) return std::nullopt;
  derived_info out;
  out.source = {path_of(need(*d, "derived_from", "path"), "derived_from.path"),
                size_of(need(*d, "derived_from", "width"), "derived_from.width"),
                size_of(need(*d, "derived_from", "height"), "derived_from.height")};
  out.to_source = frame_of(*d, "derived_from.frame", "frame");
  if (const json* seed = find(*d, "seed")) out.seed = whole_of(*seed, "derived_from.seed", 0);
  if (const json* exact = find(*d, "exact")) {
    if (!exact->is_boolean()) wrong("derived_from.exact", "true or false", *exact);
    out.exact = exact->get<bool>();
  }
  return out;
}

void record::start_source(std::string_view path, const picture_info& info, const derived_info& from) {
  json& j = doc_->json;
  const auto spacing = spacing_mm();
  clear_findings();
  for (const char* field : {"frame", "truth", "fov", "breast"}) j.erase(field);
  if (!from.exact)
    for (const char* field : {"spacing_mm", "spacing_source"}) j.erase(field);
  set_source({std::string(path), info.width, info.height});
  set_image(path, info);
  j["derived_from"] = {{"path", from.source.path},         {"width", from.source.width}, {"height", from.source.height},
                       {"frame", json_of(from.to_source)}, {"exact", from.exact},        {"seed", from.seed}};
  if (!spacing || !from.exact) return;
  // Steps along a column and along a row of the new pixels, in mm of the old ones.
  const auto& m = from.to_source.m;
  j["spacing_mm"] = {finite(std::hypot(m[1] * (*spacing)[1], m[4] * (*spacing)[0]), "spacing_mm"),
                     finite(std::hypot(m[0] * (*spacing)[1], m[3] * (*spacing)[0]), "spacing_mm")};
}

}  // namespace medvision

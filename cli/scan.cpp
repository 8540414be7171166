// SPDX-License-Identifier: Apache-2.0
// med-scan: files, folders and lists to records, from the headers of the pictures alone.
#include <algorithm>
#include <iterator>

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/ddsm_file.hpp"
#include "medvision/io/folder.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/record/facts.hpp"
#include "medvision/record/labels.hpp"

using namespace medvision;

namespace {

struct scan_parameters {
  bool recursive = false;
  std::vector<std::string> extensions{"png", "jpg", "jpeg", "tif", "tiff", "pgm", "ppm", "pnm", "gif", "npy"};
  fact_sources sources;
  known_facts facts;
  image_limits limits;
};

/// Of files, folders and lists, in their order.
std::vector<listed_picture> find_pictures(const std::vector<std::string>& inputs, cli::source_context& out,
                                          const scan_parameters& p) {
  std::vector<listed_picture> all;
  for (const std::string& input : inputs)
    if (extension_of(input) == "csv" && !is_folder(input)) {
      std::ranges::move(read_picture_list(input, p.sources.id), std::back_inserter(all));
    } else {
      const found_files found = find_files({input}, p.extensions, p.recursive);
      for (const auto& [path, id] : found.files) all.push_back({path, id, {}});
      for (const std::string& remark : found.remarks) out.warn(remark);
    }
  return all;
}

void scan(const std::vector<std::string>& inputs, cli::source_context& out, scan_parameters& p) {
  if (inputs.empty()) throw error("E_OPTION", "name pictures, folders of pictures, or lists of them", blame::request);
  const auto probe = [&](const std::string& any) {
    const auto size = is_ddsm(any) ? ddsm_size : is_dicom(any) ? dicom_size : probe_one_page;
    const image_info info = size(any, p.limits);
    return picture_info{info.width, info.height, info.channels, depth_name(info.depth)};
  };
  for (const listed_picture& picture : find_pictures(inputs, out, p)) {
    const std::string stem = stem_of(picture.path);
    out.make(picture.id.value_or(stem), [&](record& r) { p.facts.describe(r, picture, stem, probe); });
  }
  for (const std::string& remark : p.facts.remarks()) out.warn(remark);
}

}  // namespace

int main(int argc, char** argv) {
  scan_parameters p;
  cli::command program("med-scan", "files, folders and lists to records, from the headers of the pictures alone");
  program
      .describe(
          "A picture's id is its path below the folder scanned, without extension; of a picture named by itself, its "
          "name without extension. No pixel is decoded. What is no picture, a mask that is absent or of another size, "
          "and a name that does not fit --tags fail their record, which stays in the stream.")
      .describe(
          "In the patterns of --truth-mask and --fov, {id} stands for the id and {stem} for its last component. Rows "
          "of --labels and --truth-boxes belong to the record whose id, stem or file name is in the column --id. A "
          ".csv file lists pictures: column image, a path; --id, where there is one; every other becomes a label.")
      .reads("pictures, folders and .csv lists of them: PNG, JPEG, TIFF, PGM, PPM, GIF, .npy; DICOM; films of DDSM")
      .writes("records: id, image, source, width, height, channels, depth, and what the options say")
      .example("med-scan photographs", "a record for each picture of a folder")
      .example("med-scan images --truth-mask 'first=manual/{id}_1stHO.png' --fov 'fov/{id}.gif'",
               "with the vessels an observer drew and the fields of view")
      .example("med-scan mammograms --tags '{patient}_{side}-{view}' --labels labels.csv --id image",
               "with tags from the names and labels from a table");
  fact_sources& s = p.sources;
  program.add("--recursive", p.recursive, "enter the folders below, but no links to folders");
  program.add_words("--extensions", p.extensions, "endings of a picture's name, in folders; . for none").called("EXT");
  program.add("--truth-mask", s.truth_masks, "where the mask is, its name before (truth)").called("[NAME=]PATTERN");
  program.add("--fov", s.fov, "where the mask of the field of view is").called("PATTERN");
  program.add("--tags", s.tags, "fields of the name; {_} is forgotten, {side:1} has one character").called("PATTERN");
  program.add("--labels", s.labels, "CSV: every other column becomes a label").called("FILE");
  program.add("--truth-boxes", s.truth_boxes, "CSV: class, and cx, cy, w, h in shares or x, y, w, h in pixels")
      .called("FILE");
  program.add("--id", s.id, "the column of these files, and of a list, that names the picture").called("COLUMN");
  program.limits(p.limits.max_pixels, p.limits.max_bytes);
  program.before([&] { p.facts = known_facts(s); });
  return cli::run(program, argc, argv,
                  cli::source_verb{[&](const auto& inputs, cli::source_context& out) { scan(inputs, out, p); }});
}

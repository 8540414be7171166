// SPDX-License-Identifier: Apache-2.0
// med-sheet: many pictures, or their regions, side by side, to be looked at.
#include "medvision/draw/sheet.hpp"

#include <fmt/format.h>

#include "cli/runtime/run.hpp"
#include "medvision/draw/overlay.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/patch/grid.hpp"
#include "medvision/record/group.hpp"
#include "medvision/record/patch_record.hpp"

using namespace medvision;

namespace {

struct sheet_parameters {
  sheet_layout layout{{5, 4}, {320, 320}};
  bool rois = false;
  std::string by;
  image_limits limits;
};

/// The picture of the record seen last, and its regions, of which there may be thousands: read once.
struct seen_picture {
  std::string id;
  cv::Mat pixels;
  std::vector<cv::Rect> boxes;

  void look_at(const record& r, const sheet_parameters& p) {
    if (r.id() == id) return;
    const cv::Mat image = read_image(r.image(), p.limits);
    record(r).meet_image({image.cols, image.rows, image.channels(), depth_name(image.depth())});
    id.clear(), pixels = drawable(image);
    boxes = p.rois ? region_boxes(r) : std::vector<cv::Rect>();
    id = r.id();  // last: what threw is tried again, and throws again
  }
};

void make_sheet(record& page, const std::vector<record>& members, std::span<const cli::page_part> parts,
                const sheet_parameters& p, cli::context& c) {
  cv::Mat sheet = start_sheet(int(parts.size()), p.layout);
  seen_picture seen;
  int shown = 0, place = 0;
  for (const auto& at : parts)
    shown += c.attempt(members[at.member], [&, &r = members[at.member], here = place++] {
      seen.look_at(r, p);
      if (!p.rois) return put_on_sheet(sheet, p.layout, here, seen.pixels, r.id());
      const cv::Mat cut = cut_patch(seen.pixels, seen.boxes[std::size_t(at.part)], border::zero, p.limits.max_pixels);
      put_on_sheet(sheet, p.layout, here, cut, fmt::format("{} {}", r.id(), at.part));
    });
  if (shown == 0) throw error("E_READ", "none of its pictures can be shown");
  page.set_group({shown, int(parts.size()) - shown, std::nullopt});
  const std::string path = c.picture(page, "sheet");
  write_image(path, sheet);
  page.set_image(path, {sheet.cols, sheet.rows, 3, "u8"});
}

}  // namespace

int main(int argc, char** argv) {
  sheet_parameters p;
  cli::command program("med-sheet", "many pictures on contact sheets");
  program.describe(
      "The current images of so many records at a time, reduced with their shape kept, row by row, each over its id; "
      "with --rois what the windows of their regions show. Pictures of 16 bits are stretched from their smallest to "
      "their largest value. The place of one that cannot be read stays black. With --by each value of the field has "
      "sheets of its own, sheet-<value>-<number>. Of a shard the sheets are named after it.");
  program.reads("records with an image").writes("a record a sheet, sheet-<number>, and sheet-<number>.sheet.png");
  program.example("med-overlay --rois --out work in.jsonl | med-sheet --grid 6x4 --out work", "all that was found");
  program.example("med-cluster --over rois in.jsonl | med-sheet --rois --by cluster --out work", "a sheet a cluster");
  program.add_size("--grid", p.layout.grid.width, p.layout.grid.height, "pictures a row, and rows");
  program.add_size("--cell", p.layout.cell.width, p.layout.cell.height, "pixels a picture gets, its name included");
  program.add("--rois", p.rois, "the regions of interest, each as a picture");
  program.add("--by", p.by, "a sheet for each value of this field, with --rois of the region").called("FIELD");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p] {
    start_sheet(p.layout.grid.area(), p.layout);
  });
  const auto size = [&p] { return p.layout.grid.area(); };
  const auto books = [&p](const record& r) {
    if (p.rois) return region_keys(r, p.by);
    return std::map<int, std::string>{{0, p.by.empty() ? "" : group_key(r, {p.by})}};
  };
  const auto work = [&p](record& page, auto& members, auto parts, cli::context& c) {
    make_sheet(page, members, parts, p, c);
  };
  return cli::run(program, argc, argv, cli::fold_pages_verb{"sheet", size, books, work});
}

// SPDX-License-Identifier: Apache-2.0
// med-sheet: many pictures side by side, to be looked at.
#include "medvision/draw/sheet.hpp"

#include "cli/runtime/run.hpp"
#include "medvision/draw/overlay.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_file.hpp"

using namespace medvision;

namespace {

struct sheet_parameters {
  sheet_layout layout{{5, 4}, {320, 320}};
  image_limits limits;
};

void make_sheet(record& page, const std::vector<record>& members, const sheet_parameters& p, cli::context& c) {
  cv::Mat sheet = start_sheet(int(members.size()), p.layout);
  int shown = 0;
  for (int i = 0; i < int(members.size()); ++i)
    shown += c.attempt(members[std::size_t(i)], [&, &m = members[std::size_t(i)]] {
      put_on_sheet(sheet, p.layout, i, drawable(read_image(m.image(), p.limits)), m.id());
    });
  if (shown == 0) throw error("E_READ", "none of its pictures can be shown");
  page.set_group({shown, int(members.size()) - shown, std::nullopt});
  const std::string path = c.picture(page, "sheet");
  write_image(path, sheet);
  page.set_image(path, {sheet.cols, sheet.rows, 3, "u8"});
}

}  // namespace

int main(int argc, char** argv) {
  sheet_parameters p;
  cli::command program("med-sheet", "many pictures on contact sheets");
  program.describe(
      "The current images of so many records at a time, reduced with their shape kept, row by row, each over its id. "
      "Pictures of 16 bits are stretched from their smallest to their largest value. The place of one that cannot be "
      "read stays black. Of a shard the sheets are named after it.");
  program.reads("records with an image").writes("a record a sheet, sheet-<number>, and sheet-<number>.sheet.png");
  program.example("med-overlay --rois --out work in.jsonl | med-sheet --grid 6x4 --out work",
                  "what was found, at once");
  program.add_size("--grid", p.layout.grid.width, p.layout.grid.height, "pictures a row, and rows");
  program.add_size("--cell", p.layout.cell.width, p.layout.cell.height, "pixels a picture gets, its name included");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p] {
    start_sheet(p.layout.grid.area(), p.layout);
  });
  return cli::run(program, argc, argv,
                  cli::fold_pages_verb{"sheet", [&p] { return p.layout.grid.area(); },
                                       [&p](record& page, std::vector<record>& members, cli::context& c) {
                                         make_sheet(page, members, p, c);
                                       }});
}

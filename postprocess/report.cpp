// SPDX-License-Identifier: Apache-2.0
// med-report: a study as one page to be read.
#include <fmt/format.h>

#include "cli/runtime/document.hpp"
#include "cli/runtime/run.hpp"
#include "medvision/draw/overlay.hpp"
#include "medvision/enhance/resize.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/image_jpeg_write.hpp"
#include "medvision/record/manifest.hpp"
#include "medvision/report/page.hpp"

using namespace medvision;

namespace {

struct report_parameters {
  std::string title = "Report of a study", cases, smallest;
  std::vector<std::string> fields;
  int most = 200, picture = 150;
  image_limits limits;
};

report_case show(const record& r, const report_parameters& p, cli::page_context& c) {
  report_case shown{r.id(), "", "", {}, facts_of(r, p.fields)};
  if (const auto failure = r.get_failure()) {
    shown.why = fmt::format("{}: {}", failure->by, failure->what);
  } else {
    shown.why = c.attempt(r, [&] {
      const cv::Mat image = drawable(read_image(r.image(), p.limits));
      const cv::Mat small =
          resize(image, plan_resize(image.size(), {p.picture, p.picture}, resize_fit::fit), interpolation::automatic);
      shown.size = small.size();
      shown.jpeg = encode_jpeg(small);
    });
  }
  return shown;
}

report_gallery gallery_of(const report_parameters& p, cli::page_context& c) {
  case_choice choice(std::size_t(p.most), p.smallest);
  read_manifest(p.cases, "med-report", [&](const record& r) {
    choice.add(r);
    if (const auto f = r.get_failure(); f && f->by == "med-report")
      c.attempt(r, [&] { throw error(f->code, f->what); });
  });
  report_gallery gallery{
      choice.met(), choice.failed(), p.smallest.empty() ? "as they come" : "the smallest " + p.smallest + " first", {}};
  for (const record& r : choice.chosen()) gallery.shown.push_back(show(r, p, c));
  return gallery;
}

std::pair<std::string, bool> make_page(const std::vector<cli::named_text>& inputs, const report_parameters& p,
                                       cli::page_context& c) {
  report_content content{p.title, cli::version(), {}, std::nullopt};
  for (const auto& [name, path, text] : inputs) content.systems.push_back({name, parse_study(text, path)});
  if (!p.cases.empty()) content.gallery = gallery_of(p, c);
  return {report_page(content), content.gallery && content.gallery->failed > 0};
}

}  // namespace

int main(int argc, char** argv) {
  report_parameters p;
  cli::command program("med-report", "a study as one HTML page: curves, the six-metric hexagon, tables, pictures");
  program.describe(
      "Documents of med-score-grades and med-summarize, each under the name of its system (NAME=FILE; without a name "
      "that of the file), are laid over one another: the hexagon of six measures, ROC, precision-recall and FROC "
      "curves (--curves of those programs), measures over thresholds (med-score-boxes --curve), tables of every "
      "number. The page needs no network and no script, and it prints. What is not shown is said on it.");
  program.reads("documents by study.schema.json, and the records of --cases").writes("the page, to standard output");
  program.example("med-report unet=unet.json reader=second.json > report.html", "two systems on one page");
  program.example(
      "med-summarize --curves in.jsonl | med-report --cases in.jsonl --smallest measures.vessel.fov.dice > r.html",
      "the worst cases first");
  program.add("--title", p.title, "the page's title");
  program.add("--cases", p.cases, "show the records of this manifest, with their pictures").called("MANIFEST");
  cli::option& smallest = program.add("--smallest", p.smallest, "of the cases those with the smallest value first");
  smallest.called("FIELD").default_is("as they come");
  program.add_words("--fields", p.fields, "what stands beside a picture")
      .called("[NAME=]FIELD,...")
      .default_is("8 of labels, scores, measures");
  program.add("--most", p.most, "cases shown", 0, 5000);
  program.add("--picture", p.picture, "longest side of a picture on the page, pixels", 16, 1024);
  program.limits(p.limits.max_pixels, p.limits.max_bytes);
  const auto make = [&p](const auto& inputs, cli::page_context& c) { return make_page(inputs, p, c); };
  return cli::run(program, argc, argv, cli::page_verb{make});
}

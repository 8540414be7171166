// SPDX-License-Identifier: Apache-2.0
// med-import: DICOM and films of DDSM to pictures, by what their grey values mean; who the patient is stays behind.
#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/ddsm_file.hpp"
#include "medvision/io/dicom_file.hpp"
#include "medvision/record/given_file.hpp"

using namespace medvision;

namespace {

struct import_parameters {
  std::string voi = "auto", monochrome = "auto", salt, density = "od";
  gray_parameters gray;
  int frame_number = 0;
  bool keep_identity = false;
  image_limits limits;
};

void describe(record& r, const dicom_picture& d, const gray_table& table, const import_parameters& p) {
  std::map<std::string, std::string> tags = d.header.tags;
  tags["bits"] = std::to_string(table.bits);
  if (!d.header.is_color()) tags["voi"] = table.voi;
  tags.merge(identity_tags(d.header.identity, p.keep_identity, p.salt));
  for (const auto there = r.tags(); const auto& [name, value] : tags)
    if (!value.empty() && !there.contains(name)) r.set_tag(name, value);
  if (const auto& s = d.header.spacing; s && !r.spacing_mm()) r.set_spacing_mm({s->row, s->column}, s->source);
}

void import_picture(record& r, const import_parameters& p, cli::context& c) {
  const bool film = is_ddsm(r.image());
  if (film) c.reads(ddsm_case_file(r.image()));
  const dicom_picture d =
      film ? read_ddsm(r.image(), p.density == "od", p.limits) : read_dicom(r.image(), p.frame_number, p.limits);
  r.meet_image({d.pixels.cols, d.pixels.rows, d.pixels.channels(), depth_name(d.pixels.depth())});
  if (!d.header.remark.empty()) c.warn(r, d.header.remark);
  const gray_table table =
      d.header.is_color() ? rescaled_bits(d.bits, p.gray.bits) : make_gray_table(d.header.gray, p.gray);
  const cv::Mat out = apply_gray_table(d.pixels, table);
  const std::string path = c.picture(r, "import");
  write_image(path, out);
  r.set_image(path, {out.cols, out.rows, out.channels(), depth_name(out.depth())});
  describe(r, d, table, p);
}

}  // namespace

int main(int argc, char** argv) {
  import_parameters p;
  cli::command program("med-import", "DICOM and films of DDSM to pictures, by what their grey values mean");
  program
      .describe(
          "Grey: the stored bits; modality LUT, else slope and intercept; VOI LUT or window (auto: the first LUT, else "
          "the first window); polarity. Without VOI a stored step is a step of the result. 12 bits stay 12, in 16.")
      .describe(
          "Only code strings reach the record: modality, side, view, intent, body part, burned-in annotation, "
          "photometric interpretation, transfer syntax; and spacing. What it has stays. The patient is a key made of "
          "the patient's id and --salt, or absent. Ids and paths are the manifest's: a name in them is not seen.")
      .describe(
          "A film of DDSM is known by its name (A_1141_1.LEFT_CC.LJPEG, decoded .LJPEG.1) and needs its .ics beside "
          "it, for size, scanner, resolution and breast density. Optical density 3 becomes 0 and 0.05 becomes 65535, "
          "so that dense tissue is bright. Made to the published description: no original was tried.");
  program.reads("records whose image is DICOM or a film of DDSM; med-scan --extensions dcm, or ljpeg, lists them");
  program.writes("the picture as <id>.import.png, tags, spacing_mm and where it is from");
  program.example("med-scan --extensions dcm studies | med-import --salt @secret --out work", "all of a folder");
  program.example("med-import --voi none --frame-number 3 --out work in.jsonl", "the third frame, without window");
  program.reference("DICOM PS3.3 2023, C.7.6.3, C.11.1, C.11.2; PS3.5, section 8 and annexes A and G");
  program.reference("Heath et al., The Digital Database for Screening Mammography, IWDM 2000");
  program.add("--voi", p.voi, "auto, none, window, lut, window:N or N, lut:N, or one of your own")
      .called("WHICH|CENTER,WIDTH[,linear|linear_exact|sigmoid]");
  program.add("--monochrome", p.monochrome, "as the file says, as is, turned").one_of({"auto", "keep", "invert"});
  program.add("--density", p.density, "of a film of DDSM: its optical density, or grey levels").one_of({"od", "raw"});
  program.add("--bits", p.gray.bits, "of the result's values; 0: as they come", 0, 16);
  program.add("--frame-number", p.frame_number, "of a file of several, from 1; 0: the only one", 0, 1'000'000);
  program.add("--salt", p.salt, "makes tags.patient a key; in no output; @FILE keeps it off the command line")
      .called("TEXT|@FILE")
      .without_effect_on_results();
  program.add("--keep-identity", p.keep_identity, "patient id, name and study UID into the tags, as they are");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&] {
    p.gray.voi = voi_named(p.voi);
    p.gray.set_polarity(p.monochrome);
    if (p.salt.empty()) return;
    if (p.keep_identity) throw error("E_OPTION", "one of --salt and --keep-identity", blame::request);
    if (p.salt.starts_with('@')) p.salt = salt_in(read_given(p.salt.substr(1), 1 << 16), p.salt);
    // Another salt is another result, and its digest does not give it away.
    program.depends_on("salt", patient_key(p.salt, "medvision"));
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { import_picture(r, p, c); }});
}

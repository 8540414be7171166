// SPDX-License-Identifier: Apache-2.0
// med-import: DICOM to pictures, by the standard's grey-scale pipeline; who the patient is stays behind.
#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/dicom_file.hpp"

using namespace medvision;

namespace {

struct import_parameters {
  std::string voi = "auto", monochrome = "auto", salt;
  gray_parameters gray;
  int frame_number = 0;
  bool keep_identity = false;
  image_limits limits;
};

void describe(record& r, const dicom_picture& d, const gray_table& table, const import_parameters& p) {
  std::map<std::string, std::string> tags = d.header.tags;
  tags["bits"] = std::to_string(table.bits);
  if (!d.header.is_color()) tags["voi"] = table.voi;
  const dicom_identity& who = d.header.identity;
  if (p.keep_identity)
    tags.insert({{"patient", who.patient_id}, {"patient_name", who.patient_name}, {"study", who.study_uid}});
  if (!p.salt.empty()) tags["patient"] = patient_key(p.salt, who.patient_id);
  const std::map<std::string, std::string> there = r.tags();
  for (const auto& [name, value] : tags)
    if (!value.empty() && !there.contains(name)) r.set_tag(name, value);
  if (const auto& s = d.header.spacing; s && !r.spacing_mm()) r.set_spacing_mm({s->row, s->column}, s->source);
}

void import_picture(record& r, const import_parameters& p, cli::context& c) {
  const dicom_picture d = read_dicom(r.image(), p.frame_number, p.limits);
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
  cli::command program("med-import", "DICOM to pictures, by the standard's grey-scale pipeline");
  program.describe(
      "Grey: the stored bits; the modality LUT, else slope and intercept; the VOI LUT or window; polarity, turned on "
      "the "
      "bits and never on the values met. With --voi auto the first VOI LUT goes before the first window, as the "
      "standard lets a displayer choose; without VOI a step of the stored value is a step of the result. 12 bits stay "
      "12 bits, in 16. Overlays are not drawn. Colour comes out as red, green and blue.");
  program.describe(
      "Of the header only modality, side, view, intent, body part, burned-in annotation, photometric interpretation, "
      "transfer syntax and spacing reach the record, code strings all; tags and spacing that it has already stay. The "
      "patient is a key made of the patient's id and --salt, or absent. Ids and paths are those of the manifest: a "
      "name in them is not seen.");
  program.reads("records whose image is a DICOM file; med-scan --extensions dcm lists them");
  program.writes("the picture as <id>.import.png, tags, spacing_mm and where it is from");
  program.example("med-scan --extensions dcm studies | med-import --salt @secret --out work", "all of a folder");
  program.example("med-import --voi none --frame-number 3 --out work in.jsonl", "the third frame, without window");
  program.reference("DICOM PS3.3 2023, C.7.6.3, C.11.1, C.11.2; PS3.5, section 8 and annexes A and G");
  program.add("--voi", p.voi, "auto, none, window, lut, window:N or N, lut:N, or one of your own")
      .called("WHICH|CENTER,WIDTH[,linear|linear_exact|sigmoid]");
  program.add("--monochrome", p.monochrome, "polarity: as the file says, never turned, always turned")
      .one_of({"auto", "keep", "invert"});
  program.add("--bits", p.gray.bits, "of the result's values; 0: as they come", 0, 16);
  program.add("--frame-number", p.frame_number, "of a file of several, from 1; 0: the only one", 0, 1'000'000);
  program.add("--salt", p.salt, "makes tags.patient a key; in no output; @FILE keeps it off the command line")
      .called("TEXT|@FILE")
      .without_effect_on_results();
  program.add("--keep-identity", p.keep_identity, "patient id, name and study UID into the tags, as they are");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&] {
    p.gray.voi = voi_named(p.voi);
    p.gray.polarity = p.monochrome == "keep"     ? gray_parameters::keep
                      : p.monochrome == "invert" ? gray_parameters::invert
                                                 : gray_parameters::automatic;
    if (p.keep_identity && !p.salt.empty())
      throw error("E_OPTION", "one of --salt and --keep-identity", blame::request);
    if (!p.salt.empty()) p.salt = read_salt(p.salt);
    // Another salt is another result, and its digest does not give it away.
    if (!p.salt.empty()) program.depends_on("salt", patient_key(p.salt, "medvision"));
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { import_picture(r, p, c); }});
}

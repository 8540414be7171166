// SPDX-License-Identifier: Apache-2.0
// One case: a JSON object that names images and remembers where their pixels lie. The fields are those of
// record.schema.json; what is unknown is kept unchanged and in place.
//
// Getters of required things throw E_RECORD when the field is absent; optional ones return std::optional or an
// empty container. What is geometric is in source pixels unless a comment says otherwise.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <opencv2/core/types.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// The original file and its size in pixels (after EXIF orientation).
struct source_info {
  std::string path;
  int width = 0, height = 0;
};

/// What a source was made from: the source before, and the frame to its pixels. exact: each pixel was copied from where
/// the frame says; else the picture was bent after that, by a field that the seed and the record's parent decide.
struct derived_info {
  source_info source;
  frame to_source;
  std::int64_t seed = 0;
  bool exact = true;
};

/// Size and type of the current picture. depth: "u8", "u16" or "f32".
struct picture_info {
  int width = 0, height = 0, channels = 0;
  std::string depth;
};

/// The field of view: a mask file (nonzero inside), the frame from its pixels to source pixels, and who made it
/// ("user" or "med-crop"); one by the user is never replaced. box: its bounding box in source pixels, if known. size:
/// what the file must hold where that is known: the source's, for a mask by the user without a frame of its own.
struct fov_info {
  std::string path;
  frame to_source;
  std::string by;
  std::optional<cv::Rect2d> box;
  cv::Size size{};
};

/// Where a breast lies in its picture and what was kept of it, in pixels of the picture that to_source leads from;
/// points and centre in what was kept, as if the breast pointed right: [row, column] of each, rows and columns first
/// and last. background: values up to it were taken for background.
struct breast_info {
  frame to_source;
  cv::Rect kept;          ///< in the picture
  std::string points_to;  ///< "left" or "right", in the picture
  std::array<int, 2> rightmost_rows{};
  int rightmost_column = 0, bottommost_row = 0;
  std::array<int, 2> bottommost_columns{};
  int distance_from_starting_side = 0;
  std::optional<cv::Point> best_centre;
  std::optional<double> background;
};

/// A map of C x H x W cells; to_source leads from cells (column, row corners) to source pixels. threshold: the value
/// from which on a cell counts as found, where the network's card states one. index: of a region's map: its place along
/// the file's first axis, where the file holds those of all regions.
struct map_info {
  std::string path;
  std::array<int, 3> shape{};
  std::vector<std::string> classes;
  frame to_source;
  std::optional<double> threshold;
  std::optional<int> index = std::nullopt;
};

/// index: as of a map; shape is that of one region's features.
struct feature_info {
  std::string path;
  std::vector<int> shape;
  std::optional<int> index = std::nullopt;
};

struct failure {
  std::string by, code, what;
};

/// The cluster of a picture or region among those of its study, from 0, and what speaks for that cluster: the record
/// `exemplar` or, of a region, its region `exemplar_roi`, from 0. converged: false where that was not settled.
struct cluster_info {
  int cluster = 0;
  std::string exemplar;
  std::optional<int> exemplar_roi = std::nullopt;
  bool converged = true;
};

/// An option of a step: what the user asked for.
using step_value = std::variant<bool, std::int64_t, double, std::string>;

class record;

/// Of a patch: where it was cut. box is in the parent's current pixels and may run outside.
struct parent_info {
  std::string id;
  int index = 0, count = 0;
  cv::Rect box;
  std::shared_ptr<const record> parent;
};

struct roi {
  cv::Rect2d box;  ///< source pixels
  std::optional<double> score;
  std::optional<std::string> class_name;
  std::optional<cv::Rect> window;     ///< exact rectangle in the pixels it was chosen on
  std::optional<frame> window_frame;  ///< from those pixels to source pixels
  std::optional<std::string> patch;
  bool repeat = false;
  std::map<std::string, double> scores = {};  ///< what a network said of the region, and so below
  std::map<std::string, map_info> maps = {};
  std::map<std::string, feature_info> features = {};
  std::optional<cluster_info> cluster = std::nullopt;
};

struct truth_box {
  cv::Rect2d box;
  std::string class_name;
};

struct group_info {
  int n = 0, failed = 0;
  std::optional<int> missing;
};

class record {
 public:
  /// A new record with nothing but an id. Throws E_ID for an id that cannot name a file: empty, absolute, with an
  /// empty, "." or ".." component, or with a control character.
  explicit record(std::string_view id);
  record(const record&);
  record(record&&) noexcept;
  record& operator=(const record&);
  record& operator=(record&&) noexcept;
  ~record();

  /// One JSON text to one record. Throws E_JSON (not JSON; nested deeper than 64; a member twice; not UTF-8), E_RECORD
  /// (no object, no id) and E_ID. A known field of the wrong type or range gives the failed record of that id.
  static record parse(std::string_view text);

  /// One line without line end. Numbers print shortest round-trip.
  [[nodiscard]] std::string dump() const;
  /// Members sorted, `steps` left out: what the journal hashes.
  [[nodiscard]] std::string canonical() const;

  [[nodiscard]] std::string id() const;
  void set_id(std::string_view id);
  /// The id as a path below --out: bytes outside [A-Za-z0-9._/-] written %XX. Injective.
  [[nodiscard]] std::string file_stem() const;

  [[nodiscard]] bool failed() const;
  [[nodiscard]] std::optional<failure> get_failure() const;
  void fail(std::string_view by, std::string_view code, std::string_view what);

  [[nodiscard]] bool has_image() const;
  [[nodiscard]] std::string image() const;
  [[nodiscard]] std::optional<picture_info> picture() const;
  /// Width and height of the current picture. Throws E_RECORD when the record does not say them.
  [[nodiscard]] cv::Size picture_size() const;
  /// A new current picture. `step` leads from its pixels to the pixels of the picture before (identity for a change
  /// of values only); the record's frame becomes frame() after step.
  void set_image(std::string_view path, const picture_info& info, const medvision::frame& step = {});
  /// The picture as first met: fills `source`, `width`… when absent. Throws E_SHAPE when the record says otherwise.
  void meet_image(const picture_info& info);

  /// The source becomes the current picture; its channels and depth are not known yet. Without `source` the current
  /// picture is the source. Throws E_RECORD when its frame says that it is not.
  void return_to_source();

  /// The new picture is a source of its own, with no way back but `derived_from`. What spoke of the old source's pixels
  /// is taken out (truth, field of view, breast, findings); their spacing is carried over where `from` is exact.
  void start_source(std::string_view path, const picture_info& info, const derived_info& from);
  [[nodiscard]] std::optional<derived_info> derived_from() const;

  [[nodiscard]] std::optional<source_info> source() const;
  void set_source(const source_info& info);
  [[nodiscard]] medvision::frame frame() const;
  void set_frame(const medvision::frame& f);

  [[nodiscard]] std::vector<std::int64_t> order() const;
  void set_order(const std::vector<std::int64_t>& order);

  [[nodiscard]] std::optional<parent_info> parent() const;
  /// dumped: its dump(), where many patches share one.
  void set_parent(const parent_info& p, std::shared_ptr<const std::string> dumped = nullptr);

  /// [row, column] in mm.
  [[nodiscard]] std::optional<std::array<double, 2>> spacing_mm() const;
  void set_spacing_mm(const std::array<double, 2>& spacing, std::string_view source);

  [[nodiscard]] std::map<std::string, std::string> tags() const;
  void set_tag(std::string_view name, std::string_view value);
  /// Labels as text; a number prints shortest ("2").
  [[nodiscard]] std::map<std::string, std::string> labels() const;
  void set_label(std::string_view name, const step_value& value);

  [[nodiscard]] std::map<std::string, std::string> truth_masks() const;
  /// Its path. Throws E_RECORD naming the masks there are when `name` is not among them.
  [[nodiscard]] std::string truth_mask(const std::string& name) const;
  void set_truth_mask(std::string_view name, std::string_view path);
  [[nodiscard]] std::vector<truth_box> truth_boxes() const;
  void add_truth_box(const truth_box& b);
  /// An empty list where there is none: it is known that there is nothing to find.
  void start_truth_boxes();

  [[nodiscard]] std::optional<fov_info> fov() const;
  /// Throws E_RECORD when there is none.
  [[nodiscard]] fov_info needed_fov() const;
  void set_fov(const fov_info& f);

  [[nodiscard]] std::optional<breast_info> breast() const;
  void set_breast(const breast_info& b);

  /// Where something that is not of the body was erased: boxes in source pixels; nullopt where nobody looked for it.
  [[nodiscard]] std::optional<std::vector<cv::Rect2d>> erased() const;
  /// Boxes behind those there are.
  void add_erased(const std::vector<cv::Rect2d>& boxes);

  [[nodiscard]] std::map<std::string, map_info> maps() const;
  /// Throws E_RECORD naming the maps there are when `name` is not among them. An empty name means the only map.
  [[nodiscard]] map_info map(std::string_view name) const;
  void set_map(std::string_view name, const map_info& m);
  /// Takes out what was found on the picture: maps, features, rois, scores, measures and their reasons, its cluster.
  void clear_findings();

  [[nodiscard]] std::map<std::string, feature_info> features() const;
  void set_feature(std::string_view name, const feature_info& f);

  [[nodiscard]] std::optional<cluster_info> cluster() const;
  void set_cluster(const cluster_info& c);

  [[nodiscard]] std::vector<roi> rois() const;
  void set_rois(const std::vector<roi>& rois);
  /// What is said of region `at`, from 0; all else in it stays as it is. Throw E_RECORD when there is no such region.
  void set_roi_score(std::size_t at, std::string_view name, double value);
  void set_roi_map(std::size_t at, std::string_view name, const map_info& m);
  void set_roi_feature(std::size_t at, std::string_view name, const feature_info& f);
  void set_roi_cluster(std::size_t at, const cluster_info& c);
  /// Any member of region `at` as text, as text() gives those of the record; nullopt when absent.
  [[nodiscard]] std::optional<std::string> roi_text(std::size_t at, std::string_view dotted_path) const;

  [[nodiscard]] std::map<std::string, double> scores() const;
  void set_score(std::string_view name, double value);

  /// A measure, or null with its reason in `why`.
  [[nodiscard]] std::map<std::string, std::optional<double>> measures() const;
  void set_measure(std::string_view name, double value);
  void set_undefined(std::string_view name, std::string_view reason);
  void set_measure(std::string_view name, const std::optional<double>& value, std::string_view reason_for_none);

  /// Any other member as text, for programs that pass the user's own fields on; nullopt when absent.
  [[nodiscard]] std::optional<std::string> text(std::string_view dotted_path) const;
  void set_text(std::string_view name, std::string_view value);
  void set_flag(std::string_view name, bool value);

  /// Of a fold by key: members used, members left out because they had failed, and, where their number is known,
  /// members that never came.
  [[nodiscard]] std::optional<group_info> group() const;
  void set_group(const group_info& g);
  /// What all members agree on: each tag and label, and the steps. Returns the labels they do not agree on.
  std::vector<std::string> take_shared(const std::vector<record>& members);

  void add_step(std::string_view by, std::string_view version,
                const std::vector<std::pair<std::string, step_value>>& options);

  /// The steps of `from` instead of its own: a parent put together from patches has what was done to them behind it.
  void take_steps(const record& from);

  /// Every file the record names: image, fov, truth masks, maps, features, and of the rois patches, maps, features; a
  /// file of all regions once. Not `source`.
  [[nodiscard]] std::vector<std::string> files() const;

  /// FNV-1a-64 of tags.patient, else the root parent's id, else the id: decides the shard.
  [[nodiscard]] std::uint64_t shard_hash() const;

  /// Problems against record.schema.json, one sentence each; empty when valid.
  [[nodiscard]] std::vector<std::string> check() const;

 private:
  struct document;
  record();
  /// Reads every known field once, so that a wrong type is met at the door and not in the middle of the work.
  void read_all() const;
  void settle_parent() const;
  std::unique_ptr<document> doc_;
};

/// Of a picture or a region those of a name; an empty one means the only ones. Throws E_RECORD naming those there are.
const feature_info& feature_named(const std::map<std::string, feature_info>& all, const std::string& name);

/// Throws E_ID with the reason when `id` cannot name a file.
void check_id(std::string_view id);

/// The schema itself, as published.
std::string_view record_schema();

/// FNV-1a, 64 bit.
std::uint64_t fnv1a_64(std::string_view bytes);

}  // namespace medvision

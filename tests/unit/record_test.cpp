// SPDX-License-Identifier: Apache-2.0
// A record keeps what it does not know, refuses what it cannot be, and remembers where its pixels lie.
#include "medvision/record/record.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <sstream>
#include <streambuf>

#include "all_records.hpp"
#include "medvision/error.hpp"
#include "medvision/record/file_name.hpp"
#include "medvision/record/manifest.hpp"
#include "medvision/record/schema.hpp"

using namespace medvision;

namespace {

std::string code_of(const std::string& text) {
  try {
    const record r = record::parse(text);
    return r.failed() ? r.get_failure()->code : "";
  } catch (const error& e) {
    return e.code();
  }
}

}  // namespace

TEST_CASE("unknown members pass through in their places") {
  const std::string line =
      R"({"zeta":[1,{"b":2,"a":null}],"id":"x/1","image":"a.png","mine":"\u00e9","big":9007199254740993})";
  CHECK(record::parse(line).dump() ==
        R"({"zeta":[1,{"b":2,"a":null}],"id":"x/1","image":"a.png","mine":"é","big":9007199254740993})");
}

TEST_CASE("numbers print shortest and read back the same") {
  record r("a");
  std::mt19937_64 random(3);
  std::uniform_int_distribution<std::uint64_t> bits;
  CHECK(record::parse(R"({"id":"a","v":[0.1,1e21,5.0,-0.0,1e-7]})").dump() ==
        R"({"id":"a","v":[0.1,1e+21,5,-0.0,1e-07]})");
  CHECK(record::parse(R"({"id":"a","v":[-0.0,-0]})").dump() == R"({"id":"a","v":[-0.0,0]})");
  for (int i = 0; i < 5000; ++i) {
    const double v = std::bit_cast<double>(bits(random));
    if (!std::isfinite(v)) continue;
    r.set_score("v", v);
    REQUIRE(std::bit_cast<std::uint64_t>(record::parse(r.dump()).scores().at("v")) == std::bit_cast<std::uint64_t>(v));
  }
  CHECK_THROWS_AS(r.set_score("v", std::numeric_limits<double>::infinity()), error);
  CHECK_THROWS_AS(r.set_measure("v", NAN), error);
}

TEST_CASE("an id that could leave the folder is refused") {
  for (const char* id : {"", "/etc/x", "..", "a/../b", "a//b", "./a", "a/", "a/."}) CHECK_THROWS_AS(record{id}, error);
  CHECK_THROWS_AS(record{std::string("a\nb")}, error);
  CHECK_NOTHROW(record{"a/b..c/d.e"});
}

TEST_CASE("a file stem is plain, and different ids have different stems") {
  CHECK(record("p 1/ä").file_stem() == "p%201/%C3%A4");
  CHECK(record("p%201").file_stem() == "p%25201");
  std::set<std::string> ids, stems;
  std::mt19937 random(5);
  const std::string letters = "a%2.0 ";
  for (int i = 0; i < 4000; ++i) {
    std::string id;
    for (int n = 1 + int(random() % 5); n--;) id += letters[random() % letters.size()];
    if (id == "." || id == "..") continue;
    ids.insert(id);
    stems.insert(record(id).file_stem());
  }
  CHECK(ids.size() == stems.size());
}

TEST_CASE("a name of a file leads nowhere else, and only an id may make folders") {
  CHECK(file_name("/../evil b", false) == "%2F..%2Fevil%20b");
  CHECK(file_name("a/b c", true) == "a/b%20c");
  CHECK(file_name("plain-1_2.x", false) == "plain-1_2.x");
}

TEST_CASE("what is no record is told apart") {
  CHECK(code_of("{") == "E_JSON");
  CHECK(code_of(R"({"id":"a","id":"b"})") == "E_JSON");
  CHECK(code_of(R"({"id":"a","x":1e999})") == "E_JSON");
  CHECK(code_of(R"({"id":"a","x":NaN})") == "E_JSON");
  CHECK(code_of("{\"id\":\"a\",\"x\":\"\xff\"}") == "E_JSON");
  CHECK(code_of(R"({"id":"a","x":"\ud800"})") == "E_JSON");
  CHECK(code_of(std::string(100000, '[')) == "E_JSON");
  CHECK(code_of(R"({"id":"a","x":)" + std::string(70, '[') + std::string(70, ']') + "}") == "E_JSON");
  CHECK(code_of("[1]") == "E_RECORD");
  CHECK(code_of(R"({"image":"a.png"})") == "E_RECORD");
  CHECK(code_of(R"({"id":3})") == "E_RECORD");
  CHECK(code_of(R"({"id":"../a"})") == "E_ID");
}

namespace {
// Gives some text, then breaks, as a file buffer does when the disk fails.
class breaking_buffer : public std::streambuf {
 public:
  explicit breaking_buffer(std::string text) : text_(std::move(text)) {
    setg(text_.data(), text_.data(), text_.data() + text_.size());
  }

 private:
  int_type underflow() override { throw std::ios_base::failure("reading failed"); }
  std::string text_;
};
}  // namespace

TEST_CASE("a stream that breaks is no end of the manifest") {
  for (const char* text : {"", "{\"id\":\"a\",\"image\":\"i\"}\n{\"id\":", "[{\"id\":\"a\"}"}) {
    breaking_buffer buffer(text);
    std::istream in(&buffer);
    manifest_reader reader(in, "med-test");
    if (text[0] == '{') CHECK(reader.next()->id() == "a");
    try {
      reader.next();
      FAIL("a broken stream gave an end");
    } catch (const error& e) {
      CHECK(e.code() == "E_READ");
      CHECK(e.who() == blame::environment);
    }
  }
}

TEST_CASE("what is well of a malformed record stays: its place, patient, labels, and fields nobody knows") {
  const record r = record::parse(
      R"({"id":"a","image":"a.png","order":[3,1],"tags":{"patient":"p"},"labels":{"grade":2},"spacing_mm":[0,0],"width":"9","mine":{"x":1}})");
  REQUIRE(r.failed());
  CHECK(r.get_failure()->what.find("spacing_mm") != std::string::npos);
  CHECK(r.order() == std::vector<std::int64_t>{3, 1});
  CHECK(r.text("tags.patient") == "p");
  CHECK(r.text("labels.grade") == "2");
  CHECK(r.text("image") == "a.png");
  CHECK(r.text("mine.x") == "1");
  CHECK_FALSE(r.text("spacing_mm").has_value());
  CHECK_FALSE(r.text("width").has_value());
  CHECK(record::parse(r.dump()).dump() == r.dump());
  CHECK(r.shard_hash() == record::parse(R"({"id":"b","tags":{"patient":"p"}})").shard_hash());
}

TEST_CASE("a known field of a wrong type fails its record, by name") {
  for (const char* member : {R"("image":3)",
                             R"("image":"")",
                             R"("frame":[1,0,0,0,1])",
                             R"("frame":"x")",
                             R"("width":0,"height":4)",
                             R"("width":1.5,"height":4)",
                             R"("order":[-1])",
                             R"("tags":{"a":1})",
                             R"("maps":{"m":{"path":"x"}})",
                             R"("maps":{"m":{"path":"x","shape":[1,2]}})",
                             R"("scores":{"a":"3"})",
                             R"("fov":{"path":"x"})",
                             R"("rois":[{"box":[1,2,3]}])",
                             R"("parent":{"id":"p"})",
                             R"("truth":{"masks":[]})",
                             R"("spacing_mm":[0,1])",
                             R"("depth":"u12","width":3,"height":3)",
                             R"("breast":{"window_location":[0,9,0]})",
                             R"("breast":[1])",
                             R"("erased":[[1,2,3]])",
                             R"("erased":7)",
                             R"("width":99999999999,"height":4)"}) {
    const std::string text = std::string(R"({"id":"k",)") + member + "}";
    CAPTURE(text);
    REQUIRE(code_of(text) == "E_RECORD");
    CHECK(record::parse(text).id() == "k");
  }
}

TEST_CASE("a failed record passes whatever else it holds") {
  const std::string line = R"({"id":"a","image":7,"error":{"by":"med-crop","code":"E_X","what":"y"}})";
  CHECK(record::parse(line).dump() == line);
}

TEST_CASE("frames of successive pictures compose towards the source") {
  record r("a");
  r.set_text("image", "a.png");
  r.meet_image({100, 80, 3, "u8"});
  r.set_image("b.png", {50, 40, 3, "u8"}, crop_frame(10, 20));
  r.set_image("c.png", {25, 20, 1, "u8"}, resize_frame({50, 40}, {25, 20}));
  CHECK(apply(r.frame(), {0, 0}) == cv::Point2d(10, 20));
  CHECK(apply(r.frame(), {25, 20}) == cv::Point2d(60, 60));
  CHECK(r.source()->path == "a.png");
  CHECK(r.source()->width == 100);
}

TEST_CASE("a picture of another size than the record says is refused") {
  record r = record::parse(R"({"id":"a","image":"a.png","width":10,"height":10})");
  CHECK_THROWS_AS(r.meet_image({11, 10, 1, "u8"}), error);
}

TEST_CASE("a shard is decided by the patient, else by the root of the patches, else by the id") {
  CHECK(fnv1a_64("") == 0xcbf29ce484222325ULL);
  CHECK(fnv1a_64("a") == 0xaf63dc4c8601ec8cULL);
  const record root("eye");
  record patch("eye/0"), deeper("eye/0/3");
  patch.set_parent({"eye", 0, 1, {0, 0, 4, 4}, std::make_shared<const record>(root)});
  deeper.set_parent({"eye/0", 3, 4, {0, 0, 2, 2}, std::make_shared<const record>(patch)});
  CHECK(root.shard_hash() == fnv1a_64("eye"));
  CHECK(deeper.shard_hash() == fnv1a_64("eye"));
  deeper.set_tag("patient", "p7");
  CHECK(deeper.shard_hash() == fnv1a_64("p7"));
}

TEST_CASE("the canonical form forgets steps and the order of members") {
  const record a = record::parse(R"({"id":"a","x":{"q":1,"p":2},"steps":[{"by":"m","version":"1"}]})");
  const record b = record::parse(R"({"x":{"p":2,"q":1},"id":"a"})");
  CHECK(a.canonical() == b.canonical());
  CHECK(a.canonical() == R"({"id":"a","x":{"p":2,"q":1}})");
}

TEST_CASE("a member is found by its dotted path, also when its name holds dots") {
  const record r = record::parse(R"({"id":"a","scores":{"grade.3":0.5,"x":1},"labels":{"grade":2,"t":"u"}})");
  CHECK(r.text("scores.grade.3") == "0.5");
  CHECK(r.text("labels.grade") == "2");
  CHECK(r.text("labels.t") == "u");
  CHECK_FALSE(r.text("labels.none"));
  CHECK_FALSE(r.text("id.deeper"));
}

TEST_CASE("every file a record names is known, but not its source") {
  const record r =
      record::parse(R"({"id":"a","image":"i","source":{"path":"s","width":1,"height":1},)"
                    R"("fov":{"path":"f","by":"user"},"truth":{"masks":{"v":"t"}},)"
                    R"("maps":{"m":{"path":"p","shape":[1,2,3]}},"features":{"g":{"path":"q","shape":[4]}},)"
                    R"("rois":[{"box":[0,0,1,1],"patch":"r"}]})");
  CHECK(r.files() == std::vector<std::string>{"i", "f", "t", "p", "q", "r"});
}

TEST_CASE("the schema accepts what the setters write and names what is wrong") {
  record r("a");
  r.set_text("image", "a.png");
  r.meet_image({100, 80, 3, "u8"});
  r.set_order({3, 1});
  r.set_map("m", {"m.npy", {1, 2, 3}, {"v"}, {}});
  r.set_fov({"f.png", {}, "med-crop", cv::Rect2d(1, 2, 3, 4)});
  r.set_rois({{{0, 0, 4, 4}, 0.5, "c", cv::Rect(0, 0, 1, 1), frame{}, "p.png", true}});
  r.set_breast({{}, {4, 5, 60, 70}, "left", {8, 9}, 61, 70, {0, 3}, 2, cv::Point(-7, 30), 12.5});
  r.set_undefined("dice", "both masks are empty");
  r.add_step("med-test", "1", {{"n", std::int64_t{3}}, {"t", std::string("x")}});
  CHECK(r.check().empty());
  CHECK_FALSE(record::parse(R"({"id":"a"})").check().empty());
  CHECK_FALSE(record::parse(R"({"id":"a","image":"x","steps":[{"by":1}]})").check().empty());
}

TEST_CASE("what is accepted for certain is accepted by the schema library, whatever place is changed") {
  const auto schema = ordered_json::parse(record_schema());
  const sure_schema sure(schema);
  const std::string full =
      R"({"id":"a","image":"i.png","source":{"path":"s","width":9,"height":8},"width":9,"height":8,"channels":3,)"
      R"("depth":"u8","frame":[1,0,0,0,1,0.5],"order":[3,1],"parent":{"id":"p","index":0,"count":2,"box":[-1,0,4,4],)"
      R"("record":{"id":"p","image":"j.png"}},"spacing_mm":[0.5,1],"spacing_source":"x","tags":{"patient":"q"},)"
      R"("labels":{"grade":2,"t":"u","b":true,"n":null},"truth":{"masks":{"v":"t.png"},"boxes":[{"box":[0,0.5,1,1],)"
      R"("class":"c"}]},"fov":{"path":"f","frame":[1,0,0,0,1,0],"by":"user","box":[0,0,1,1]},"maps":{"m":{"path":"m",)"
      R"("shape":[1,2,3],"classes":["v"],"frame":[1,0,0,0,1,0],"threshold":0.5}},"features":{"g":{"path":"g",)"
      R"("shape":[4]}},"rois":[{"box":[0,0,4,4],"score":0.5,"class":"c","window":[0,0,1,1],"window_frame":[1,0,0,0,1,0],)"
      R"("patch":"p.png","repeat":true}],"scores":{"a":1,"b":0.5},"measures":{"d":0.5,"e":null},"why":{"e":"none"},)"
      R"("steps":[{"by":"x","version":"1","options":{"n":3}}],"group":{"n":2,"failed":0,"missing":1},"mine":[{}]})";
  const auto value = ordered_json::parse(full);
  CHECK(sure.accepts(value));
  CHECK(schema_problems(value).empty());
  const std::vector<ordered_json> others = {nullptr,
                                            true,
                                            0,
                                            -1,
                                            2.5,
                                            5.0,
                                            1e300,
                                            "",
                                            "u8",
                                            "x",
                                            std::string(5000, 'y'),
                                            ordered_json::array(),
                                            ordered_json::array({1, 2}),
                                            ordered_json::object(),
                                            18446744073709551615ULL,
                                            "E_X",
                                            ordered_json::parse(R"({"path":"p"})")};
  int doubted = 0, accepted = 0;
  const auto flat = value.flatten();
  for (const auto& [leaf, unused] : flat.items()) {
    for (ordered_json::json_pointer place(leaf); !place.empty(); place.pop_back()) {
      for (const ordered_json& other : others) {
        ordered_json changed = value;
        changed[place] = other;
        CAPTURE(changed[place].dump());
        CAPTURE(place.to_string());
        const bool certain = sure.accepts(changed), valid = schema_problems(changed).empty();
        if (certain) REQUIRE(valid);
        doubted += valid && !certain && other != 5.0 && other != 18446744073709551615ULL;  // of no certain kind
        accepted += certain;
      }
      ordered_json lacking = value;
      auto& around = lacking[place.parent_pointer()];
      if (around.is_object())
        around.erase(place.back());
      else
        around.erase(std::stoul(place.back()));
      if (sure.accepts(lacking)) REQUIRE(schema_problems(lacking).empty());
    }
  }
  CHECK(accepted > 500);
  CHECK(doubted == 0);
  CHECK_FALSE(sure_schema(ordered_json{{"multipleOf", 2}}).accepts(4));
}

TEST_CASE("a breast is said in the words of exam lists, and read back the same") {
  record r("a");
  r.set_breast({{}, {4, 5, 60, 70}, "left", {8, 9}, 61, 70, {0, 3}, 2, cv::Point(-7, 30), 12.5});
  CHECK(r.dump() == R"({"id":"a","breast":{"frame":[1,0,0,0,1,0],"window_location":[5,75,4,64],"points_to":"left",)"
                    R"("rightmost_points":[[8,9],61],"bottommost_points":[70,[0,3]],"distance_from_starting_side":2,)"
                    R"("best_center":[30,-7],"background":12.5}})");
  record again("a");
  again.set_breast(*record::parse(r.dump()).breast());
  CHECK(again.dump() == r.dump());
  CHECK_FALSE(record("a").breast());
}

TEST_CASE("a measure that has a value now leaves no reason of an earlier run behind") {
  record r("a");
  r.set_undefined("dice", "both masks are empty");
  r.set_undefined("iou", "both masks are empty");
  r.set_measure("dice", 0.5);
  CHECK(r.dump() == R"({"id":"a","measures":{"dice":0.5,"iou":null},"why":{"iou":"both masks are empty"}})");
  r.set_measure("iou", 0.25);
  CHECK(r.dump() == R"({"id":"a","measures":{"dice":0.5,"iou":0.25}})");
}

TEST_CASE("a manifest is read through a byte-order mark, CR LF, blank lines and a missing last line end") {
  const auto r = all_of("\xEF\xBB\xBF{\"id\":\"a\"}\r\n\r\n  \n{\"id\":\"b\"}");
  REQUIRE(r.size() == 2);
  CHECK(r[0].id() == "a");
  CHECK(r[1].id() == "b");
}

namespace {
// Gives a text in pieces of `size` bytes, as a pipe may.
class piecewise_buffer : public std::streambuf {
 public:
  piecewise_buffer(std::string text, std::size_t size) : text_(std::move(text)), size_(size) {}
  std::size_t given = 0;

 private:
  int_type underflow() override {
    if (given == text_.size()) return traits_type::eof();
    char* at = text_.data() + given;
    given = std::min(given + size_, text_.size());
    setg(at, at, text_.data() + given);
    return traits_type::to_int_type(*at);
  }
  std::string text_;
  std::size_t size_;
};
}  // namespace

TEST_CASE("a manifest is read alike in pieces of any size, and no further than the record asked for") {
  const std::string text =
      "\xEF\xBB\xBF \r\n{\"id\":\"a\"} "
      "\r\n\n{\"id\":\"b\",\"n\":[1,2.5,\"\xC3\xA9\"]}\nno\n{\"id\":\"c\"}\n\n{\"id\":\"d\"}";
  const auto whole = all_of(text);
  REQUIRE(whole.size() == 5);
  for (std::size_t size = 1; size <= text.size(); ++size) {
    piecewise_buffer buffer(text, size);
    std::istream in(&buffer);
    manifest_reader reader(in, "med-test");
    for (const record& r : whole) {
      REQUIRE(reader.next()->dump() == r.dump());
      if (r.id() == "b") CHECK(buffer.given <= text.find("no\n") + size - 1);
    }
    CHECK_FALSE(reader.next());
    CHECK(reader.line() == 8);
  }
}

TEST_CASE("a line of any length around a chunk or the cap is read or refused as a whole") {
  const std::size_t cap = std::size_t{16} << 20;
  for (const std::size_t length :
       {std::size_t{65535}, std::size_t{65536}, std::size_t{65537}, std::size_t{131072}, cap, cap + 1}) {
    const std::string line = "{\"id\":\"a\",\"x\":\"" + std::string(length - 17, 'x') + "\"}";
    REQUIRE(line.size() == length);
    const auto r = all_of(line + "\n{\"id\":\"b\"}");
    REQUIRE(r.size() == 2);
    CHECK((length <= cap ? r[0].dump() == line : r[0].get_failure()->code == "E_LIMIT"));
    CHECK(r[1].id() == "b");
  }
}

TEST_CASE("a broken line becomes a failed record and its neighbours live") {
  const auto r = all_of("{\"id\":\"a\"}\n{\"id\": oops\n{\"id\":\"c\"}\n");
  REQUIRE(r.size() == 3);
  CHECK(r[1].id() == "line-2");
  CHECK(r[1].get_failure()->by == "med-test");
  CHECK_FALSE(r[2].failed());
}

TEST_CASE("a file of one array is read as lines are") {
  const auto r = all_of(" [ {\"id\":\"a\"}, 3,\n {\"id\":\"b\"} ]");
  REQUIRE(r.size() == 3);
  CHECK(r[0].id() == "a");
  CHECK(r[1].id() == "line-2");
  CHECK(r[2].id() == "b");
  CHECK(all_of("[1, ")[0].failed());
  CHECK(all_of("").empty());
}

TEST_CASE("a line of 17 MiB is refused without its neighbours") {
  const auto r = all_of("{\"id\":\"a\",\"x\":\"" + std::string(17 << 20, 'x') + "\"}\n{\"id\":\"b\"}\n");
  REQUIRE(r.size() == 2);
  CHECK(r[0].get_failure()->code == "E_LIMIT");
  CHECK(r[1].id() == "b");
}

TEST_CASE("what is said of a region stands beside what the user said of it, and its files are the record's") {
  record r = record::parse(R"({"id":"a","image":"a.png","rois":[{"box":[0,0,4,4],"mine":[1]},{"box":[4,0,4,4]}]})");
  r.set_roi_score(1, "attention", 0.25);
  r.set_roi_feature(0, "h", {"h.npy", {512}, 0});
  r.set_roi_feature(1, "h", {"h.npy", {512}, 1});
  r.set_roi_map(1, "detail", {"d.npy", {2, 4, 4}, {"a", "b"}, crop_frame(4, 0), 0.5, 1});
  CHECK(r.check().empty());
  CHECK(r.dump().find("\"mine\":[1]") != std::string::npos);
  CHECK(r.files() == std::vector<std::string>{"a.png", "h.npy", "d.npy"});
  const record again = record::parse(r.dump());
  const roi second = again.rois().at(1);
  CHECK(second.scores.at("attention") == 0.25);
  CHECK(second.features.at("h").index == 1);
  CHECK(second.maps.at("detail").to_source == crop_frame(4, 0));
  CHECK(second.maps.at("detail").threshold == 0.5);
  record whole = again;
  whole.set_rois(again.rois());
  CHECK(whole.rois().at(1).maps.at("detail").index == 1);
  CHECK_THROWS_AS(r.set_roi_score(2, "attention", 1), error);
  CHECK(record::parse(R"({"id":"a","image":"a.png","rois":[{"box":[0,0,4,4],"scores":{"x":"y"}}]})").failed());
  CHECK(record::parse(R"({"id":"a","image":"a.png","rois":[{"box":[0,0,4,4],"features":{"h":{"path":"h.npy"}}}]})")
            .failed());
}

TEST_CASE("a cluster and its exemplar stand in a picture and in a region") {
  record r = record::parse(R"({"id":"a","image":"a.png","rois":[{"box":[0,0,4,4],"mine":1},{"box":[4,0,4,4]}]})");
  r.set_cluster({2, "b/1"});
  r.set_roi_cluster(1, {0, "c", 3, false});
  CHECK(r.check().empty());
  CHECK(r.dump().find(R"("cluster":2,"exemplar":{"id":"b/1"})") != std::string::npos);
  CHECK(r.text("cluster") == "2");
  CHECK(r.text("exemplar.id") == "b/1");
  CHECK(r.roi_text(1, "exemplar.roi") == "3");
  CHECK(r.roi_text(0, "mine") == "1");
  CHECK_FALSE(r.roi_text(0, "cluster"));
  CHECK_THROWS_AS((void)r.roi_text(2, "cluster"), error);
  record again = record::parse(r.dump());
  CHECK(again.cluster()->exemplar == "b/1");
  CHECK_FALSE(again.cluster()->exemplar_roi);
  CHECK(again.cluster()->converged);
  again.set_rois(again.rois());
  const cluster_info second = *again.rois().at(1).cluster;
  CHECK(second.cluster == 0);
  CHECK(second.exemplar == "c");
  CHECK(second.exemplar_roi == 3);
  CHECK_FALSE(second.converged);
  CHECK_FALSE(again.rois().at(0).cluster);
  again.clear_findings();
  CHECK_FALSE(again.cluster());
  CHECK(record::parse(R"({"id":"a","image":"a.png","cluster":"x"})").failed());
  CHECK(record::parse(R"({"id":"a","image":"a.png","cluster":1,"exemplar":{"roi":1}})").failed());
}

TEST_CASE("features are found by name, or are the only ones") {
  const std::map<std::string, feature_info> one = {{"h", {"h.npy", {4}}}},
                                            two = {{"h", {"h.npy", {4}}}, {"g", {"g", {1}}}};
  CHECK(feature_named(one, "").path == "h.npy");
  CHECK(feature_named(two, "g").path == "g");
  CHECK_THROWS_WITH_AS((void)feature_named(two, ""), "there are 2 features (g, h): say which with --features",
                       const error&);
  CHECK_THROWS_WITH_AS((void)feature_named(one, "x"), "there are no features 'x', but: h", const error&);
  CHECK_THROWS_AS((void)feature_named({}, ""), const error&);
}

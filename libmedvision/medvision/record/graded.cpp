// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/graded.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "medvision/error.hpp"
#include "medvision/record/manifest.hpp"

namespace medvision {
namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw error("E_OPTION", sentence, blame::request); }

std::string first_ten(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  const std::size_t shown = std::min<std::size_t>(ids.size(), 10);
  return fmt::format("{}{}", fmt::join(ids.begin(), ids.begin() + long(shown), ", "), ids.size() > shown ? ", …" : "");
}

double score_named(const std::map<std::string, double>& all, const std::string& name) {
  const auto at = all.find(name);
  if (at == all.end()) throw error("E_SCORE", fmt::format("the record has no score '{}'", name));
  return at->second;
}

}  // namespace

grade_reader::grade_reader(grade_source source) : source_(std::move(source)) {
  const auto& labels = source_.labels;
  if (labels.size() < 2) refuse("say the set of labels, two or more: --labels 0,1,2,3,4");
  if (std::find(labels.begin(), labels.end(), "") != labels.end()) refuse("a label of --labels is empty");
  if (std::set(labels.begin(), labels.end()).size() != labels.size()) refuse("a label is twice in --labels");
  for (const auto& p : source_.positive)
    if (std::find(labels.begin(), labels.end(), p) == labels.end())
      refuse(fmt::format("the positive label '{}' is not among --labels {}", p, fmt::join(labels, ",")));
  if (source_.positive.size() == labels.size()) refuse("every label is positive");
  if (source_.scores.empty() && source_.predicted.empty()) refuse("say --scores NAME or --predicted FIELD");
  if (!source_.versus.empty() && (source_.scores.empty() || source_.positive.empty()))
    refuse("--versus compares with --scores NAME by --positive LABELS");
}

std::vector<std::uint8_t> grade_reader::positive_labels() const {
  std::vector<std::uint8_t> flags;
  for (const auto& label : source_.labels)
    flags.push_back(std::find(source_.positive.begin(), source_.positive.end(), label) != source_.positive.end());
  return flags;
}

std::vector<std::pair<std::string, std::int64_t>> grade_reader::counts() const {
  return {{"n", std::int64_t(rows_.truth.size())},
          {"failed", rows_.failed},
          {"excluded", rows_.excluded},
          {"without_patient", rows_.without_patient}};
}

void grade_reader::take_truth(const std::string& manifest, bool intersect) {
  joined_ = true, intersect_ = intersect;
  read_manifest(manifest, "truth", [&](const record& r) {
    const std::string label = r.failed() ? "" : r.text(source_.truth).value_or("");
    if (!elsewhere_.try_emplace(r.id(), label).second)
      throw error("E_DUPLICATE", fmt::format("the id '{}' is twice in {}", r.id(), manifest), blame::request);
  });
}

int grade_reader::label_of(const std::string& text) const {
  const auto at = std::find(source_.labels.begin(), source_.labels.end(), text);
  if (at == source_.labels.end())
    throw error("E_LABEL",
                fmt::format("the label '{}' is outside the declared set {}", text, fmt::join(source_.labels, ",")));
  return int(at - source_.labels.begin());
}

void grade_reader::add(const record& r) {
  if (joined_) {
    seen_.insert(r.id());
    if (!elsewhere_.contains(r.id())) {
      unknown_.push_back(r.id());
      ++rows_.excluded;
      return;
    }
  }
  ++rows_.failed;
  if (r.failed()) return;
  read(r);
  --rows_.failed;
}

grade_reader grade_reader::of_manifest(const std::string& path, const grade_source& source) {
  grade_reader reader(source);
  const std::string by = "grades";
  read_manifest(path, by, [&](const record& r) {
    try {
      if (const auto f = r.get_failure(); f && f->by == by) throw error(f->code, f->what);
      reader.add(r);
    } catch (const error& e) {
      throw error(e.code(), fmt::format("{}: {}: {}", path, r.id(), e.what()), blame::request);
    }
  });
  if (reader.rows().truth.empty()) throw error("E_OPTION", fmt::format("{} holds no case", path), blame::request);
  return reader;
}

void grade_reader::read(const record& r) {
  const std::string text = joined_ ? elsewhere_.at(r.id()) : r.text(source_.truth).value_or("");
  if (text.empty()) throw error("E_TRUTH", fmt::format("the record has no {}", source_.truth));
  const int truth = label_of(text);
  const auto all = r.scores();
  // Whatever can throw comes before the first column grows.
  int predicted = -1;
  if (!source_.predicted.empty()) {
    const auto said = r.text(source_.predicted);
    if (!said) throw error("E_SCORE", fmt::format("the record has no {}", source_.predicted));
    predicted = label_of(*said);
  }
  std::vector<double> each;
  double positive = 0, versus = 0;
  const bool one = all.contains(source_.scores);
  if (!source_.scores.empty()) {
    if (one && source_.positive.empty())
      throw error("E_SCORE", fmt::format("'{}' is one score; say --positive", source_.scores));
    if (!rows_.truth.empty() && one != rows_.scores.empty())
      throw error("E_SCORE",
                  fmt::format("'{}' is one score here and one of each label before, or the reverse", source_.scores));
    for (const auto& label : source_.labels)
      if (!one) each.push_back(score_named(all, source_.scores + "." + label));
    if (!source_.positive.empty()) positive = positive_score(all, source_.scores);
  }
  if (!source_.versus.empty()) versus = positive_score(all, source_.versus);
  if (predicted < 0 && !each.empty()) predicted = int(std::max_element(each.begin(), each.end()) - each.begin());
  if (predicted < 0 && one && source_.labels.size() == 2)
    predicted = (positive >= source_.threshold) == (source_.positive[0] == source_.labels[1]);
  rows_.truth.push_back(truth);
  rows_.predicted.push_back(predicted);
  rows_.scores.insert(rows_.scores.end(), each.begin(), each.end());
  if (!source_.scores.empty() && !source_.positive.empty()) rows_.positive.push_back(positive);
  if (!source_.versus.empty()) rows_.versus.push_back(versus);
  rows_.patients.push_back(r.shard_hash());
  rows_.without_patient += !r.text("tags.patient");
}

double grade_reader::positive_score(const std::map<std::string, double>& all, const std::string& name) const {
  if (const auto at = all.find(name); at != all.end()) return at->second;
  double sum = 0;
  bool shares = true;
  for (const auto& label : source_.positive) {
    const double score = score_named(all, name + "." + label);
    shares &= score >= 0 && score <= 1;
    sum += score;
  }
  // Shares of one in 32-bit floats may pass it by their rounding, and would be no probability any more.
  return shares && sum > 1 && sum <= 1 + 1e-6 * double(source_.positive.size()) ? 1 : sum;
}

void grade_reader::check_ids() const {
  if (!joined_ || intersect_) return;
  std::vector<std::string> lacking;
  for (const auto& [id, label] : elsewhere_)
    if (!seen_.contains(id)) lacking.push_back(id);
  if (lacking.empty() && unknown_.empty()) return;
  std::string sentence = "the ids of truth and predictions differ";
  if (!lacking.empty()) sentence += fmt::format("; without a prediction ({}): {}", lacking.size(), first_ten(lacking));
  if (!unknown_.empty()) sentence += fmt::format("; without truth ({}): {}", unknown_.size(), first_ten(unknown_));
  throw error("E_IDS", sentence, blame::request);
}

}  // namespace medvision

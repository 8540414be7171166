// SPDX-License-Identifier: Apache-2.0
// A program declares itself once; the parser, --help, the man page and the reference page are read off that.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision::cli {

/// One option bound to a member of the program's parameter struct. Its value at declaration is the default printed.
struct option {
  std::string flag;   ///< "--clip-limit"
  std::string value;  ///< "NUMBER", "WxH", "FILE", "" for a switch
  std::string help;
  std::string default_text;          ///< as printed; empty when there is none
  std::vector<std::string> choices;  ///< closed set, empty when open
  bool changes_results = true;       ///< false: not in `steps`, not in the journal's key
  bool common = false;               ///< declared by the runtime for every program
  bool repeats = false;
  /// Text to member; throws error(E_OPTION, …, request) for a value it cannot take.
  std::function<void(const std::string&)> assign;
  /// The member's value now, as `steps` and the journal's key hold it.
  std::function<step_value()> current;
  bool given = false;

  option& one_of(std::vector<std::string> allowed) {
    choices = std::move(allowed);
    return *this;
  }
  option& called(std::string placeholder) {
    value = std::move(placeholder);
    return *this;
  }
  option& without_effect_on_results() {
    changes_results = false;
    return *this;
  }
  option& default_is(std::string text) {
    default_text = std::move(text);
    return *this;
  }
};

/// What every program accepts; read by the runtime.
struct common_options {
  std::vector<std::string> inputs;
  std::string out;
  std::string as;
  int jobs = 0;  ///< 0: the CPUs that affinity and cgroup allow
  bool resume = false, force = false, quiet = false, progress = false;
  std::string format = "png";
  std::string shard;  ///< "I/N"
};

class command {
 public:
  command(std::string name, std::string synopsis);
  command(command&&) noexcept = default;

  command& describe(std::string paragraph);
  command& reads(std::string what);
  command& writes(std::string what);
  command& example(std::string line, std::string meaning);
  command& reference(std::string citation);

  /// A switch, a number, a text, or a list (repeated; of numbers also comma-separated). Ranges are inclusive.
  option& add(std::string flag, bool& target, std::string help);
  option& add(std::string flag, int& target, std::string help, int low, int high);
  option& add(std::string flag, std::int64_t& target, std::string help, std::int64_t low, std::int64_t high);
  option& add(std::string flag, double& target, std::string help, double low, double high);
  option& add(std::string flag, std::string& target, std::string help);
  option& add(std::string flag, std::vector<std::string>& target, std::string help);
  option& add(std::string flag, std::vector<double>& target, std::string help);
  /// A list of words without commas: comma-separated or repeated.
  option& add_words(std::string flag, std::vector<std::string>& target, std::string help);
  /// "WxH", two positive whole numbers, or "N" for NxN.
  option& add_size(std::string flag, int& width, int& height, std::string help);

  /// A required positional before the manifests, "CARD" for instance.
  command& positional(std::string name, std::string& target, std::string help);

  /// The program decodes pictures: declares --max-pixels and --max-bytes on these members.
  command& limits(std::int64_t& max_pixels, std::int64_t& max_bytes);
  /// The program writes files: --out is required whenever records are processed.
  command& needs_out();

  /// Runs once after parsing, before the first record: load a model, check options that depend on each other.
  /// Throws error with blame request or environment.
  command& before(std::function<void()> start);
  /// `flag` runs `act` instead of the stream; the text it returns is printed, its bool is success.
  /// alone: it needs no positional; the positionals may be absent.
  command& instead(std::string flag, std::string help, std::function<std::pair<std::string, bool>()> act,
                   bool alone = false);
  /// Something else that results depend on: ("card.sha256", …), ("device", "cpu"). Part of the journal's key and of
  /// `steps`. Call it in before().
  void depends_on(std::string name, std::string value);

  std::string name, synopsis, description, reads_text, writes_text;
  std::vector<std::pair<std::string, std::string>> examples;
  std::vector<std::string> references;
  std::vector<std::unique_ptr<option>> options;
  struct positional_argument {
    std::string name, help;
    std::string* target;
  };
  std::vector<positional_argument> positionals;
  struct alternative {
    std::string flag, help;
    std::function<std::pair<std::string, bool>()> act;
    bool alone = false;
  };
  std::vector<alternative> alternatives;
  std::function<void()> start;
  std::vector<std::pair<std::string, std::string>> dependencies;
  common_options common;
  bool out_required = false;
  bool leaves_step = true;  ///< false: records come out as they came in, without a step (med-shard)
  bool keeps_journal =
      true;  ///< false: what is said of a record depends on others, so that no key of its own proves it
  bool reads_pictures = false;                   ///< limits() was called
  bool reads_records = true;                     ///< false: positionals are no manifests
  std::string inputs_called = "MANIFEST|IMAGE";  ///< the positionals, as --help names them

 private:
  option& declare(std::string flag, std::string value, std::string help);
  void add_common();
};

/// What was asked for and changes results: positionals, options given, dependencies. So `steps` and studies hold it.
std::vector<std::pair<std::string, step_value>> options_given(const command& program);

/// Fills the bound members from the command line. Throws error (E_OPTION, blame request) with a sentence, also for a
/// positional that is missing when they are `required`.
void parse_options(command& program, const std::vector<std::string>& arguments, bool required = true);

}  // namespace medvision::cli

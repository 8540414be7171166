// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "medvision/error.hpp"

namespace medvision::cli {
namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw error("E_OPTION", sentence, blame::request); }

template <class Number>
Number number_of(const std::string& flag, const std::string& text, Number low, Number high) {
  Number v{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), v);
  const bool read = problem == std::errc{} && end == text.data() + text.size();
  if (!read || !(v >= low && v <= high))
    refuse(fmt::format("{} takes a {}number from {} to {}, met '{}'", flag, std::is_integral_v<Number> ? "whole " : "",
                       low, high, text));
  return v;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t comma; (comma = text.find(',', begin)) != std::string::npos; begin = comma + 1)
    parts.push_back(text.substr(begin, comma - begin));
  parts.push_back(text.substr(begin));
  return parts;
}

template <class List>
std::string joined(const List& list) {
  return fmt::format("{}", fmt::join(list, ","));
}

template <class Number>
void bind_number(option& o, Number& target, Number low, Number high) {
  o.default_text = fmt::format("{}", target);
  o.assign = [&o, &target, low, high](const std::string& t) { target = number_of(o.flag, t, low, high); };
  if constexpr (std::is_integral_v<Number>)
    o.current = [&target] { return step_value(std::int64_t(target)); };
  else
    o.current = [&target] { return step_value(target); };
}

option* find_option(command& program, const std::string& flag) {
  for (const auto& o : program.options)
    if (o->flag == flag) return o.get();
  return nullptr;
}

// What the parser would say in its own words, or take for something else: "--size= 9" means no size of 9.
void check_arguments(command& program, const std::vector<std::string>& arguments) {
  std::vector<const option*> met;
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    const std::string& a = arguments[i];
    const bool negative = a.size() > 1 && a[1] >= '0' && a[1] <= '9';
    if (a.size() < 2 || a[0] != '-' || negative) continue;
    const std::size_t equals = a.find('=');
    const std::string flag = a.substr(0, equals);
    const option* o = find_option(program, flag);
    if (!o) refuse(fmt::format("there is no option {}", flag));
    if (o->value.empty()) {
      if (equals != std::string::npos) refuse(fmt::format("{} is a switch and takes no value, met '{}'", flag, a));
      continue;
    }
    if (!o->repeats && std::find(met.begin(), met.end(), o) != met.end()) refuse(fmt::format("{} is said twice", flag));
    met.push_back(o);
    const bool apart = equals == std::string::npos;
    if (apart && i + 1 == arguments.size()) refuse(fmt::format("{} takes {}, and nothing follows it", flag, o->value));
    const std::string value = apart ? arguments[++i] : a.substr(equals + 1);
    if (value.empty()) refuse(fmt::format("{} takes {}, met an empty text", flag, o->value));
    if (apart && find_option(program, value))
      refuse(fmt::format("{} takes {}, met the option {}", flag, o->value, value));
  }
}

}  // namespace

command::command(std::string program_name, std::string one_line)
    : name(std::move(program_name)), synopsis(std::move(one_line)) {
  add_common();
}

command& command::describe(std::string paragraph) {
  description += (description.empty() ? "" : "\n\n") + std::move(paragraph);
  return *this;
}
command& command::reads(std::string what) {
  reads_text = std::move(what);
  return *this;
}
command& command::writes(std::string what) {
  writes_text = std::move(what);
  return *this;
}
command& command::example(std::string line, std::string meaning) {
  examples.emplace_back(std::move(line), std::move(meaning));
  return *this;
}
command& command::reference(std::string citation) {
  references.push_back(std::move(citation));
  return *this;
}

option& command::declare(std::string flag, std::string value, std::string help) {
  options.push_back(std::make_unique<option>());
  option& o = *options.back();
  o.flag = std::move(flag);
  o.value = std::move(value);
  o.help = std::move(help);
  return o;
}

option& command::add(std::string flag, bool& target, std::string help) {
  option& o = declare(std::move(flag), "", std::move(help));
  o.assign = [&target](const std::string&) { target = true; };
  o.current = [&target] { return step_value(target); };
  return o;
}

option& command::add(std::string flag, int& target, std::string help, int low, int high) {
  option& o = declare(std::move(flag), "N", std::move(help));
  bind_number(o, target, low, high);
  return o;
}

option& command::add(std::string flag, std::int64_t& target, std::string help, std::int64_t low, std::int64_t high) {
  option& o = declare(std::move(flag), "N", std::move(help));
  bind_number(o, target, low, high);
  return o;
}

option& command::add(std::string flag, double& target, std::string help, double low, double high) {
  option& o = declare(std::move(flag), "NUMBER", std::move(help));
  bind_number(o, target, low, high);
  return o;
}

option& command::add(std::string flag, std::string& target, std::string help) {
  option& o = declare(std::move(flag), "TEXT", std::move(help));
  o.default_text = target;
  o.assign = [&o, &target](const std::string& t) {
    if (!o.choices.empty() && std::find(o.choices.begin(), o.choices.end(), t) == o.choices.end())
      refuse(fmt::format("{} takes one of {}, met '{}'", o.flag, fmt::join(o.choices, ", "), t));
    target = t;
  };
  o.current = [&target] { return step_value(target); };
  return o;
}

option& command::add(std::string flag, std::vector<std::string>& target, std::string help) {
  option& o = declare(std::move(flag), "TEXT", std::move(help));
  o.default_text = joined(target);
  o.repeats = true;
  o.assign = [&o, &target](const std::string& t) {
    if (!o.given) target.clear();
    target.push_back(t);
  };
  o.current = [&target] { return step_value(joined(target)); };
  return o;
}

option& command::add_words(std::string flag, std::vector<std::string>& target, std::string help) {
  option& o = add(std::move(flag), target, std::move(help));
  o.assign = [&o, &target](const std::string& t) {
    if (!o.given) target.clear();
    for (const std::string& word : split(t)) target.push_back(word);
  };
  return o;
}

option& command::add(std::string flag, std::vector<double>& target, std::string help) {
  option& o = declare(std::move(flag), "NUMBER,...", std::move(help));
  o.default_text = joined(target);
  o.assign = [&o, &target](const std::string& t) {
    target.clear();
    constexpr double most = std::numeric_limits<double>::max();
    for (const std::string& part : split(t)) target.push_back(number_of(o.flag, part, -most, most));
  };
  o.current = [&target] { return step_value(joined(target)); };
  return o;
}

option& command::add_size(std::string flag, int& width, int& height, std::string help) {
  option& o = declare(std::move(flag), "WxH", std::move(help));
  if (width > 0 && height > 0) o.default_text = fmt::format("{}x{}", width, height);
  o.assign = [&o, &width, &height](const std::string& t) {
    const std::size_t x = t.find('x');
    if (x == std::string::npos && !t.empty() && t.find_first_not_of("0123456789") == std::string::npos) {
      width = height = number_of(o.flag, t, 1, 1 << 20);
      return;
    }
    if (x == std::string::npos) refuse(fmt::format("{} takes WIDTHxHEIGHT, such as 608x480, met '{}'", o.flag, t));
    width = number_of(o.flag, t.substr(0, x), 1, 1 << 20);
    height = number_of(o.flag, t.substr(x + 1), 1, 1 << 20);
  };
  o.current = [&width, &height] { return step_value(fmt::format("{}x{}", width, height)); };
  return o;
}

command& command::positional(std::string argument, std::string& target, std::string help) {
  positionals.push_back({std::move(argument), std::move(help), &target});
  return *this;
}

command& command::limits(std::int64_t& max_pixels, std::int64_t& max_bytes) {
  reads_pictures = true;
  constexpr std::int64_t most = std::int64_t{1} << 53;
  for (option* o :
       {&add("--max-pixels", max_pixels, "refuse a picture of more pixels, from its header", 1, most),
        &add("--max-bytes", max_bytes, "refuse a picture of more bytes once decoded, from its header", 1, most)}) {
    o->common = true;
    o->changes_results = false;
  }
  return *this;
}

command& command::needs_out() {
  out_required = true;
  return *this;
}
command& command::before(std::function<void()> action) {
  start = std::move(action);
  return *this;
}
command& command::instead(std::string flag, std::string help, std::function<std::pair<std::string, bool>()> act,
                          bool alone) {
  alternatives.push_back({std::move(flag), std::move(help), std::move(act), alone});
  return *this;
}
void command::depends_on(std::string what, std::string value) {
  dependencies.emplace_back(std::move(what), std::move(value));
}

void command::add_common() {
  auto& c = common;
  std::vector<option*> all = {
      &add("--out", c.out, "folder for every file written; files are OUT/<id>.<name>.<ext>").called("DIR"),
      &add("--as", c.as, "name of the product instead of the program's word; prefix of map, feature and score names")
           .called("NAME"),
      &add("--jobs", c.jobs, "records in hand at once; 0 means the processors this process may use", 0, 4096),
      &add("--resume", c.resume, "replay what the journal in OUT proves done, do the rest"),
      &add("--force", c.force, "replace files that are there, but none that a record names as input"),
      &add("--format", c.format, "format of pictures written")
           .one_of({"png", "tiff", "pgm", "npy"})
           .called("png|tiff|pgm|npy"),
      &add("--quiet", c.quiet, "no warnings and no progress line; failures are still told"),
      &add("--progress", c.progress, "a progress line also where stderr is no terminal"),
      &add("--shard", c.shard, "only the records of shard I of N, counted from 0, split by patient").called("I/N"),
  };
  for (option* o : all) {
    o->common = true;
    o->changes_results = o->flag == "--as" || o->flag == "--format";
  }
}

std::vector<std::pair<std::string, step_value>> options_given(const command& program) {
  std::vector<std::pair<std::string, step_value>> options;
  for (const auto& p : program.positionals) options.emplace_back(p.name, *p.target);
  for (const auto& o : program.options)
    if (o->given && o->changes_results) options.emplace_back(o->flag.substr(2), o->current());
  for (const auto& [name, value] : program.dependencies) options.emplace_back(name, value);
  return options;
}

void parse_options(command& program, const std::vector<std::string>& arguments, bool required) {
  check_arguments(program, arguments);
  CLI::App app;
  app.set_help_flag();
  app.allow_windows_style_options(false);
  std::vector<std::vector<std::string>> texts(program.options.size());
  std::vector<bool> flags(program.options.size(), false);
  std::vector<CLI::Option*> bound;
  for (std::size_t i = 0; i < program.options.size(); ++i) {
    const option& o = *program.options[i];
    if (o.value.empty()) {
      bound.push_back(app.add_flag(o.flag)->disable_flag_override());
    } else {
      bound.push_back(app.add_option(o.flag, texts[i])->expected(1)->allow_extra_args(false));
      bound.back()->multi_option_policy(o.repeats ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
    }
  }
  std::vector<std::string> rest;
  app.add_option("positionals", rest)->expected(0, 1 << 28);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& e) {
    refuse(e.what());
  }
  for (std::size_t i = 0; i < program.options.size(); ++i) {
    option& o = *program.options[i];
    if (o.value.empty() && bound[i]->count() > 0) o.assign(""), o.given = true;
    for (const std::string& t : texts[i]) o.assign(t), o.given = true;
  }
  std::size_t taken = 0;
  for (const auto& p : program.positionals) {
    if (taken == rest.size() && !required) break;
    if (taken == rest.size()) refuse(fmt::format("{} is missing: {}", p.name, p.help));
    *p.target = rest[taken++];
  }
  program.common.inputs.assign(rest.begin() + std::ptrdiff_t(taken), rest.end());
  const std::string& as = program.common.as;
  const auto allowed = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; };
  if (!std::all_of(as.begin(), as.end(), allowed))
    refuse(fmt::format("--as takes letters, digits, '_' and '-', met '{}'", as));
}

}  // namespace medvision::cli

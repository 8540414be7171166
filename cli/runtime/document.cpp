// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/document.hpp"

#include <fmt/format.h>

#include <opencv2/core/version.hpp>
#include <sstream>

namespace medvision::cli {
namespace {

std::string signature(const command& p) {
  std::string line = p.name + " [options]";
  for (const auto& a : p.positionals) line += " " + a.name;
  return line + " [" + p.inputs_called + " ...]";
}

std::string left_column(const option& o) { return o.value.empty() ? o.flag : o.flag + " " + o.value; }

std::string right_column(const option& o) {
  std::string text = o.help;
  if (!o.choices.empty() && o.value == "TEXT") text += fmt::format(" [{}]", fmt::join(o.choices, "|"));
  if (!o.default_text.empty()) text += fmt::format(" (default {})", o.default_text);
  if (o.repeats) text += "; may be repeated";
  return text;
}

// Words of `text` in lines of at most `width`, the second line on indented by `indent`.
std::string wrap(const std::string& text, std::size_t width, std::size_t indent) {
  std::istringstream words(text);
  std::string out, word;
  std::size_t used = indent;
  while (words >> word) {
    if (used > indent && used + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      used = indent;
    }
    if (used > indent) out += ' ', ++used;
    out += word;
    used += word.size();
  }
  return out;
}

const char* exit_statuses[][2] = {
    {"0", "every record is well"},
    {"1", "some records failed; they are in the stream, marked"},
    {"2", "the request is wrong: options, manifest, model, checksum, existing output"},
    {"3", "the environment failed: disk full, device absent, no memory; a retry elsewhere may help"}};

template <class Each>
void options_of(const command& p, bool common, Each each) {
  for (const auto& o : p.options)
    if (o->common == common) each(left_column(*o), right_column(*o));
  if (!common)
    for (const auto& a : p.alternatives) each(a.flag, a.help);
  if (common) {
    each("--help[=man|markdown]", "this page, as a man page, or as Markdown");
    each("--version", "versions of medvision and of the libraries underneath");
  }
}

// Man pages take '-' and '.' literally only when escaped.
std::string roff(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string cell(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

std::string version() { return MEDVISION_VERSION; }

std::string version_text(const command& program) {
  return fmt::format("{} (medvision) {}, OpenCV {}\n", program.name, version(), CV_VERSION);
}

std::string help_text(const command& p) {
  std::string out = fmt::format("{}: {}\n\nusage: {}\n", p.name, p.synopsis, signature(p));
  std::istringstream paragraphs(p.description);
  for (std::string line; std::getline(paragraphs, line);) out += line.empty() ? "" : "\n" + wrap(line, 100, 0) + "\n";
  if (!p.reads_text.empty()) out += "\nreads   " + wrap(p.reads_text, 100, 8) + "\n";
  if (!p.writes_text.empty())
    out += (p.reads_text.empty() ? "\nwrites  " : "writes  ") + wrap(p.writes_text, 100, 8) + "\n";
  const auto each = [&](const std::string& l, const std::string& r) {
    out += l.size() <= 24 ? fmt::format("  {:<24}  {}\n", l, wrap(r, 100, 28))
                          : fmt::format("  {}\n{:28}{}\n", l, "", wrap(r, 100, 28));
  };
  for (const auto& a : p.positionals) out += "\n", each(a.name, a.help);
  out += "\noptions\n";
  options_of(p, false, each);
  out += "\noptions of every program\n";
  options_of(p, true, each);
  if (!p.examples.empty()) out += "\nexamples\n";
  for (const auto& [line, meaning] : p.examples) out += fmt::format("  {}\n      {}\n", line, wrap(meaning, 100, 6));
  out += "\nexit status\n";
  for (const auto& s : exit_statuses) out += fmt::format("  {}  {}\n", s[0], s[1]);
  if (!p.references.empty()) out += "\nreferences\n";
  for (const std::string& r : p.references) out += "  " + wrap(r, 100, 2) + "\n";
  return out + "\nNot for clinical use.\n";
}

std::string help_man(const command& p) {
  std::string upper = p.name;
  for (char& c : upper) c = char(std::toupper(static_cast<unsigned char>(c)));
  std::string out = fmt::format(".TH {} 1 \"\" \"medvision {}\" \"medvision\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}\n",
                                roff(upper), version(), roff(p.name), roff(p.synopsis), roff(signature(p)));
  if (!p.description.empty()) {
    out += ".SH DESCRIPTION\n";
    std::istringstream lines(p.description);
    for (std::string line; std::getline(lines, line);) out += line.empty() ? ".PP\n" : roff(line) + "\n";
  }
  if (!p.reads_text.empty()) out += ".PP\nReads: " + roff(p.reads_text) + "\n";
  if (!p.writes_text.empty()) out += ".PP\nWrites: " + roff(p.writes_text) + "\n";
  const auto each = [&](const std::string& l, const std::string& r) {
    out += ".TP\n.B " + roff(l) + "\n" + roff(r) + "\n";
  };
  out += ".SH OPTIONS\n";
  for (const auto& a : p.positionals) each(a.name, a.help);
  options_of(p, false, each);
  out += ".SS Options of every program\n";
  options_of(p, true, each);
  if (!p.examples.empty()) out += ".SH EXAMPLES\n";
  for (const auto& [line, meaning] : p.examples) out += ".TP\n.B " + roff(line) + "\n" + roff(meaning) + "\n";
  out += ".SH EXIT STATUS\n";
  for (const auto& s : exit_statuses) each(s[0], s[1]);
  if (!p.references.empty()) out += ".SH REFERENCES\n";
  for (const std::string& r : p.references) out += roff(r) + "\n.br\n";
  return out + ".SH NOTES\nNot for clinical use.\n";
}

std::string help_markdown(const command& p) {
  std::string out = fmt::format("## {}\n\n{}.\n\n```\n{}\n```\n", p.name, p.synopsis, signature(p));
  if (!p.description.empty()) out += "\n" + p.description + "\n";
  if (!p.reads_text.empty()) out += "\n**Reads** " + p.reads_text + "\n";
  if (!p.writes_text.empty()) out += "\n**Writes** " + p.writes_text + "\n";
  out += "\n| option | meaning |\n|---|---|\n";
  const auto each = [&](const std::string& l, const std::string& r) {
    out += fmt::format("| `{}` | {} |\n", cell(l), cell(r));
  };
  for (const auto& a : p.positionals) each(a.name, a.help);
  options_of(p, false, each);
  for (const auto& o : p.options)  // the common ones stand once at the head of the page, but for limits
    if (o->flag == "--max-pixels")
      each(left_column(*o), right_column(*o));
    else if (o->flag == "--max-bytes")
      each(left_column(*o), right_column(*o));
  if (!p.examples.empty()) out += "\nExamples\n\n```\n";
  for (const auto& [line, meaning] : p.examples) out += fmt::format("# {}\n{}\n", meaning, line);
  if (!p.examples.empty()) out += "```\n";
  for (const std::string& r : p.references) out += "\n* " + r;
  return out + (p.references.empty() ? "" : "\n");
}

std::string help_markdown_common(const command& p) {
  std::string out = "| option | meaning |\n|---|---|\n";
  options_of(p, true, [&](const std::string& l, const std::string& r) {
    out += fmt::format("| `{}` | {} |\n", cell(l), cell(r));
  });
  out += "\n| exit status | meaning |\n|---|---|\n";
  for (const auto& s : exit_statuses) out += fmt::format("| {} | {} |\n", s[0], s[1]);
  return out;
}

}  // namespace medvision::cli

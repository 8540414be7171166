// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/around.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ios>
#include <new>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>

#include "cli/runtime/document.hpp"
#include "cli/runtime/last_words.hpp"
#include "cli/runtime/stream.hpp"
#include "medvision/error.hpp"
#include "medvision/record/shard.hpp"

namespace medvision::cli {
namespace {

const last_words prepared;

int ignore_opencv_error(int, const char*, const char*, const char*, int, void*) { return 0; }

// A closed standard stream would be given to the next file opened, and records written into a picture.
void hold_standard_streams() {
  if (fcntl(0, F_GETFD) == -1) open("/dev/null", O_WRONLY);  // write-only: reading it fails, as it should
  if (fcntl(1, F_GETFD) == -1) open("/dev/null", O_RDONLY);  // read-only: writing to it fails, as it should
  if (fcntl(2, F_GETFD) == -1) open("/dev/null", O_WRONLY);
}

int blame_status(const error& e) { return e.who() == blame::environment ? 3 : e.who() == blame::request ? 2 : 1; }

int say_fatal(const command& program, const error& e) {
  const std::string hint = e.code() == "E_OPTION" ? fmt::format("; see {} --help", program.name) : "";
  const std::string line = fmt::format("{}: {}{}\n", program.name, e.what(), hint);
  [[maybe_unused]] const auto n = write(2, line.data(), line.size());
  return blame_status(e);
}

// --help, --version and what a program does instead of its stream. True: done, with `status`.
bool answered(command& program, const std::vector<std::string>& arguments, int& status) {
  status = 0;
  for (const std::string& a : arguments) {
    if (a == "--") break;
    std::string text;
    if (a == "--help" || a == "-h")
      text = help_text(program);
    else if (a == "--help=man")
      text = help_man(program);
    else if (a == "--help=markdown")
      text = help_markdown(program);
    else if (a == "--help=markdown-common")
      text = help_markdown_common(program);
    else if (a.starts_with("--help="))
      throw error("E_OPTION", fmt::format("--help takes man or markdown, met '{}'", a.substr(7)), blame::request);
    else if (a == "--version")
      text = version_text(program);
    else
      continue;
    write_out(text);
    return true;
  }
  return false;
}

// Everything around the stream: signals, parsing, alternatives, statuses.
int around(command& program, int argc, char** argv, const std::function<int()>& stream) {
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_IGN);
  hold_standard_streams();
  std::ios::sync_with_stdio(false);  // faster, and only then a standard input that breaks is no end of it
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  cv::redirectError(ignore_opencv_error);
  try {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    int status = 0;
    if (!answered(program, arguments, status)) {
      for (const auto& other : program.alternatives) {
        const auto at = std::find(arguments.begin(), arguments.end(), other.flag);
        if (at == arguments.end()) continue;
        arguments.erase(at);
        parse_options(program, arguments, !other.alone);
        const thread_limit limit(available_processors(), true, 0);
        const auto [text, good] = other.act();
        write_out(text);
        return good ? 0 : 1;
      }
      parse_options(program, arguments);
      status = stream();
    }
    if (close(1) != 0 && errno != EBADF)
      throw error("E_WRITE", fmt::format("standard output could not be closed: {}", std::strerror(errno)),
                  blame::environment);
    return status;
  } catch (const error& e) {
    return say_fatal(program, e);
  } catch (const std::bad_alloc&) {
    return say_fatal(program, error("E_NOMEM", "no memory is left", blame::environment));
  } catch (const std::exception& e) {
    return say_fatal(program, error("E_INTERNAL", e.what(), blame::environment));
  }
}

// Before the first record nothing can be a record's fault: a file an option names, say, that cannot be read.
void start(const command& program) {
  try {
    program.start();
  } catch (const error& e) {
    throw error(e.code(), e.what(), e.who() == blame::item ? blame::request : e.who());
  }
}

}  // namespace

int with_session(command& program, int argc, char** argv, int opencv_threads,
                 const std::function<int(session&)>& work) {
  return around(program, argc, argv, [&] {
    if (!program.common.shard.empty()) program.common.shard = shard::parse(program.common.shard).text();
    const bool engine = opencv_threads > 1;
    const int jobs = jobs_of(program.common.jobs);
    const int wanted = threads_of(jobs, engine);
    const thread_limit limit(wanted, engine, jobs);
    program.common.jobs = std::min(jobs, limit.threads());
    cv::setNumThreads(std::min(opencv_threads, limit.engine_threads()));
    if (program.start) start(program);
    session s(program);
    if (limit.threads() < wanted)
      s.told().note(fmt::format("only {} of {} threads can be started here", limit.threads(), wanted));
    return work(s);
  });
}

}  // namespace medvision::cli

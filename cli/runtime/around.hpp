// SPDX-License-Identifier: Apache-2.0
// What every program does around its stream: signals, options, what stands in for the stream, threads, the status.
#pragma once

#include <functional>

#include "cli/runtime/command.hpp"
#include "cli/runtime/session.hpp"

namespace medvision::cli {

/// Reads the options, answers --help and its like, and else runs `work` with a session, OpenCV with at most so many
/// threads. What is thrown becomes a sentence and a status: 2 for the request, 3 for the environment.
int with_session(command& program, int argc, char** argv, int opencv_threads, const std::function<int(session&)>& work);

}  // namespace medvision::cli

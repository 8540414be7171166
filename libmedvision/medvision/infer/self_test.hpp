// SPDX-License-Identifier: Apache-2.0
// Does this engine on this device compute the function that the card publishes?
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <utility>

#include "medvision/infer/session.hpp"

namespace medvision {

/// The card's recipe "ramp": H×W of `channels`, 8U; channel c holds (7x + 13y + 31c + (x y) mod 17) mod 256.
cv::Mat ramp_picture(cv::Size size, int channels);

/// Runs the recipe's input whole, at its own size, and compares samples, shapes and means with the card's. Features
/// are the recipe over 255, K×D as the card's size says; a region is the whole picture. Of a system, each part's.
///   card_path  card.json or its folder. device: what each_device takes.
///   returns    one JSON document (card, hash, device, engine, and for each output the largest difference of a sample
///              and of the mean, the tolerance and whether it passed), and whether all passed. Of several
///              devices a document each.
///   throws     as the session's constructor; E_CARD (request) when the card, or that of a part, has no self-test.
std::pair<std::string, bool> run_self_test(const std::string& card_path, const std::string& device);

}  // namespace medvision

// SPDX-License-Identifier: Apache-2.0
// The rules a model must keep before OpenCV's importer may see it.
#include "medvision/infer/onnx_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <opencv2/core/version.hpp>
#include <unordered_map>
#include <unordered_set>

#include "medvision/error.hpp"

namespace medvision {
namespace {

using names = std::unordered_set<std::string_view>;

[[noreturn]] void refuse(const onnx_node& n, const std::string& what) {
  throw error("E_MODEL", fmt::format("{} {}", describe(n), what), blame::request);
}

[[noreturn]] void refuse(const std::string& sentence) { throw error("E_MODEL", sentence, blame::request); }

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

void check_operator(const onnx_node& n) {
  if (!n.domain.empty() && n.domain != "ai.onnx")
    refuse(n, fmt::format("is of the domain '{}', which is not read", printable(n.domain)));
  if (n.type.empty()) refuse(n, "has no operator");
  const bool nested = std::any_of(n.attributes.begin(), n.attributes.end(), [](const auto& a) { return a.subgraph; });
  if (nested || is_one_of(n.type, {"If", "Loop", "Scan", "SequenceMap"}))
    refuse(n, "holds a nested graph, which is not read: export the model without branches and loops");
  const bool old_importer = CV_VERSION_MAJOR == 4 && CV_VERSION_MINOR < 10;
  if (is_one_of(n.type, {"GridSample", "NonZero", "NonMaxSuppression", "Unique", "StringNormalizer"}) ||
      (old_importer && is_one_of(n.type, {"Einsum", "LayerNormalization", "TopK", "Trilu", "Range"})))
    refuse(n, fmt::format("is an operator that OpenCV {} does not read", CV_VERSION));
}

void check_counts(const onnx_node& n) {
  struct rule {
    std::string_view attribute;
    std::int64_t low, high;
  };
  static constexpr std::array<rule, 4> lists{
      {{"kernel_shape", 1, 1024}, {"strides", 1, 1024}, {"dilations", 1, 1024}, {"pads", -4096, 4096}}};
  for (const rule& r : lists) {
    const onnx_attribute* a = n.find(r.attribute);
    if (a == nullptr) continue;
    if (a->integers.size() > 16)
      refuse(n, fmt::format("has {} {}, expected at most 16", a->integers.size(), r.attribute));
    // Only Pad may cut (negative pads); a window operator with them is malformed.
    const std::int64_t low = r.attribute == "pads" && n.type != "Pad" ? 0 : r.low;
    for (const std::int64_t v : a->integers)
      if (v < low || v > r.high) refuse(n, fmt::format("has {} of {}, expected {} to {}", r.attribute, v, low, r.high));
  }
  const onnx_attribute* group = n.find("group");
  if (group != nullptr && group->integer && (*group->integer < 1 || *group->integer > 65536))
    refuse(n, fmt::format("has group {}, expected 1 to 65536", *group->integer));
}

std::string_view text_of(const onnx_node& n, std::string_view attribute, std::string_view otherwise) {
  const onnx_attribute* a = n.find(attribute);
  return a != nullptr && !a->text.empty() ? a->text : otherwise;
}

void check_resize(const onnx_node& n) {
  const std::string_view mode = text_of(n, "mode", "nearest");
  const std::string_view place = text_of(n, "coordinate_transformation_mode", "half_pixel");
  if (mode == "cubic") refuse(n, "resizes by cubic interpolation, which OpenCV does not read");
  if (mode == "nearest" && text_of(n, "nearest_mode", "round_prefer_floor") == "floor" && place != "asymmetric")
    refuse(n, fmt::format("takes the nearest cell with floor and {} coordinates, which OpenCV computes otherwise: "
                          "export with asymmetric coordinates",
                          place));
}

/// OpenCV does not read count_include_pad: it goes by the program that wrote the file.
void check_mean(const onnx_node& n, std::string_view producer) {
  const onnx_attribute *pads = n.find("pads"), *include = n.find("count_include_pad");
  const bool padded = is_one_of(text_of(n, "auto_pad", "NOTSET"), {"SAME_UPPER", "SAME_LOWER"}) ||
                      (pads != nullptr && std::any_of(pads->integers.begin(), pads->integers.end(),
                                                      [](std::int64_t v) { return v != 0; }));
  const bool counted = include != nullptr && include->integer.value_or(0) != 0;
  if (!padded || counted == (producer == "pytorch")) return;
  refuse(n, counted ? "counts the padding in its means, which OpenCV leaves out where the model's producer_name is not "
                      "'pytorch': pad in a node of its own"
                    : "leaves the padding out of its means, which OpenCV counts where the model's producer_name is "
                      "'pytorch': export under another");
}

void check_convolution(const onnx_node& n, const std::unordered_map<std::string_view, const onnx_tensor*>& constants) {
  const onnx_attribute* kernel = n.find("kernel_shape");
  if (kernel == nullptr) refuse(n, "does not state kernel_shape, which OpenCV needs: export it with the attribute");
  if (n.inputs.size() < 2) refuse(n, fmt::format("has {} inputs, expected a picture and weights", n.inputs.size()));
  const auto weights = constants.find(n.inputs[1]);
  if (weights == constants.end()) return;
  const std::vector<std::int64_t>& dims = weights->second->dims;
  if (dims.size() != kernel->integers.size() + 2 ||
      !std::equal(kernel->integers.begin(), kernel->integers.end(), dims.begin() + 2))
    refuse(n, "has weights of another shape than its kernel_shape");
  const onnx_attribute* group = n.find("group");
  const std::int64_t groups = group != nullptr && group->integer ? *group->integer : 1;
  const std::int64_t outputs = n.type == "Conv" ? dims[0] : dims[1] * groups;
  if (dims[0] % groups != 0) refuse(n, fmt::format("has {} filters for {} groups", dims[0], groups));
  if (n.inputs.size() < 3 || n.inputs[2].empty()) return;
  const auto bias = constants.find(n.inputs[2]);
  if (bias != constants.end() && bias->second->elements != outputs)
    refuse(n, fmt::format("has a bias of {} values for {} channels", bias->second->elements, outputs));
}

void check_order(const names& later, const onnx_node& n, names& made) {
  for (const std::string_view input : n.inputs) {
    if (input.empty() || made.contains(input)) continue;
    refuse(n, fmt::format("reads '{}', which {}", printable(input),
                          later.contains(input) ? "is made only after it: the graph is cyclic or out of order"
                                                : "nothing makes"));
  }
  for (const std::string_view output : n.outputs)
    if (!output.empty() && !made.insert(output).second)
      refuse(n, fmt::format("makes '{}', which is there already", printable(output)));
}

model_port to_port(const onnx_port& p) { return {std::string(p.name), p.shape.value_or(std::vector<std::int64_t>{})}; }

}  // namespace

model_summary check_onnx(std::string_view bytes, const onnx_limits& limits) {
  const onnx_graph g = read_onnx(bytes, limits);
  if (g.nodes.empty()) refuse("the model has no node");
  if (g.outputs.empty()) refuse("the model has no output");

  model_summary summary;
  summary.nodes = g.nodes.size();
  summary.opset = g.opset;
  names made, later;
  std::unordered_map<std::string_view, const onnx_tensor*> constants;
  for (const onnx_tensor& t : g.initializers) {
    if (!constants.emplace(t.name, &t).second) refuse("two initializers have one name");
    made.insert(t.name);
    summary.parameters += t.elements;
  }
  for (const onnx_port& p : g.inputs) {
    if (constants.contains(p.name)) continue;
    if (p.name.empty() || !made.insert(p.name).second) refuse("an input of the model has no name, or one used twice");
    summary.inputs.push_back(to_port(p));
  }
  for (const onnx_node& n : g.nodes) later.insert(n.outputs.begin(), n.outputs.end());
  for (const onnx_node& n : g.nodes) {
    check_operator(n);
    summary.asks_sizes |= n.type == "Shape" || n.type == "Size";
    check_counts(n);
    check_order(later, n, made);
    if (is_one_of(n.type, {"Conv", "ConvTranspose"})) check_convolution(n, constants);
    if (n.type == "AveragePool") check_mean(n, g.producer);
    if (n.type == "Resize" || n.type == "Upsample") check_resize(n);
    if (n.type == "InstanceNormalization" && n.find("epsilon") == nullptr)
      refuse(n, "does not state epsilon, which OpenCV needs: export it with the attribute");
    if (n.type == "Constant" && n.outputs.size() == 1 && n.find("value") != nullptr && n.find("value")->tensor)
      constants.emplace(n.outputs[0], &*n.find("value")->tensor);
  }
  for (const onnx_port& p : g.outputs) {
    if (!made.contains(p.name)) refuse(fmt::format("the model's output '{}' is made by no node", printable(p.name)));
    summary.outputs.push_back(to_port(p));
  }
  return summary;
}

}  // namespace medvision

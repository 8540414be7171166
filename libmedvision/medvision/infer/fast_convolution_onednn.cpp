// SPDX-License-Identifier: Apache-2.0
// A layer of OpenCV's dnn whose convolution is oneDNN's.
#ifdef MEDVISION_ONEDNN
#include <fmt/format.h>

#include <mutex>
#include <new>
#include <opencv2/core.hpp>
#include <opencv2/dnn/all_layers.hpp>
#include <opencv2/dnn/layer.details.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "medvision/infer/fast_convolution.hpp"
#include "medvision/infer/fast_convolution_layer.hpp"
#include "medvision/infer/fast_convolution_plan.hpp"

namespace medvision {
namespace {

using dnnl::memory;

/// Knows its shapes from the engine's own layer.
class convolution_layer : public cv::dnn::Layer {
 public:
  /// Takes the weights out of `params`, so that they are there once: as given until there is a plan, then in its form.
  convolution_layer(cv::dnn::LayerParams& params, cv::Ptr<cv::dnn::BaseConvolutionLayer> own)
      : Layer(params), own_(std::move(own)), weights_(blobs[0]), bias_(cv::Mat::zeros(1, blobs[0].size[0], CV_32F)) {
    if (blobs.size() > 1 && !blobs[1].empty()) bias_ = blobs[1].reshape(1, 1);
    static float no_numbers = 0;  // the engine's own layer asks for the shape alone
    own_->blobs[0] = cv::Mat(weights_.dims, weights_.size.p, CV_32F, &no_numbers);
    blobs.clear();
    params.blobs.clear();
    const auto signed_of = [](const std::vector<std::size_t>& v) { return memory::dims(v.begin(), v.end()); };
    window_ = {signed_of(own_->strides), signed_of(own_->dilations), signed_of(own_->pads_begin),
               signed_of(own_->pads_end)};
    for (auto& d : window_.dilations) --d;  // 0 is none there
  }

  bool getMemoryShapes(const std::vector<cv::dnn::MatShape>& inputs, int wanted,
                       std::vector<cv::dnn::MatShape>& outputs,
                       std::vector<cv::dnn::MatShape>& internals) const override {
    return own_->getMemoryShapes(inputs, wanted, outputs, internals);
  }
  int64 getFLOPS(const std::vector<cv::dnn::MatShape>& in, const std::vector<cv::dnn::MatShape>& out) const override {
    return own_->getFLOPS(in, out);
  }
  bool supportBackend(int id) override { return id == cv::dnn::DNN_BACKEND_OPENCV; }

  /// New shapes: what was fused is told again afterwards.
  void finalize(cv::InputArrayOfArrays, cv::OutputArrayOfArrays) override {
    drop_plan();
    if (before_fusion_.empty()) return;
    weights_ = std::exchange(before_fusion_, {});
    bias_ = bias_before_fusion_;
  }

  /// The engine offers one activation after the other, normalisations among them; the first that can be done is taken.
  bool setActivation(const cv::Ptr<cv::dnn::ActivationLayer>& layer) override {
    if (layer.empty()) {
      drop_plan();
      after_ = {};
      return active_ = false;
    }
    const auto* relu = dynamic_cast<const cv::dnn::ReLULayer*>(layer.get());
    const auto* cut = dynamic_cast<const cv::dnn::ReLU6Layer*>(layer.get());
    if (active_ || (relu == nullptr && cut == nullptr)) return false;
    drop_plan();
    if (relu != nullptr)
      after_.append_eltwise(1, dnnl::algorithm::eltwise_relu, relu->negativeSlope, 0);
    else
      after_.append_eltwise(1, dnnl::algorithm::eltwise_clip, cut->minValue, cut->maxValue);
    return active_ = true;
  }

  bool tryFuse(cv::Ptr<Layer>& next) override {
    cv::Mat scale, shift;
    next->getScaleShift(scale, shift);
    const int outputs = bias_.cols;
    const auto fits = [&](const cv::Mat& m) { return m.empty() || (m.type() == CV_32F && int(m.total()) == outputs); };
    if (active_ || (scale.empty() && shift.empty()) || !fits(scale) || !fits(shift)) return false;
    drop_plan();
    if (before_fusion_.empty()) {
      before_fusion_ = weights_;
      bias_before_fusion_ = bias_;
    }
    weights_ = weights_.clone();
    bias_ = bias_.clone();
    cv::Mat rows = weights_.reshape(1, outputs);
    for (int o = 0; o < outputs; ++o) {
      const float factor = scale.empty() ? 1 : scale.ptr<float>()[o];
      rows.row(o) *= factor;
      bias_.at<float>(o) = bias_.at<float>(o) * factor + (shift.empty() ? 0 : shift.ptr<float>()[o]);
    }
    return true;
  }

  void forward(cv::InputArrayOfArrays given, cv::OutputArrayOfArrays made, cv::OutputArrayOfArrays) override {
    std::vector<cv::Mat> in, out;
    given.getMatVector(in);
    made.getMatVector(out);
    try {
      if (!plan_) {
        plan_.emplace(in[0], out[0], weights_, bias_, window_, after_);
        weights_.release();
      }
      plan_->run(in[0], out[0]);
    } catch (const dnnl::error& e) {
      if (e.status == dnnl_out_of_memory) throw std::bad_alloc();
      CV_Error(cv::Error::StsNotImplemented, e.what());
    }
  }

 private:
  void drop_plan() {
    if (plan_ && weights_.empty()) weights_ = plan_->plain_weights();
    plan_.reset();
  }

  cv::Ptr<cv::dnn::BaseConvolutionLayer> own_;
  convolution_window window_;
  cv::Mat weights_, bias_, before_fusion_, bias_before_fusion_;
  dnnl::post_ops after_;
  bool active_ = false;
  std::optional<convolution_plan> plan_;
};

cv::Ptr<cv::dnn::Layer> make_layer(cv::dnn::LayerParams& params) {
  cv::Ptr<cv::dnn::BaseConvolutionLayer> own = cv::dnn::ConvolutionLayer::create(params);
  bool ours = convolutions_wanted() && !params.blobs.empty() && params.blobs[0].dims == 4 &&
              params.blobs[0].type() == CV_32F && own->padMode.empty() && own->kernel_size.size() == 2;
  // A window that lies in the padding alone would make a strip without a row of the picture.
  for (std::size_t i = 0; ours && i < 2; ++i) {
    const std::size_t reach = own->dilations[i] * (own->kernel_size[i] - 1) + 1;
    ours = own->pads_begin[i] < reach && own->pads_end[i] < reach;
  }
  if (!ours) return own;
  return cv::Ptr<cv::dnn::Layer>(new convolution_layer(params, own));
}

}  // namespace

std::string convolution_library() {
  const dnnl::version_t& v = *dnnl::version();
  return fmt::format("oneDNN {}.{}.{}", v.major, v.minor, v.patch);
}

void register_convolution_layer() {
  static std::once_flag once;
  std::call_once(once, [] {
    dnnl_set_verbose(0);  // its variable would have it write between the records
    cv::dnn::LayerFactory::registerLayer("Convolution", make_layer);
  });
}

}  // namespace medvision
#endif

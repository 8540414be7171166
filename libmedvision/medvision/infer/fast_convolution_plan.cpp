// SPDX-License-Identifier: Apache-2.0
#ifdef MEDVISION_ONEDNN
#include "medvision/infer/fast_convolution_plan.hpp"

#include <omp.h>

#include <algorithm>
#include <opencv2/core.hpp>

namespace medvision {

using dnnl::memory;

namespace {

dnnl::engine& processor() {
  static dnnl::engine one(dnnl::engine::kind::cpu, 0);
  return one;
}

memory::dims dims_of(const cv::Mat& m) { return {m.size.p, m.size.p + m.dims}; }

memory::format_tag layout_of(const memory::dims& kernel) {
  return kernel.size() == 5 ? memory::format_tag::goihw : memory::format_tag::oihw;
}

memory::desc any_layout(const memory::dims& d) { return {d, memory::data_type::f32, memory::format_tag::any}; }

/// Its threads would wait by spinning, and there are other programs in a pipeline: the strips are shared out instead.
class one_thread {
 public:
  one_thread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~one_thread() { omp_set_num_threads(before_); }
  one_thread(const one_thread&) = delete;
  one_thread& operator=(const one_thread&) = delete;

 private:
  int before_;
};

/// Buffers of this thread, for one convolution after the other.
memory buffer(const memory::desc& wanted, int which) {
  thread_local std::vector<float> kept[3];
  const std::size_t floats = wanted.get_size() / sizeof(float) + 1;
  if (kept[which].size() < floats) {
    kept[which] = {};
    kept[which].resize(floats);
  }
  return {wanted, processor(), kept[which].data()};
}

/// Some rows of one picture of a batch, in the engine's own layout.
memory rows_of(const cv::Mat& m, int picture, int first, int count) {
  const memory::dim height = m.size[2], width = m.size[3];
  const memory::desc where({1, m.size[1], count, width}, memory::data_type::f32,
                           {m.size[1] * height * width, height * width, width, 1});
  return {where, processor(), const_cast<float*>(m.ptr<float>(picture)) + first * width};
}

/// A strip stays in the cache from one layout to the next, and no whole map is held twice. How rows are cut depends on
/// shapes alone, so that bytes do not depend on the number of threads.
std::vector<convolution_strip> cut_strips(const cv::Mat& in, const cv::Mat& out, const cv::Mat& weights,
                                          const convolution_window& w) {
  constexpr std::size_t least = 1 << 20, most = 1 << 22;
  const auto row = [](const cv::Mat& m) { return sizeof(float) * std::size_t(m.size[1]) * std::size_t(m.size[3]); };
  const std::size_t bytes = std::clamp(weights.total() * sizeof(float), least, most);
  const int height = out.size[2], stride = int(w.strides[0]);
  const int fits = int(bytes / std::max(row(in) * std::size_t(stride), row(out)));
  const int wanted = std::min(fits, std::max(8, height / 16));
  const int rows = std::max(1, wanted);
  const int reach = int(w.dilations[0] + 1) * (weights.size[2] - 1) + 1;
  std::vector<convolution_strip> all;
  for (int y = 0; y < height; y += rows) {
    const int count = std::min(rows, height - y), top = y * stride - int(w.before[0]);
    const int bottom = top + (count - 1) * stride + reach, from = std::clamp(top, 0, in.size[2] - 1);
    const int to = std::clamp(bottom, from + 1, in.size[2]);
    all.push_back({y, count, from, to - from, std::max(0, -top), std::max(0, bottom - in.size[2])});
  }
  return all;
}

/// The weights in the layout that a plan asks for.
memory arranged(const memory::desc& wanted, const memory::dims& kernel, const cv::Mat& weights) {
  memory from({kernel, memory::data_type::f32, layout_of(kernel)}, processor(), weights.data), to(wanted, processor());
  dnnl::stream now(processor());
  dnnl::reorder(from, to).execute(now, from, to);
  now.wait();
  return to;
}

}  // namespace

convolution_plan::convolution_plan(const cv::Mat& in, const cv::Mat& out, const cv::Mat& weights, const cv::Mat& bias,
                                   const convolution_window& w, const dnnl::post_ops& after)
    : strips_(cut_strips(in, out, weights, w)),
      shape_(weights.size.p, weights.size.p + weights.dims),
      kernel_(dims_of(weights)) {
  const one_thread here;
  const int groups = in.size[1] / weights.size[1], outputs = weights.size[0], inputs = weights.size[1];
  if (groups > 1) kernel_ = {groups, outputs / groups, inputs, weights.size[2], weights.size[3]};
  attributes_.set_post_ops(after);
  attributes_.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  bias_ = memory({{outputs}, memory::data_type::f32, memory::format_tag::x}, processor());
  std::copy_n(bias.ptr<float>(), outputs, static_cast<float*>(bias_.get_data_handle()));
  plan_strips(in, out, w);
  for (planned& p : plans_) {
    for (const planned& q : plans_)
      if (q.weights && q.plan.weights_desc() == p.plan.weights_desc()) p.weights = q.weights;
    if (!p.weights) p.weights = arranged(p.plan.weights_desc(), kernel_, weights);
  }
}

void convolution_plan::plan_strips(const cv::Mat& in, const cv::Mat& out, const convolution_window& w) {
  std::map<std::array<memory::dim, 4>, int> forms;
  for (const convolution_strip& s : strips_) {
    const auto [at, fresh] = forms.try_emplace({s.count, s.count_in, s.above, s.below}, int(plans_.size()));
    plan_of_strip_.push_back(at->second);
    if (!fresh) continue;
    // Winograd's algorithm was tried: twice as fast with 256 channels and more, but each thread needs room for its
    // kernels, which are four times as large, and a run took more memory than the same network in PyTorch.
    const dnnl::convolution_forward::desc wanted(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
        any_layout({1, in.size[1], s.count_in, in.size[3]}), any_layout(kernel_), bias_.get_desc(),
        any_layout({1, out.size[1], s.count, out.size[3]}), w.strides, w.dilations, {s.above, w.before[1]},
        {s.below, w.after[1]});
    const dnnl::convolution_forward::primitive_desc plan(wanted, attributes_, processor());
    plans_.push_back({plan, dnnl::convolution_forward(plan), {}});
  }
}

void convolution_plan::run(const cv::Mat& in, cv::Mat& out) const {
  const int strips = int(strips_.size());
  cv::parallel_for_({0, strips * in.size[0]}, [&](const cv::Range& some) {
    const one_thread here;
    for (int i = some.start; i < some.end; ++i) run_strip(in, out, i / strips, i % strips);
  });
}

cv::Mat convolution_plan::plain_weights() const {
  const one_thread here;
  cv::Mat plain(shape_, CV_32F);
  memory to({kernel_, memory::data_type::f32, layout_of(kernel_)}, processor(), plain.data), from = plans_[0].weights;
  dnnl::stream now(processor());
  dnnl::reorder(from, to).execute(now, from, to);
  now.wait();
  return plain;
}

void convolution_plan::run_strip(const cv::Mat& in, cv::Mat& out, int picture, int number) const {
  const convolution_strip& s = strips_[std::size_t(number)];
  const planned& p = plans_[std::size_t(plan_of_strip_[std::size_t(number)])];
  dnnl::stream now(processor());
  memory given = rows_of(in, picture, s.first_in, s.count_in), made = rows_of(out, picture, s.first, s.count);
  memory from = given, to = made;
  if (p.plan.src_desc() != given.get_desc()) {
    from = buffer(p.plan.src_desc(), 0);
    dnnl::reorder(given, from).execute(now, given, from);
  }
  if (p.plan.dst_desc() != made.get_desc()) to = buffer(p.plan.dst_desc(), 1);
  p.run.execute(now, {{DNNL_ARG_SRC, from},
                      {DNNL_ARG_WEIGHTS, p.weights},
                      {DNNL_ARG_BIAS, bias_},
                      {DNNL_ARG_DST, to},
                      {DNNL_ARG_SCRATCHPAD, buffer(p.plan.scratchpad_desc(), 2)}});
  if (p.plan.dst_desc() != made.get_desc()) dnnl::reorder(to, made).execute(now, to, made);
  now.wait();
}

}  // namespace medvision
#endif

# SPDX-License-Identifier: Apache-2.0
"""ONNX graphs written node by node: only operators that OpenCV 4.6 reads right, batch and sizes free, normalisation
folded wherever a convolution stands in front of it, and the same bytes for the same numbers."""
import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from keys import DENSENET121

EPSILON = 1e-5


def scale_and_shift(state, name, epsilon=EPSILON):
    """Batch normalisation as y = scale x + shift, in double."""
    weight, bias, mean, variance = (state[f"{name}.{part}"].astype(np.float64)
                                    for part in ("weight", "bias", "running_mean", "running_var"))
    scale = weight / np.sqrt(variance + epsilon)
    return scale, bias - mean * scale


class Graph:
    """A graph that grows; every method adds nodes and returns the name of the value made."""

    def __init__(self, name):
        self.name, self.opset = name, 11
        self.nodes, self.constants, self.inputs, self.outputs = [], [], [], []

    def input(self, name, *shape):
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def output(self, name, *shape):
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def node(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name, array, kind=np.float32):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array, kind), name))
        return name

    def conv(self, source, name, kernel, bias=None, stride=1, pads=None, relu=False, group=1):
        """`pads`: top, left, bottom, right; half the kernel when left out.  `relu`: True, or "relu6", which is cut at 6."""
        size = kernel.shape[2:]
        pads = [size[0] // 2, size[1] // 2] * 2 if pads is None else pads
        inputs = [source, self.constant(f"{name}_W", kernel)]
        if bias is not None:
            inputs.append(self.constant(f"{name}_b", bias))
        self.node("Conv", inputs, name, kernel_shape=list(size), strides=[stride] * 2, dilations=[1, 1], group=group,
                  pads=pads)
        if relu == "relu6":
            self.opset = 10  # its Clip has the ends as attributes, and OpenCV 4.6 reads no other
            return self.node("Clip", [name], f"{name}_relu6", min=0.0, max=6.0)
        return self.node("Relu", [name], f"{name}_relu") if relu else name

    def conv_norm(self, source, name, state, conv, norm, **options):
        """A convolution without bias and the normalisation behind it, as one convolution."""
        scale, shift = scale_and_shift(state, norm)
        kernel = state[f"{conv}.weight"] * scale[:, None, None, None]
        return self.conv(source, name, kernel, shift, **options)

    def norm_relu(self, source, name, state, norm):
        """Normalisation that no convolution can take over, then ReLU."""
        parts = [self.constant(f"{name}_{part}", state[f"{norm}.{part}"])
                 for part in ("weight", "bias", "running_mean", "running_var")]
        self.node("BatchNormalization", [source, *parts], name, epsilon=EPSILON)
        return self.node("Relu", [name], f"{name}_relu")

    def linear(self, source, name, weight, bias=None):
        """weight: outputs x inputs, of the last axis of a matrix."""
        bias = np.zeros(len(weight)) if bias is None else bias
        return self.node("Gemm", [source, self.constant(f"{name}_W", weight), self.constant(f"{name}_b", bias)], name,
                         alpha=1.0, beta=1.0, transA=0, transB=1)

    def bytes(self):
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=6)
        model.ClearField("producer_name")
        checker.check_model(model)
        return model.SerializeToString(deterministic=True)


def resnet22(graph, source, state, name, first_pad=3):
    """The trunk.  Returns the raw sums of the five stages, and the last one normalised and through its ReLU."""
    x = graph.conv(source, "first_conv", state[f"{name}.first_conv.weight"], stride=2, pads=[first_pad] * 4)
    x = graph.node("MaxPool", [x], "first_pool", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 0, 0])
    stages = []
    for stage in range(5):
        for block in (0, 1):
            at, key = f"stage{stage}_{block}", f"{name}.layer_list.{stage}.{block}"
            stride = 2 if stage and not block else 1
            a = graph.norm_relu(x, f"{at}_bn1", state, f"{key}.bn1")
            if block == 0:  # the shortcut takes the activated picture, not the raw one
                x = graph.conv(a, f"{at}_shortcut", state[f"{key}.downsample.0.weight"], stride=stride)
            b = graph.conv_norm(a, f"{at}_conv1", state, f"{key}.conv1", f"{key}.bn2", stride=stride, relu=True)
            b = graph.conv(b, f"{at}_conv2", state[f"{key}.conv2.weight"])
            x = graph.node("Add", [b, x], f"{at}_sum")
        stages.append(x)
    return stages, graph.norm_relu(x, "final_bn", state, f"{name}.final_bn")


def resnet_v1(graph, source, state, name, counts, strides=(1, 2, 2, 2)):
    """ResNet-18 or 34 without its head; name ends in a dot, or is empty.

    All its input channels hold the same grey picture, so there is one: the kernels are summed.
    """
    scale, shift = scale_and_shift(state, f"{name}bn1")
    kernel = state[f"{name}conv1.weight"].astype(np.float64).sum(1, keepdims=True) * scale[:, None, None, None]
    x = graph.conv(source, "conv1", kernel, shift, stride=2, relu=True)
    x = graph.node("MaxPool", [x], "pool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for stage, (count, first) in enumerate(zip(counts, strides), 1):
        for block in range(count):
            at, key = f"layer{stage}_{block}", f"{name}layer{stage}.{block}"
            stride = first if block == 0 else 1
            b = graph.conv_norm(x, f"{at}_conv1", state, f"{key}.conv1", f"{key}.bn1", relu=True, stride=stride)
            b = graph.conv_norm(b, f"{at}_conv2", state, f"{key}.conv2", f"{key}.bn2")
            if f"{key}.downsample.0.weight" in state:
                x = graph.conv_norm(x, f"{at}_shortcut", state, f"{key}.downsample.0", f"{key}.downsample.1",
                                    stride=stride)
            x = graph.node("Relu", [graph.node("Add", [b, x], f"{at}_sum")], f"{at}_relu")
    return x


def same_pads(kernel, stride):
    """"SAME" of TensorFlow where the stride divides the size: top, left, bottom, right; the odd one comes after."""
    total = max(0, kernel - stride)
    return [total // 2] * 2 + [total - total // 2] * 2


def densenet121(graph, source, state):
    """The patch classifier up to its last normalisation, on sizes that 32 divides.

    Zeros are padded before the pool as well; it stands behind a ReLU, so they change nothing.
    """
    scale, shift = scale_and_shift(state, "features.norm0")
    kernel = state["features.conv0.weight"].astype(np.float64).sum(1, keepdims=True) * scale[:, None, None, None]
    x = graph.conv(source, "conv0", kernel, shift, stride=2, pads=same_pads(7, 2), relu=True)
    x = graph.node("MaxPool", [x], "pool0", kernel_shape=[3, 3], strides=[2, 2], pads=same_pads(3, 2))
    for number, count in enumerate(DENSENET121, 1):
        for layer in range(1, count + 1):
            at, key = f"block{number}_{layer}", f"features.denseblock{number}.denselayer{layer}"
            a = graph.norm_relu(x, f"{at}_norm1", state, f"{key}.norm1")
            a = graph.conv_norm(a, f"{at}_conv1", state, f"{key}.conv1", f"{key}.norm2", relu=True)
            a = graph.conv(a, f"{at}_conv2", state[f"{key}.conv2.weight"])
            x = graph.node("Concat", [x, a], f"{at}_joined", axis=1)
        if number < len(DENSENET121):
            at = f"transition{number}"
            x = graph.norm_relu(x, f"{at}_norm", state, f"features.{at}.norm")
            x = graph.conv(x, f"{at}_conv", state[f"features.{at}.conv.weight"])
            x = graph.node("AveragePool", [x], f"{at}_pool", kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0])
    return graph.norm_relu(x, "norm5", state, "features.norm5")

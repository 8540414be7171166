// SPDX-License-Identifier: Apache-2.0
// Decode, blob, forward, encode, one after the other, with OpenCV and the convolutions that med-infer has.
//   plain_infer MODEL OUTPUT WIDTH MULTIPLE MEAN STD FOLDER PICTURE ...
#include <cstdlib>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "medvision/infer/fast_convolution.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/tensor_file.hpp"

int main(int, char** argv) {
  const medvision::fast_convolutions here(true);
  cv::dnn::Net net = cv::dnn::readNetFromONNX(argv[1]);
  const double width = std::atof(argv[3]), mean = std::atof(argv[5]), deviation = std::atof(argv[6]);
  const int multiple = std::atoi(argv[4]);
  const std::string output = argv[2], out = argv[7];
  int n = 0;
  for (char** path = argv + 8; *path; ++path) {
    cv::Mat image = medvision::read_image(*path);
    const double factor = width > 0 ? width / std::max(image.cols, image.rows) : 1;
    if (factor != 1) cv::resize(image, image, {}, factor, factor, factor < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    const cv::Size inner = image.size();
    const auto fill = [&](int side) { return (multiple - side % multiple) % multiple; };
    cv::copyMakeBorder(image, image, 0, fill(inner.height), 0, fill(inner.width), cv::BORDER_REFLECT_101);
    net.setInput(cv::dnn::blobFromImage(image, 1 / (255 * deviation), {}, cv::Scalar::all(mean * 255)));
    const cv::Mat values = net.forward(output);
    const cv::Mat plane(values.size[2], values.size[3], CV_32F, const_cast<float*>(values.ptr<float>()));
    medvision::write_tensor(out + "/" + std::to_string(++n) + ".npy", plane(cv::Rect({}, inner)).clone());
  }
}

// SPDX-License-Identifier: Apache-2.0
// An empty program linked to opencv_core: what a start costs at least.
#include <opencv2/core.hpp>

int main() { return cv::Mat(1, 1, CV_8U, cv::Scalar(0)).at<unsigned char>(0, 0); }

// SPDX-License-Identifier: Apache-2.0
// Films of DDSM, the Digital Database for Screening Mammography: bare streams of lossless JPEG (process 14) of 12 or 16
// bits, or what the database's own decoder made of them, 16-bit words, the high byte first; and an .ics text beside.
// The stream is decoded by GDCM, as one fragment of a DICOM picture. Made to the published description: no original was
// at hand, and of some originals it is said that decoders disagree.
#pragma once

#include <string>

#include "medvision/io/dicom_file.hpp"

namespace medvision {

/// By its name: see ddsm_name_of.
bool is_ddsm(const std::string& path);

/// Width, height and depth (16U), having held the file's first and last bytes, or its size, against the .ics.
/// Throws E_MISSING, E_READ (the film or its .ics), E_DDSM_VALUE (the .ics), E_DECODE (no JPEG), E_TRUNCATED (cut),
/// E_UNSUPPORTED (a JPEG that is not lossless, or of several samples), E_SHAPE (another size or more bits than the .ics
/// says), E_TOO_LARGE.
image_info ddsm_size(const std::string& path, const image_limits& limits = {});

/// A film as read_dicom has a picture: grey levels in `pixels` (H×W, 16U), and in the header what they mean, spacing,
/// tags (side, view, scanner, …) and identity (the case, as patient).
/// as_density: the levels mean optical density (see density_meaning), for which the scanner must be known; else
/// themselves.
/// Throws as ddsm_size; E_UNSUPPORTED (a scanner without calibration); E_DECODE (a damaged stream, a level of more bits
/// than the .ics says); E_BUILD (environment) where a stream meets a build without GDCM.
dicom_picture read_ddsm(const std::string& path, bool as_density, const image_limits& limits = {});

/// The .ics that speaks of the film; "" when the path is not called as a film is.
std::string ddsm_case_file(const std::string& path);

}  // namespace medvision

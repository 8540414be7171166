# SPDX-License-Identifier: Apache-2.0
"""med-import on every file of shared/data/dicom: the stored values of pydicom, DCMTK and Pillow, the grey values of
pydicom's LUT functions, or a marked case that stands in MARKED with its code."""
import json
import os
import shutil
import subprocess
import warnings
from pathlib import Path

import numpy as np

from tier import REFERENCE, Skip, sh

DATA = REFERENCE / "data" / "dicom"
# What cannot be imported, and why the record says so.
MARKED = {"HTJ2KLossless_08_RGB.dcm": "E_UNSUPPORTED", "HTJ2K_08_RGB.dcm": "E_UNSUPPORTED",      # no decoder
          "SC_rgb_32bit.dcm": "E_UNSUPPORTED", "SC_rgb_expb_32bit.dcm": "E_UNSUPPORTED", "SC_rgb_rle_32bit.dcm": "E_UNSUPPORTED",
          "emri_small_jpeg_2k_lossless_too_short.dcm": "E_TRUNCATED",    # the last fragment lacks its end
          "multiframe.dcm": "E_DICOM_VALUE"}   # tiles of a slide: the last ones are smaller than Rows and Columns
# What no other decoder here reads, and the file that holds the same picture.
TWINS = {f"liver{kind}_{coding}.dcm": f"liver{kind}.dcm" for kind in ("", "_nonbyte_aligned") for coding in ("deflate", "j2k", "rle")}
ALONE = ("JLSL_08_07_0_1F.dcm",)   # 7 bits of JPEG-LS, which DCMTK takes for damage
# Lossy bitstreams: two decoders may round the inverse transform differently.
LOSSY_STEPS = 2


def oracles():
    if not DATA.is_dir():
        raise Skip("../shared/data/dicom is absent")
    try:
        import pydicom
    except ImportError as absent:
        raise Skip("python3-pydicom is not installed") from absent
    for tool in ("dcmdjpeg", "dcmdjpls", "zstd"):
        if not shutil.which(tool):
            raise Skip(f"{tool} is not installed")
    warnings.simplefilter("ignore")
    return pydicom


def files():
    """Every file, the packed ones unpacked into the working folder."""
    for path in sorted(p for p in DATA.rglob("*") if p.is_file() and p.name not in ("README.md", "manifest.csv")):
        if path.suffix == ".zst":
            unpacked = Path(path.stem)
            subprocess.run(["zstd", "-qdf", str(path), "-o", str(unpacked)], check=True)
            path = unpacked.resolve()
        yield path


def decoded(pydicom, path):
    """The data set with pixels that pydicom can give as an array, by a decoder that is not ours."""
    data = pydicom.dcmread(path, force=True)
    if "TransferSyntaxUID" not in data.file_meta:
        data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2" if data.is_implicit_VR else "1.2.840.10008.1.2.1"
    uid = str(data.file_meta.TransferSyntaxUID)
    if uid.startswith("1.2.840.10008.1.2.4.") and int(uid.rsplit(".", 1)[1]) <= 81:
        tool = "dcmdjpls" if int(uid.rsplit(".", 1)[1]) >= 80 else "dcmdjpeg +cn"
        done = subprocess.run(f"{tool} '{path}' native.dcm", shell=True, capture_output=True, check=False)
        if done.returncode == 0:
            data = pydicom.dcmread("native.dcm", force=True)
    return data


def lift_groups(data, number):
    """What the functional groups say of a frame goes where pydicom's functions look for it."""
    shared, own = data.get("SharedFunctionalGroupsSequence", []), data.get("PerFrameFunctionalGroupsSequence", [])
    for group in [*shared[:1], *own[number - 1:number]]:
        for name in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
            for macro in group.get(name, []):
                data.update(macro)
    return data


def frame_of(data, number, lossy):
    values = data.pixel_array
    values = values[number - 1] if int(data.get("NumberOfFrames", 1) or 1) > 1 else values
    bits = int(data.BitsStored)
    if data.SamplesPerPixel == 1 and bits < 16 and lossy and not data.PixelRepresentation:
        return np.minimum(values.astype(np.int32), (1 << bits) - 1)   # lossy codecs overshoot a little
    if data.SamplesPerPixel == 1 and bits < 16:   # pydicom leaves what lies above the stored bits
        values = values.astype(np.int32) & ((1 << bits) - 1)
        values = np.where(values >= 1 << (bits - 1), values - (1 << bits), values) if data.PixelRepresentation else values
    return values


def imported(path, options, frames):
    """(record, pixels): R, G, B where there are three."""
    import PIL.Image
    Path("in.jsonl").write_text(json.dumps({"id": "x", "image": str(path)}) + "\n")
    frame = f"--frame-number {frames} " if frames > 1 else ""
    met = sh(f"med-import {frame}{options} --force --format npy --out out in.jsonl", timeout=120)
    assert met.status in (0, 1), f"{path.name}: status {met.status}\n{met.err}"
    record = json.loads(met.out)
    lines = met.err.splitlines()
    assert all(line.startswith("med-import: ") for line in lines), f"{path.name}: a library spoke\n{met.err}"
    return record, None if "error" in record else np.load(record["image"])


def stored_steps(data, values):
    """What --voi none must give: steps above the least value the bits can hold, turned where the slope is negative."""
    bits = int(data.BitsStored)
    values = values.astype(np.int64) & ((1 << bits) - 1)
    if data.PixelRepresentation:
        values = np.where(values >= 1 << (bits - 1), values - (1 << bits), values) + (1 << (bits - 1))
    return values


def needed_bits(lut):
    entries = np.frombuffer(lut.LUTData, "<u2") if isinstance(lut.LUTData, bytes) else np.array(lut.LUTData)
    return int(entries.max()).bit_length()


def pydicom_gray(data, values):
    """The default, by pydicom's functions, whose windows end at the ends of the modality values; None where it has none."""
    from pydicom.pixel_data_handlers import util
    bits = int(data.BitsStored)
    modality = util.apply_modality_lut(values, data)
    if "VOILUTSequence" in data:
        lut = data.VOILUTSequence[0]
        top = (1 << int(lut.LUTDescriptor[2])) - 1
        out = util.apply_voi(modality, data).astype(np.float64)
    elif "WindowCenter" in data:
        seen = util.apply_windowing(modality, data).astype(np.float64)
        if "ModalityLUTSequence" in data:
            bits = needed_bits(data.ModalityLUTSequence[0])
            low, high = 0, (1 << bits) - 1
        else:
            low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if data.PixelRepresentation else (0, (1 << bits) - 1)
            slope, intercept = float(data.get("RescaleSlope", 1)), float(data.get("RescaleIntercept", 0))
            low, high = low * slope + intercept, high * slope + intercept
        top = (1 << bits) - 1
        out = np.floor((seen - low) / (high - low) * top + 0.5)
    elif "ModalityLUTSequence" in data:
        top, out = (1 << needed_bits(data.ModalityLUTSequence[0])) - 1, modality.astype(np.float64)
    else:
        top, out = (1 << bits) - 1, stored_steps(data, values).astype(np.float64)
    low_is_white = data.PhotometricInterpretation == "MONOCHROME1" or data.get("PresentationLUTShape") == "INVERSE"
    return top - out if low_is_white else out


def rgb(pydicom, data, values):
    from pydicom.pixel_data_handlers import util
    if data.PhotometricInterpretation == "PALETTE COLOR":
        return util.apply_color_lut(values, data)
    if data.PhotometricInterpretation in ("YBR_FULL", "YBR_FULL_422"):
        return util.convert_color_space(values, data.PhotometricInterpretation, "RGB")
    return values


def largest(met, expected):
    assert met.shape == expected.shape, f"shape {met.shape}, expected {expected.shape}"
    return float(np.abs(met.astype(np.float64) - expected.astype(np.float64)).max())


def check_file(pydicom, path):
    """A line of the table."""
    header = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    frames = int(header.get("NumberOfFrames", 1) or 1)
    record, _ = imported(path, "", 1)
    if frames > 1:
        assert record.get("error", {}).get("code") in ("E_PAGES", MARKED.get(path.name)), f"{path.name}: {record}"
    record, plain = imported(path, "--voi none --monochrome keep", frames)
    if "error" in record or path.name in MARKED:
        code = record.get("error", {}).get("code")
        assert code == MARKED.get(path.name), f"{path.name}: {record.get('error', 'a picture')}, expected {MARKED.get(path.name)}"
        return f"marked {code}: {record['error']['what'].replace(str(path), '')[2:]}"
    if path.name in ALONE:
        return "imported; no other decoder here reads it"
    lossy = pydicom.uid.UID(header.file_meta.get("TransferSyntaxUID", "1.2.840.10008.1.2")) in (
        "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55",
        "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91")
    data = decoded(pydicom, path.with_name(TWINS.get(path.name, path.name)))
    try:
        values = frame_of(data, frames, lossy)
    except Exception as unable:  # pylint: disable=broad-except
        raise AssertionError(f"{path.name}: no other decoder: {unable}") from unable
    data = lift_groups(data, frames)
    if record["channels"] == 3:
        difference = largest(plain, rgb(pydicom, data, values))
        assert difference <= (LOSSY_STEPS if lossy else 1), f"{path.name}: colours differ by {difference}"
        return f"colour, {record['tags']['bits']} bits, {record['tags']['transfer_syntax']}: largest difference {difference:g}"
    if "ModalityLUTSequence" not in data:
        difference = largest(plain, stored_steps(data, values))
        assert difference <= (LOSSY_STEPS if lossy else 0), f"{path.name}: stored values differ by {difference}"
    else:
        difference = 0
    record, gray = imported(path, "", frames)
    step = largest(gray, pydicom_gray(data, values))
    return (f"{record['tags']['bits']} bits, {record['tags']['transfer_syntax']}, {record['tags']['voi']}: stored values "
            f"differ by {difference:g}, grey by {step:g}"), step, difference


def every_file_is_right_or_marked():
    pydicom = oracles()
    wrong, marked, right = [], 0, 0
    for path in files():
        try:
            line = check_file(pydicom, path)
            if isinstance(line, tuple):
                line, step, difference = line
                assert difference > 0 or step <= 1, f"{path.name}: grey values differ by {step}"
            marked += line.startswith("marked")
            right += not line.startswith("marked")
            print(f"# {path.name}: {line}")
        except AssertionError as reason:
            wrong.append(str(reason))
            print(f"# {path.name}: WRONG {str(reason)[:200]}")
    print(f"# {right} files right, {marked} marked, {len(wrong)} wrong")
    assert not wrong, f"{len(wrong)} files\n" + "\n".join(wrong)
    assert right >= 80, f"only {right} files were right: is the data set there?"


def syntaxes_agree():
    """The same picture in many lossless syntaxes: the same pixels."""
    oracles()
    groups = {"CT1_": ("CT1_UNC", "CT1_J2KR", "CT1_JLSL", "CT1_JPLL", "CT1_RLE"),
              "RG3_": ("RG3_UNC", "RG3_J2KR", "RG3_JLSL", "RG3_JPLL", "RG3_RLE"),
              "CTImage.dcm": ("CTImage.dcm", *(f"CTImage.dcm_{name}.dcm" for name in (
                  "BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2", "DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99",
                  "JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90", "JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80",
                  "JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70", "JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57",
                  "LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1", "LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2",
                  "RLELosslessTransferSyntax_1.2.840.10008.1.2.5"))),
              "emri": ("emri_small.dcm", "emri_small_RLE.dcm", "emri_small_big_endian.dcm", "emri_small_jpeg_2k_lossless.dcm",
                       "emri_small_jpeg_ls_lossless.dcm"),
              "liver": ("liver.dcm", "liver_deflate.dcm", "liver_expb.dcm", "liver_j2k.dcm", "liver_rle.dcm")}
    there = {path.name: path for path in files()}
    for group, names in groups.items():
        first = None
        for name in names:
            record, pixels = imported(there[name], "", 2 if group in ("emri", "liver") else 1)
            assert pixels is not None, f"{name}: {record['error']}"
            first = pixels if first is None else first
            assert np.array_equal(first, pixels), f"{name} differs from {names[0]} by up to {largest(first, pixels)}"
        print(f"# {group}: {len(names)} transfer syntaxes, the same pixels")


def polarity_is_turned_on_the_bits():
    """Chest and leg of MONOCHROME1: each value is 1023 less the stored one through the window, whatever the range met."""
    oracles()
    for name in ("CR-MONO1-10-chest", "RG3_JLSL"):
        _, pixels = imported(DATA / "xray" / name, "", 1)
        _, as_stored = imported(DATA / "xray" / name, "--monochrome keep", 1)
        assert np.array_equal(pixels, 1023 - as_stored.astype(int)), f"{name}: not turned on its 10 bits"


def identity_stays():
    """No text of the header longer than 3 letters that is no code string of the list is in any output."""
    pydicom = oracles()
    checked = 0
    for path in files():
        data = pydicom.dcmread(path, force=True, stop_before_pixels=True)
        record, _ = imported(path, "--salt s", int(data.get("NumberOfFrames", 1) or 1))
        said = json.dumps(record["tags"]) if "tags" in record else ""
        for name in ("PatientName", "PatientID", "PatientBirthDate", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID",
                     "AccessionNumber", "InstitutionName", "ReferringPhysicianName", "StudyDate"):
            value = str(data.get(name, "") or "")
            if len(value) > 3:
                checked += 1
                assert value not in said, f"{path.name}: {name} is in the record"
    assert checked > 100, f"only {checked} values were looked for"


def add_to(tier):
    tier.run("DICOM: every file is right or marked", every_file_is_right_or_marked)
    tier.run("DICOM: transfer syntaxes agree", syntaxes_agree)
    tier.run("DICOM: MONOCHROME1 is turned on its bits", polarity_is_turned_on_the_bits)
    tier.run("DICOM: identity stays behind", identity_stays)

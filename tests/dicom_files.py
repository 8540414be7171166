#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""DICOM files of a few hundred bytes, written element by element: explicit VR, little endian. Run as a program, it
writes those of the golden cases of med-import and med-scan."""
import struct
from pathlib import Path

LONG = ("OB", "OW", "SQ", "UN", "UT")


def element(tag, vr, value):
    """value: bytes, a text, a whole number (a word), or a list of them."""
    if isinstance(value, str):
        value = value.encode("latin-1")
    if isinstance(value, int):
        value = [value]
    if isinstance(value, list):
        value = struct.pack(f"<{len(value)}H", *value)
    value += (b"\0" if vr in ("UI", "OB") else b" ") * (len(value) % 2)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    return head + (struct.pack("<HI", 0, len(value)) if vr in LONG else struct.pack("<H", len(value))) + value


def item(elements):
    body = data_set(elements)
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body


def data_set(elements):
    return b"".join(element(tag, *elements[tag]) for tag in sorted(elements))


def gray(width, height, values, bits=12, **more):
    """Elements of a grey picture in 16-bit words. more: t<8 hex digits of a tag>=(VR, value)."""
    elements = {0x00080060: ("CS", "MG"), 0x00280002: ("US", 1), 0x00280004: ("CS", "MONOCHROME2"),
                0x00280010: ("US", height), 0x00280011: ("US", width), 0x00280100: ("US", 16), 0x00280101: ("US", bits),
                0x00280102: ("US", bits - 1), 0x00280103: ("US", 0), 0x7FE00010: ("OW", list(values))}
    elements.update({int(name[1:], 16): value for name, value in more.items()})
    return elements


def dicom(elements, syntax="1.2.840.10008.1.2.1"):
    return bytes(128) + b"DICM" + element(0x00020010, "UI", syntax) + data_set(elements)


RAMP = [0, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4050, 4090, 4095]
BREAST = {"t00080068": ("CS", "FOR PRESENTATION"), "t00100010": ("PN", "Doe^Jane"), "t00100020": ("LO", "77-1234"),
          "t00181164": ("DS", "0.07\\0.08"), "t00185101": ("CS", "MLO"), "t0020000d": ("UI", "1.2.3.4.5"),
          "t00200062": ("CS", "L")}
WINDOWS = {"t00281050": ("DS", "2000\\1000"), "t00281051": ("DS", "2001\\401"), "t00281056": ("CS", "LINEAR")}
LUT = {"t00283010": ("SQ", item({0x00283002: ("US", [4096, 0, 10]), 0x00283006: ("OW", [v // 4 for v in range(4096)])}))}


def write_golden(golden):
    def put(case, name, data):
        (golden / case / name).parent.mkdir(parents=True, exist_ok=True)
        (golden / case / name).write_bytes(data)
    put("med-import/windows", "a.dcm", dicom(gray(4, 3, RAMP, **WINDOWS)))
    put("med-import/identity", "a.dcm", dicom(gray(4, 3, RAMP, **BREAST)))
    for name, shape in (("low", "MONOCHROME1"), ("high", "MONOCHROME2")):
        values = [4095 - v for v in RAMP] if name == "low" else RAMP
        put("med-import/monochrome1", f"{name}.dcm", dicom(gray(4, 3, values, t00280004=("CS", shape))))
    put("med-import/frames", "two.dcm", dicom(gray(4, 3, RAMP + RAMP[::-1], t00280008=("IS", "2"))))
    for name, data in (("good", dicom(gray(4, 3, RAMP))), ("cut", dicom(gray(4, 3, RAMP))[:-3]), ("text", b"no DICOM" * 20),
                       ("report", dicom({0x00080016: ("UI", "1.2.840.10008.5.1.4.1.1.88.11"), 0x00080060: ("CS", "SR")})),
                       ("slope", dicom(gray(4, 3, RAMP, t00281053=("DS", "0")))),
                       ("huge", dicom(gray(60000, 60000, RAMP))),
                       ("htj2k", dicom(gray(4, 3, RAMP), "1.2.840.10008.1.2.4.201"))):
        put("med-import/some-fail", f"{name}.dcm", data)
    put("med-import/wrong-voi", "a.dcm", dicom(gray(4, 3, RAMP)))
    put("med-scan/dicom", "studies/p1.dcm", dicom(gray(4, 3, RAMP, **BREAST)))
    put("med-scan/dicom", "studies/report.dcm", dicom({0x00080060: ("CS", "SR")}))


if __name__ == "__main__":
    write_golden(Path(__file__).resolve().parent / "golden")

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Small files that each target of the fuzzers starts from: seeds.py FOLDER writes FOLDER/TARGET/NAME."""
import io
import json
import sys
import zlib
from pathlib import Path

import numpy
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from ddsm_files import case_text  # noqa: E402
from dicom_files import BREAST, LUT, RAMP, WINDOWS, data_set, dicom, gray, item  # noqa: E402
from tier import WEIGHTS  # noqa: E402


def array(values, version=None):
    out = io.BytesIO()
    numpy.lib.format.write_array(out, values, version, allow_pickle=False)
    return out.getvalue()


def arrays():
    for name, kind in (("u1", "u1"), ("u2", "<u2"), ("f4", "<f4"), ("f8", "<f8"), ("big", ">f4"), ("i8", "<i8")):
        yield name, array(numpy.arange(12, dtype=kind).reshape(3, 4))
    yield "cube", array(numpy.zeros((2, 3, 4), numpy.float32))
    yield "fortran", array(numpy.asfortranarray(numpy.arange(6, dtype="f4").reshape(2, 3)))
    yield "version2", array(numpy.arange(4, dtype="f4"), (2, 0))
    yield "point", array(numpy.float32(3))
    yield "nan", array(numpy.array([1, numpy.nan, numpy.inf], numpy.float32))


def coded_pictures():
    """Of each codec a few: by Pillow, but for what it does not write."""
    gray, color = numpy.arange(0, 240, dtype=numpy.uint8).reshape(12, 20), numpy.arange(0, 720 * 7, 7).astype(numpy.uint8).reshape(12, 20, 3)
    deep = (numpy.arange(240, dtype=numpy.uint16) * 250).reshape(12, 20)

    def coded(values, kind, mode=None, **options):
        out = io.BytesIO()
        picture = Image.fromarray(values)
        (picture.convert(mode) if mode else picture).save(out, kind, **options)
        return out.getvalue()
    turned = Image.Exif()
    turned[0x0112] = 6
    for name, values, mode in (("gray", gray, None), ("color", color, None), ("deep", deep, None), ("palette", color, "P"),
                               ("bits", gray, "1"), ("alpha", color, "RGBA")):
        yield f"png-{name}", coded(values, "PNG", mode)
    for name, values, options in (("gray", gray, {}), ("color", color, {"exif": turned}), ("progressive", color, {"progressive": True})):
        yield f"jpeg-{name}", coded(values, "JPEG", **options)
    yield "jpeg-cmyk", coded(color, "JPEG", "CMYK")
    for name, values, options in (("raw", gray, {}), ("lzw", color, {"compression": "tiff_lzw"}), ("bits", gray, {"compression": "packbits"}),
                                  ("deflate", deep, {"compression": "tiff_adobe_deflate"}), ("float", gray.astype(numpy.float32), {}),
                                  ("pages", gray, {"save_all": True, "append_images": [Image.fromarray(gray)]})):
        yield f"tiff-{name}", coded(values, "TIFF", **options)
    yield "gif", coded(gray, "GIF")
    yield "gif-frames", coded(gray, "GIF", save_all=True, append_images=[Image.fromarray(gray[::-1].copy())])
    yield "npy", array(gray)
    yield from pictures()


def pictures():
    yield "p1", b"P1\n# a comment\n4 2\n0101\n1 0 1 0\n"
    yield "p2", b"P2\n3 2\n4095\n0 1 2 # c\n4000 4095 7\n"
    yield "p3", b"P3 1 2 255 1 2 3 4 5 6"
    yield "p4", b"P4\n9 2\n\xff\x80\x00\x00"
    yield "p5", b"P5\n4 2\n255\n" + bytes(range(8))
    yield "p5-16", b"P5 2 2 65535\n" + bytes(range(8))
    yield "p6", b"P6\n#x\n2 1\n255\n" + bytes(range(6))
    yield "p7", b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\nab"
    yield "large", b"P5 99999999999 1 255\n"


def dicoms():
    yield "plain", dicom(gray(4, 3, RAMP))
    yield "breast", dicom(gray(4, 3, RAMP, **BREAST, **WINDOWS))
    yield "lut", dicom(gray(4, 3, RAMP, **{k: ("SQ", item({0x00283002: ("US", [4, 0, 10]), 0x00283006: ("OW", [0, 1, 2, 3])}))
                                          for k in LUT}))
    yield "signed", dicom(gray(4, 3, RAMP, t00280103=("US", 1), t00281052=("DS", "-1024"), t00281053=("DS", "2")))
    yield "frames", dicom(gray(2, 2, range(12), t00280008=("IS", "3")))
    yield "odd-bits", dicom(gray(4, 3, RAMP, t00280102=("US", 15)))
    yield "color", dicom({**gray(2, 1, [1, 2, 3], 8), 0x00280002: ("US", 3), 0x00280004: ("CS", "RGB"), 0x00280006: ("US", 0),
                          0x00280100: ("US", 8), 0x00280102: ("US", 7)})
    yield "deep", dicom(gray(4, 3, RAMP, t00081140=("SQ", item({0x00081140: ("SQ", item({0x00080060: ("CS", "MG")}))}))))
    for name, syntax in (("deflated", "1.2.840.10008.1.2.1.99"), ("implicit", "1.2.840.10008.1.2"), ("big", "1.2.840.10008.1.2.2"),
                         ("rle", "1.2.840.10008.1.2.5"), ("jpeg", "1.2.840.10008.1.2.4.70"), ("j2k", "1.2.840.10008.1.2.4.90")):
        yield name, dicom(gray(4, 3, RAMP), syntax)
    for name, elements in (("inflates", gray(4, 3, RAMP)), ("inflates-to-frames", gray(2, 2, range(12), t00280008=("IS", "3")))):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        yield name, dicom({}, "1.2.840.10008.1.2.1.99") + packer.compress(data_set(elements)) + packer.flush()


def records():
    full = {"id": "a/b", "image": "a.png", "width": 8, "height": 6, "channels": 1, "depth": "u8", "order": [3, 1],
            "frame": [1, 0, 0.5, 0, 1, -2], "source": {"path": "s.png", "width": 16, "height": 12}, "spacing_mm": [0.1, 0.2],
            "spacing_source": "PixelSpacing", "tags": {"patient": "p", "side": "L"}, "labels": {"grade": 2, "x": "y"},
            "truth": {"masks": {"m": "m.png"}, "boxes": [{"box": [1, 2, 3, 4], "class": "c"}]},
            "fov": {"path": "f.png", "frame": [1, 0, 0, 0, 1, 0], "by": "user"},
            "maps": {"m": {"path": "m.npy", "shape": [1, 3, 4], "classes": ["v"], "frame": [2, 0, 0, 0, 2, 0]}},
            "features": {"f": {"path": "f.npy", "shape": [256]}}, "scores": {"g.0": 0.25, "g.1": 0.75},
            "rois": [{"box": [0, 0, 4, 4], "score": 0.5, "window": [0, 0, 2, 2], "window_frame": [2, 0, 0, 0, 2, 0], "repeat": True}],
            "measures": {"dice": None}, "why": {"dice": "both are empty"}, "group": {"n": 2, "failed": 0},
            "steps": [{"by": "med-crop", "version": "0.1.0", "options": {"pad": 4}}], "mine": {"ü": [1e300, -0.0, 9007199254740993]}}
    patch = {"id": "a/0", "image": "p.png", "width": 2, "height": 2,
             "parent": {"id": "a", "index": 0, "count": 1, "box": [-1, 0, 2, 2], "record": {"id": "a", "image": "a.png"}}}
    failed = {"id": "f", "error": {"by": "med-crop", "code": "E_FOV", "what": "none"}}
    lines = [json.dumps(r, ensure_ascii=False) for r in (full, patch, failed)]
    yield "lines", "\n".join(lines).encode()
    yield "array", ("[" + ",\n ".join(lines) + "]\n").encode()
    yield "mark", b"\xef\xbb\xbf" + lines[1].encode() + b"\r\n\r\n{\"id\":\"b\"}"
    yield "broken", b'{"id":"a"\n{"id":"b","width":"3"}\n["x"]\n{"id":"..","x":1e999}\n{"id":"c\\ud800"}\n{"id":"\\u0000","a":1,"a":2}\n'
    yield "cut", ("[" + ",".join(lines))[:-20].encode()
    yield "brackets", b'[{"id":"a]"},{"id":[}, "x\n,],{"id":"\\""},,] 5'


def texts():
    for n, text in enumerate(('{"a":[1,2.5,-3e-7,true,false,null,"\\u00e9\\ud83d\\ude00\\n"]}', "[]", "0", "-0.0", '"x"', "[" * 60 + "]" * 60,
                              '{"a":{"b":{}},"c":18446744073709551615}', "1e400", "1e-400", "[1,]", "01", '"\\ud800"', "tru")):
        yield f"t{n}", text.encode()


def tables():
    yield "plain", b"id,grade\na,1\nb,2.5\n"
    yield "quotes", b'\xef\xbb\xbfid,"a ""b""",c\r\n"x,y","1\n2",007\r\n\r\nz,,nan'
    yield "broken", b'a,a\n1\n"x'
    yield "numbers", b"n\n9007199254740993\n-0\n1e5\n+1\n0x10\n inf\n.5\n"


def patterns():
    for n, text in enumerate(("{id}.png\na.png", "{patient}_{side}-{view}\np_1_L-CC", "{a:3}{b}\nabcdef", "{_}x{y}\naxxb", "{a}{b}\nab",
                              "m={id}\nx", "{a:256}", "{", "}", "{a}{a}", "plain\nplain", "{a}_{b}_{c}_{d}\n" + "_" * 60)):
        yield f"p{n}", text.encode()


def films():
    text = case_text("A-1", "LUMISYS LASER", {"LEFT_CC": (4, 3, 12), "RIGHT_MLO": (5, 6, 16)})
    yield "case", b"A_1141_1.LEFT_CC.LJPEG\nLEFT_CC\n" + text
    yield "decoded", b"x/D_4_1.RIGHT_MLO.LJPEG.1\nRIGHT_MLO\n" + text.replace(b"\n", b"\r\n")
    yield "twice", b"B_1_1.LEFT_MLO.LJPEG\nLEFT_CC\n" + text + text
    yield "other", b"a.png\n\nLEFT_CC LINES 0 PIXELS_PER_LINE -1 BITS_PER_PIXEL 13 RESOLUTION 1e9"


def partials():
    head = {"partial": "med-summarize", "version": "1.2.3", "by": ["tags.side"], "measures": [], "shards": ["0/2", "1/2"],
            "groups": [["L"], ["R"]], "columns": ["dice", "iou"]}
    rows = [["00000000000000aa", "00000000000000ab", 0, 0, True, [0.5, None]], ["00000000000000ac", "00000000000000ad", 1, 2, False, [False, 1e-300]],
            [1, "all.pool", "p.npy"]]
    text = "".join(json.dumps(line) + "\n" for line in (head, *rows))
    yield "whole", text.encode()
    yield "head", (json.dumps({**head, "shards": []}) + "\n").encode()
    yield "other", text.replace("1.2.3", "9").encode()


def studies():
    figure = {"auc": {"value": 0.5, "low": None, "why": "one class"}, "n": {"value": 3}}
    group = {"by": {"tags.side": "L"}, "counts": {"n": 3, "failed": 0}, "figures": figure,
             "curves": {"roc": {"x": "fpr", "y": "tpr", "points": [[0, 0], [0.25, 1]]}, "none": {"x": "a", "y": "b", "points": [], "why": "empty"}},
             "confusion": {"labels": ["0", "1"], "truth_by_predicted": [[1, 2], [3, 9007199254740992]]}}
    whole = {"program": "med-score-grades", "version": "1.2.3", "options": {"seed": 7, "by": "tags.side", "x": 0.5, "y": True}, "groups": [group]}
    yield "whole", json.dumps(whole).encode()
    yield "empty", json.dumps({**whole, "groups": []}).encode()
    yield "list", b"[]"


def models():
    for path in sorted(WEIGHTS.glob("toy*/**/*.onnx")):
        yield path.parent.name, path.read_bytes()
    yield "text", b"no model"
    yield "cut", (WEIGHTS / "toy/toy.onnx").read_bytes()[:300]


def cards():
    for path in sorted(WEIGHTS.glob("**/card.json")):
        yield path.parent.name, path.read_bytes()
    yield "list", b"[]"


def write(folder):
    for target, files in (("npy", arrays()), ("pnm", pictures()), ("image", coded_pictures()), ("dicom", dicoms()), ("ddsm", films()),
                          ("manifest", records()), ("json", texts()), ("csv", tables()), ("pattern", patterns()), ("onnx", models()),
                          ("card", cards()), ("partial", partials()), ("study", studies())):
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, data in files:
            (folder / target / name).write_bytes(data)


if __name__ == "__main__":
    write(Path(sys.argv[1]))

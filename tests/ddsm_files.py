#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Films as DDSM has them, of a few pixels: bare lossless JPEG by an encoder of its own (ITU T.81, process 14, predictor 1),
the words that the database's decoder wrote, and the .ics. Run as a program, it writes those of the golden cases."""
import struct
from pathlib import Path


def segment(marker, body):
    return struct.pack(">HH", 0xFF00 | marker, len(body) + 2) + body


def lossless_jpeg(rows, bits):
    """rows: lists of grey levels below 2^bits."""
    words = []
    for y, row in enumerate(rows):
        for x, level in enumerate(row):
            guess = row[x - 1] if x else rows[y - 1][0] if y else 1 << (bits - 1)
            difference = (level - guess + 32768) % 65536 - 32768
            size = abs(difference).bit_length()   # 16 for -32768, which needs no further bits
            words.append(f"{size:05b}")           # 17 categories, all of five bits
            if 0 < size < 16:
                words.append(f"{difference if difference > 0 else difference + (1 << size) - 1:0{size}b}")
    text = "".join(words)
    text += "1" * (-len(text) % 8)
    scan = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
    table = bytes([0]) + bytes([0, 0, 0, 0, 17] + 11 * [0]) + bytes(range(17))
    frame = struct.pack(">BHHB", bits, len(rows), len(rows[0]), 1) + bytes([1, 0x11, 0])
    return (b"\xff\xd8" + segment(0xC3, frame) + segment(0xC4, table) + segment(0xDA, bytes([1, 1, 0, 1, 0, 0])) + scan +
            b"\xff\xd9")


def decoded(rows):
    return b"".join(struct.pack(f">{len(row)}H", *row) for row in rows)


def case_text(number, digitizer, sequences, resolution="50", density=2):
    """sequences: {"LEFT_CC": (width, height, bits)}."""
    lines = ["ics_version 1.0", f"filename {number}", "DATE_OF_STUDY 2 7 1995", "PATIENT_AGE 42", "FILM ", "FILM_TYPE REGULAR",
             f"DENSITY {density}", "DATE_DIGITIZED 7 22 1997", f"DIGITIZER {digitizer}", "SELECTED"]
    lines += [f"{name} LINES {height} PIXELS_PER_LINE {width} BITS_PER_PIXEL {bits} RESOLUTION {resolution} OVERLAY"
              for name, (width, height, bits) in sequences.items()]
    return ("\n".join(lines) + "\n").encode("latin-1")


TWELVE = [[0, 500, 1000, 1500], [2000, 2500, 3000, 3500], [4000, 4050, 4090, 4095]]
SIXTEEN = [[0, 1, 100, 1000], [10000, 32768, 40000, 65535], [65535, 0, 32768, 0]]
SIZE = (4, 3, 12)


def write_golden(golden):
    def put(case, name, data):
        (golden / "med-import" / case / name).parent.mkdir(parents=True, exist_ok=True)
        (golden / "med-import" / case / name).write_bytes(data)
    twelve, sixteen = lossless_jpeg(TWELVE, 12), lossless_jpeg(SIXTEEN, 16)
    put("ddsm", "A-1-1.ics", case_text("A-1-1", "DBA 21", {"LEFT_CC": (4, 3, 16)}, "42"))
    put("ddsm", "A_1_1.LEFT_CC.LJPEG", sixteen)
    put("ddsm", "A_1_1.LEFT_CC.LJPEG.1", decoded(SIXTEEN))
    put("ddsm", "A-2-1.ics", case_text("A-2-1", "HOWTEK", {"RIGHT_MLO": SIZE}, "43.5"))
    put("ddsm", "B-3-1.ics", case_text("B-3-1", "LUMISYS LASER", {"LEFT_CC": SIZE, "LEFT_MLO": (9, 9, 12)}))
    put("ddsm", "D-4-1.ics", case_text("D-4-1", "HOWTEK", {"RIGHT_CC": SIZE}, "43.5"))
    for name in ("A_2_1.RIGHT_MLO", "B_3_1.LEFT_CC", "D_4_1.RIGHT_CC"):
        put("ddsm", f"{name}.LJPEG", twelve)
    for name, data in (("A_1_1.LEFT_CC.LJPEG", twelve), ("A_1_1.LEFT_MLO.LJPEG", twelve[:-9]),
                       ("A_1_1.RIGHT_CC.LJPEG", twelve[:50] + twelve[-2:]), ("A_1_1.RIGHT_MLO.LJPEG", twelve),
                       ("A_1_1.LEFT_CC.LJPEG.1", decoded(TWELVE)[:-1]), ("A_2_1.LEFT_CC.LJPEG", twelve),
                       ("A_1_2.LEFT_CC.LJPEG", twelve), ("B_3_1.LEFT_CC.LJPEG", twelve), ("B_3_1.LEFT_MLO.LJPEG", twelve),
                       ("B_3_1.RIGHT_CC.LJPEG", twelve.replace(b"\xff\xc3", b"\xff\xc1")),
                       ("B_3_1.RIGHT_MLO.LJPEG.1", decoded(SIXTEEN)), ("C_5_1.LEFT_CC.LJPEG", twelve)):
        put("ddsm-some-fail", name, data)
    all_four = dict.fromkeys(("LEFT_CC", "LEFT_MLO", "RIGHT_CC"), SIZE)
    put("ddsm-some-fail", "A-1-1.ics", case_text("A-1-1", "HOWTEK", {**all_four, "RIGHT_MLO": (3, 4, 12)}))
    put("ddsm-some-fail", "A-2-1.ics", case_text("A-2-1", "BRAND\xff\x1b NEW", all_four))
    put("ddsm-some-fail", "B-3-1.ics", case_text("B-3-1", "LUMISYS", {
        "LEFT_CC": (70000, 3, 12), "RIGHT_CC": SIZE, "RIGHT_MLO": SIZE}))
    put("ddsm-some-fail", "C-5-1.ics", case_text("C-5-1", "LUMISYS", {"LEFT_CC": (60000, 60000, 12)}))


if __name__ == "__main__":
    write_golden(Path(__file__).resolve().parent / "golden")

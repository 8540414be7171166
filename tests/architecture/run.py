#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the tree: who may include whom, one door a package, headers that stand alone, program files that are
declarations, names, pages that are generated, and schemas that are schemas."""
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tier import SOURCE, WEIGHTS, Skip, Tier, programs, sh  # noqa: E402

LIBRARY = SOURCE / "libmedvision"
RUNTIME = SOURCE / "cli" / "runtime"
ALGORITHMS = {"crop", "enhance", "patch", "saliency", "select", "score", "cluster", "draw"}
ROOMS = ("libmedvision", "cli", "preprocess", "postprocess")
BANNED_NAMES = {"util", "utils", "common", "misc", "helper", "helpers", "base", "manager"}
# package: (how its headers are spelt, the files that may include them)
DOORS = {
    "nlohmann/json": (r"nlohmann/", r"libmedvision/medvision/(record/|infer/((model|system)_card\.cpp|card_members\.hpp))|cli/runtime/document\."),
    "Boost.Filesystem": (r"boost/filesystem", r"libmedvision/medvision/io/"),
    "imgcodecs": (r"opencv2/(imgcodecs|highgui)|opencv2/opencv\.hpp", r"libmedvision/medvision/io/image_"),
    "codec libraries": (r"(png|jpeglib|jerror|tiffio|tiff|gif_lib)\.h(pp)?$", r"libmedvision/medvision/io/image_"),
    "dnn": (r"opencv2/dnn", r"libmedvision/medvision/infer/(network|device|fast_convolution_onednn)\.cpp"),
    "cuda": (r"opencv2/cuda|cuda_runtime|opencv2/cudev", r".*_cuda\.cpp|libmedvision/medvision/infer/device\.cpp"),
    "CLI11": (r"CLI/", r"cli/runtime/[a-z_]+\.cpp"),
    "oneDNN": (r"dnnl|omp\.h", r"libmedvision/medvision/infer/fast_convolution_(plan|onednn)\."),
    "GDCM": (r"gdcm", r"libmedvision/medvision/io/dicom_file_gdcm\.cpp"),
    "zlib": (r"zlib\.h", r"libmedvision/medvision/io/(dicom_codecs|image_[a-z_]+)\.cpp"),
    "oneTBB": (r"(oneapi/)?tbb/", r"cli/runtime/stream\.(cpp|hpp)"),
}


def sources():
    return sorted(p for room in ROOMS for p in (SOURCE / room).rglob("*") if p.suffix in (".cpp", ".hpp"))


def short(path):
    return str(path.relative_to(SOURCE))


def without_comments(text):
    """Comments and the insides of string literals blanked, lines kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m[0]) if m[0][0] == "/" else '""' + "\n" * m[0].count("\n"), text)


def includes(path):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', path.read_text(), re.M)


def ours(path, header):
    """What an include of ours means: "record/record", "runtime/run", or None when it is not ours."""
    if header.startswith("medvision/"):
        return header.removeprefix("medvision/").rsplit(".", 1)[0]
    if header.startswith("cli/runtime/"):
        return "runtime/" + header.removeprefix("cli/runtime/").rsplit(".", 1)[0]
    if (path.parent / header).exists():
        beside = (path.parent / header).resolve()
        if RUNTIME in beside.parents:
            return "runtime/" + beside.stem
        if LIBRARY in beside.parents:
            return str(beside.relative_to(LIBRARY / "medvision").with_suffix(""))
        return short(beside)
    return None


def may_include(path, module):
    """The include table of the tree."""
    room = module.split("/")[0]
    if module == "error" or room == "geometry":
        return True
    if RUNTIME in path.parents:
        return room in ("runtime", "record") or module in ("io/atomic_file", "io/folder")
    if LIBRARY in path.parents:
        own = path.relative_to(LIBRARY / "medvision").parts[0]
        if own == "geometry" or own.startswith("error"):
            return False
        if own == "system":   # what several programs do, in one process: any room of the library, as a program
            return room not in ("runtime", "cli")
        if own == "report":   # draws what studies and records say
            return room in ("report", "draw", "record")
        if own == "infer" and path.stem == "tiling" and module in ("patch/grid", "patch/stitch"):
            return True
        return room == own
    return True   # a program: the runtime and any library header


def check_includes():
    wrong = [f"{short(p)} includes {header}" for p in sources() for header in includes(p)
             if (module := ours(p, header)) and not may_include(p, module)]
    assert not wrong, "includes against the table\n" + "\n".join(wrong)


def check_algorithms_see_no_packages():
    allowed = re.compile(r"opencv2/(core|imgproc)(\.hpp|/)|fmt/|[a-z_]+$|[a-z]+intrin\.h$")
    wrong = [f"{short(p)} includes {h}" for p in sources() for h in includes(p)
             if LIBRARY in p.parents and p.relative_to(LIBRARY / "medvision").parts[0] in ALGORITHMS
             and not p.stem.endswith("_cuda") and not ours(p, h) and not allowed.match(h)]
    assert not wrong, "an algorithm includes more than OpenCV core, imgproc, fmt and the standard library\n" + "\n".join(wrong)


def check_door(pattern, allowed):
    wrong = [f"{short(p)} includes {h}" for p in sources() for h in includes(p)
             if re.match(pattern, h) and not re.match(allowed, short(p))]
    assert not wrong, "a second door\n" + "\n".join(wrong)


def check_table_bites():
    """The include table itself, on includes that are right and wrong."""
    library = LIBRARY / "medvision"
    for path, module, right in (
            (library / "crop/fundus.cpp", "record/record", False), (library / "crop/fundus.cpp", "enhance/clahe", False),
            (library / "crop/fundus.cpp", "geometry/frame", True), (library / "infer/tiling.cpp", "patch/grid", True),
            (library / "infer/network.cpp", "patch/grid", False), (library / "record/record.cpp", "io/folder", False),
            (library / "system/stages.cpp", "saliency/paste", True), (library / "system/stages.cpp", "runtime/run", False),
            (library / "saliency/paste.cpp", "system/stages", False), (library / "infer/session.cpp", "system/stages", False),
            (RUNTIME / "run.cpp", "io/folder", True), (RUNTIME / "run.cpp", "io/image_file", False),
            (RUNTIME / "run.cpp", "crop/fundus", False), (SOURCE / "preprocess/crop.cpp", "crop/fundus", True),
            (library / "report/page.cpp", "record/study", True), (library / "report/page.cpp", "draw/svg", True),
            (library / "report/page.cpp", "io/image_file", False), (library / "draw/curve.cpp", "report/page", False),
            (library / "io/folder.cpp", "runtime/run", False)):
        assert may_include(path, module) == right, f"{path.name} and {module}: expected {right}"
    assert "cout" not in without_comments('// std::cout\n"std::cout" /* cout */')
    for package, spelling in (("dnn", "opencv2/dnn.hpp"), ("nlohmann/json", "nlohmann/json_fwd.hpp"), ("oneTBB", "tbb/flow_graph.h")):
        assert re.match(DOORS[package][0], spelling), spelling


def compile_alone(header):
    flags = subprocess.run(["pkg-config", "--cflags", "opencv4"], capture_output=True, text=True, check=False).stdout.split()
    if not flags:
        flags = ["-I/usr/include/opencv4"]
    done = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-x", "c++", f"-I{LIBRARY}",
                           f"-I{SOURCE}", *(f.replace("-I", "-isystem") for f in flags), "-include", str(header), "/dev/null"],
                          capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 and not done.stderr else f"{short(header)}\n{done.stderr[:1500]}"


def check_headers_alone():
    headers = [p for p in sources() if p.suffix == ".hpp"]
    assert headers, "there are no headers"
    with ThreadPoolExecutor(2) as workers:
        wrong = [text for text in workers.map(compile_alone, headers) if text]
    assert not wrong, f"{len(wrong)} of {len(headers)} headers do not compile by themselves\n" + "\n".join(wrong)


def public_headers():
    """Of the library: those that something outside their own room includes; the others are a room's own business."""
    users = [(p, ours(p, h)) for p in sources() for h in includes(p)]
    for header in (p for p in sources() if p.suffix == ".hpp" and LIBRARY in p.parents):
        module = str(header.relative_to(LIBRARY / "medvision").with_suffix(""))
        if any(name == module and user.parent != header.parent for user, name in users):
            yield header


def check_header_lengths():
    wrong = [f"{short(p)}: {n}" for p in public_headers() if (n := len(p.read_text().splitlines())) > 80 and p.stem != "record"]
    assert not wrong, "a library header of more than 80 lines\n" + "\n".join(wrong)


def check_program(path):
    text = path.read_text()
    lines = text.splitlines()
    assert len(lines) <= 90, f"{len(lines)} lines, 90 at most: the library function is not finished"
    code = without_comments(text)
    for pattern, meaning in (
            (r"\bstd::cout\b|\bprintf\s*\(|\bputs\s*\(|std::cerr", "it prints"), (r"\btry\b|\bcatch\b", "it catches"),
            (r"\.at<|\.ptr\(|\bforEach\b", "it touches pixels"), (r"\bcv::imread\b|\bcv::imwrite\b", "it goes round io"),
            (r"\bexit\s*\(|\babort\s*\(", "it exits")):
        found = re.search(pattern, code)
        assert not found, f"{meaning}: {found[0]} in line {code[:found.start()].count(chr(10)) + 1}"
    assert re.search(r"\breturn\s+(medvision::)?(cli::)?run\s*\(", code), "main does not end in run(…)"


def check_heads():
    wrong = []
    for path in sources():
        lines = path.read_text().splitlines()
        said_by_header = path.suffix == ".cpp" and path.with_suffix(".hpp").exists()
        sentence = said_by_header or re.match(r"// \S", lines[1] if len(lines) > 1 else "")
        if lines[0] != "// SPDX-License-Identifier: Apache-2.0" or not sentence:
            wrong.append(short(path))
    assert not wrong, "no SPDX line, or no sentence in the file or its header, at the head of\n" + "\n".join(wrong)


def check_names():
    files = subprocess.run(["git", "-C", str(SOURCE), "ls-files", "--cached", "--others", "--exclude-standard"],
                           capture_output=True, text=True, check=False).stdout.split("\n")
    files = [f for f in files if f] or [short(p) for p in sources()]
    wrong = [f for f in files if any(part.split(".")[0].lower() in BANNED_NAMES for part in f.split("/"))]
    assert not wrong, f"banned names: {wrong}"
    wrong = [short(p) for p in sources() if not re.fullmatch(r"[a-z0-9_]+", p.stem)]
    assert not wrong, f"not snake_case: {wrong}"


def check_line_lengths():
    wrong = [f"{short(p)}:{n}" for p in sources() for n, line in enumerate(p.read_text().splitlines(), 1) if len(line) > 120]
    assert not wrong, "lines of more than 120 characters\n" + "\n".join(wrong[:20])


def check_pairs():
    """A unit test speaks of every module that others may use."""
    tests = "\n".join(p.read_text() for p in (SOURCE / "tests" / "unit").glob("*_test.cpp"))
    missing = [short(p) for p in public_headers() if p.stem not in ("error", "json_text")   # said by every other test
               and not re.search(rf'include\s*[<"]medvision/{p.relative_to(LIBRARY / "medvision")}[>"]', tests)]
    assert not missing, "no unit test includes\n" + "\n".join(missing)


def check_program_links(tier):
    """A program that touches no pixels loads no codec and no dnn."""
    for name in ("med-inspect", "med-shard", "med-fuse", "med-score-boxes", "med-score-grades", "med-summarize", "med-cluster"):
        loaded = sh(f"ldd {tier.build}/bin/{name}", 0).out
        heavy = [word for word in ("opencv_imgcodecs", "opencv_dnn", "libtiff", "libgdal", "gdcm") if word in loaded]
        assert not heavy, f"{name} loads {heavy}"
        assert len(loaded.splitlines()) < 40, f"{name} loads {len(loaded.splitlines())} libraries"


def check_reference_page(tier):
    made = sh(f"{SOURCE}/cli/make_reference.sh {tier.build}/bin", 0).out
    committed = (SOURCE / "cli" / "REFERENCE.md").read_text()
    assert made == committed, "cli/REFERENCE.md is not what the programs say; run: cli/make_reference.sh build/bin > cli/REFERENCE.md"
    for name, _ in programs():
        assert f"# {name}" in made, f"{name} is not in it"


def check_help(name):
    helped = sh(f"{name} --help", 0)
    assert helped.out.startswith(f"{name}: "), f"it begins with {helped.out[:60]!r}"
    assert not helped.err, helped.err
    long = [line for line in helped.out.splitlines() if len(line) > 120]
    assert not long, "a line of more than 120 characters\n" + "\n".join(long)
    page = sh(f"{name} --help=man", 0).out
    assert page.startswith((".TH", '.\\"')), page[:80]
    said = sh(f"{name} --version", 0).out
    assert re.fullmatch(rf"{name} \(medvision\) \d+\.\d+\.\d+, OpenCV \d\S*\n", said), said
    if subprocess.run(["which", "groff"], capture_output=True, check=False).returncode == 0:
        complaints = sh(f"{name} --help=man | groff -man -Tutf8 -ww -z", 0).err
        assert not complaints, complaints


def schema_of(name):
    found = list(LIBRARY.rglob(name))
    assert len(found) == 1, f"{name}: {len(found)} files of that name"
    return json.loads(found[0].read_text())


def check_schema(name):
    try:
        import jsonschema
    except ImportError as absent:
        raise Skip("python3-jsonschema is not installed") from absent
    schema = schema_of(name)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    assert not validator(schema).is_valid([]), "it accepts a list"
    assert not validator(schema).is_valid({}), "it accepts an object without any member"


def check_card(path):
    try:
        import jsonschema
    except ImportError as absent:
        raise Skip("python3-jsonschema is not installed") from absent
    card = json.loads(path.read_text())
    jsonschema.validate(card, schema_of("card.schema.json"))
    if "stages" in card:   # a system: its parts' cards have the models
        missing = [s["card"] for s in card["stages"] if s["run"] == "infer" and not (path.parent / s["card"]).exists()]
        assert not missing, f"there are no parts {missing}"
        return
    onnx = path.parent / card["onnx"] if isinstance(card["onnx"], str) else path.parent / card["onnx"]["path"]
    if onnx.exists():
        import hashlib
        digest = hashlib.sha256(onnx.read_bytes()).hexdigest()
        assert digest in path.read_text(), f"{onnx.name} has the sha256 {digest}, which the card does not say"


def check_package(tier):
    """Installed into an empty prefix, the library is found and used by a project that knows nothing else."""
    sh(f"cmake --install {tier.build} --prefix {Path.cwd()}/prefix", 0)
    sh(f"cmake -S {SOURCE}/tests/architecture/downstream -B made -DCMAKE_PREFIX_PATH={Path.cwd()}/prefix && cmake --build made", 0)
    said = sh(f"made/downstream {SOURCE}/examples/retina.jpg", 0).out
    assert said == "case/1 1411x1411\n", said
    for path in ("share/man/man1/med-crop.1", "share/medvision/schema/record.schema.json", "share/medvision/weights/toy/card.json"):
        assert (Path("prefix") / path).exists(), f"{path} is not installed"
    sh("prefix/bin/med-scan --version", 0)


def check_deb(tier):
    if subprocess.run(["which", "dpkg-shlibdeps"], capture_output=True, check=False).returncode:
        raise Skip("dpkg-dev is not installed")
    sh(f"cpack -G DEB --config {tier.build}/CPackConfig.cmake -B {Path.cwd()}", 0)
    deb, = Path.cwd().glob("*.deb")
    listing, control = sh(f"dpkg-deb -c {deb}", 0).out, sh(f"dpkg-deb -f {deb}", 0).out
    for name, _ in programs():
        assert f"/usr/bin/{name}\n" in listing, f"{name} is not in the package"
    assert "libopencv-core" in control, control


def check_texts():
    """Every program stands in the README's table; every link of the pages leads to a file."""
    readme = (SOURCE / "README.md").read_text()
    missing = [name for name, _ in programs() if name not in readme]
    assert not missing, f"README.md does not speak of {missing}"
    broken = []
    for page in (p for p in SOURCE.rglob("*.md") if not any(part.startswith("build") for part in p.relative_to(SOURCE).parts)):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{short(page)} → {target}")
    assert not broken, "links that lead nowhere\n" + "\n".join(broken)


tier = Tier("architecture", __doc__).start()
tier.run("the include table bites", check_table_bites)
tier.run("every include follows the table", check_includes)
tier.run("algorithms see OpenCV core and imgproc only", check_algorithms_see_no_packages)
for package, rule in DOORS.items():
    tier.run(f"one door: {package}", check_door, *rule)
tier.run("every header compiles alone", check_headers_alone)
tier.run("library headers have 80 lines at most", check_header_lengths)
for name, path in programs():
    tier.run(f"{name} is a declaration and one call", check_program, path)
    tier.run(f"{name} explains itself", check_help, name)
tier.run("every source has its head", check_heads)
tier.run("names", check_names)
tier.run("lines have 120 characters at most", check_line_lengths)
tier.run("every library header has a unit test", check_pairs)
tier.run("programs without pixels load no codec", check_program_links, tier)
tier.run("cli/REFERENCE.md is what the programs say", check_reference_page, tier)
tier.run("record.schema.json is a schema", check_schema, "record.schema.json")
tier.run("study.schema.json is a schema", check_schema, "study.schema.json")
tier.run("card.schema.json is a schema", check_schema, "card.schema.json")
for card in sorted(WEIGHTS.rglob("card.json")):
    tier.run(f"weights/{card.parent.relative_to(WEIGHTS)}/card.json follows the schema", check_card, card)
if tier.full:
    tier.run("find_package(medvision) works where it is installed", check_package, tier)
    tier.run("the .deb holds the programs and knows its libraries", check_deb, tier)
tier.run("pages name every program and link to files that exist", check_texts)
tier.end()

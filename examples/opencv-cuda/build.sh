#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds an OpenCV with CUDA that medvision can be built against, and installs it into a folder of its own.
#
#   build.sh --prefix DIR [options] [-- CMAKE_OPTION...]
#
#   --prefix DIR      where it is installed; must not exist yet, or be empty
#   --arch LIST       compute capabilities, as 9.0 or 8.6,9.0; without it nvidia-smi is asked for this machine's
#   --source DIR      a tree of OpenCV, from 4.10 on; without it Debian's source package is fetched by apt-get
#   --contrib DIR     the tree of opencv_contrib of the same version; goes with --source
#   --small           core imgproc dnn cudev: all that medvision calls today
#   --without-npp     leaves NVIDIA's NPP out, and with it the modules that need it: the same four
#   --npp DIR         NPP that is not in the toolkit: DIR has include/npp.h and lib/libnppc.so (or .so.12, .so.13)
#   --cuda DIR        the toolkit, 12.0 or later; else that of the nvcc on PATH, else /usr/local/cuda
#   --work DIR        where sources and objects lie, DIR.work beside the prefix by default; may be deleted afterwards
#   --jobs N          processes at once; all processors by default
#   --dry-run         checks everything, prints the edits and the command of cmake, changes nothing
#   --help            this text
#
# Without --small and --without-npp the modules are core imgproc dnn cudev cudaarithm cudaimgproc cudafilters
# cudawarping. What stands after -- goes to cmake as it is. Trees named by --source are edited in place, where CUDA
# asks for it: a second run changes nothing more. Stopped or failed, the same line goes on where it was.
#
# Status: 0 installed; 1 the build or an edit failed; 2 the request is wrong; 3 something is missing on this machine.
set -euo pipefail

say() { echo "build.sh: $*" >&2; }
failed() { say "$@"; exit 1; }
wrong() { say "$@"; exit 2; }
lacking() { say "$@"; exit 3; }

usage() { awk 'NR > 3 && !/^#/ { exit } NR > 3 { sub(/^# ?/, ""); print }' "$0"; }

# below 4.9 4.13: the first version is the older one
below() { [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# ---------------------------------------------------------------------------------------------------------- request

prefix='' arch='' source='' contrib='' npp='' cuda='' work='' jobs=$(nproc) small=no with_npp=yes dry_run=no
cmake_extra=()

read_request() {
  local option
  while [ $# -gt 0 ]; do
    option=$1
    shift
    case $option in
      --small) small=yes ;;
      --without-npp) with_npp=no ;;
      --dry-run) dry_run=yes ;;
      --help | -h) usage; exit 0 ;;
      --) cmake_extra=("$@"); break ;;
      --prefix | --arch | --source | --contrib | --npp | --cuda | --work | --jobs)
        [ -n "${1:-}" ] || wrong "$option needs a value; --help tells more"
        case $option in
          --prefix) prefix=$(realpath -m -- "$1") ;;
          --arch) arch=$1 ;;
          --source) source=$(realpath -m -- "$1") ;;
          --contrib) contrib=$(realpath -m -- "$1") ;;
          --npp) npp=$(realpath -m -- "$1") ;;
          --cuda) cuda=$(realpath -m -- "$1") ;;
          --work) work=$(realpath -m -- "$1") ;;
          --jobs) jobs=$1 ;;
        esac
        shift
        ;;
      *) wrong "there is no option $option; --help lists them" ;;
    esac
  done
  [ -n "$prefix" ] || wrong "--prefix must say where OpenCV is to be installed; --help tells more"
  [ -z "$source" ] || [ -n "$contrib" ] || wrong "--source needs --contrib: CUDA's modules are in opencv_contrib"
  [ -z "$contrib" ] || [ -n "$source" ] || wrong "--contrib needs --source, the OpenCV of the same version"
  [ $with_npp = yes ] || [ -z "$npp" ] || wrong "--npp and --without-npp exclude each other"
  [[ $jobs =~ ^[1-9][0-9]*$ ]] || wrong "--jobs is '$jobs', expected a number from 1 on"
  [ -z "$arch" ] || [[ $arch =~ ^[0-9]+\.[0-9](,[0-9]+\.[0-9])*$ ]] ||
    wrong "--arch is '$arch', expected compute capabilities such as 9.0 or 8.6,9.0"
  if [ -e "$prefix" ] && ! { [ -d "$prefix" ] && [ -z "$(ls -A -- "$prefix")" ]; }; then
    wrong "$prefix exists and is not empty: name another prefix, or delete it"
  fi
  : "${work:=$prefix.work}"
  modules=(core imgproc dnn cudev)
  [ $small = yes ] || [ $with_npp = no ] || modules+=(cudaarithm cudaimgproc cudafilters cudawarping)
}

# ---------------------------------------------------------------------------------------------------------- machine

# What is missing is gathered and said at once.
missing=()

passed() {   # whether an option of that beginning was given after --
  local given
  for given in "${cmake_extra[@]}"; do [[ $given != "-D$1"* ]] || return 0; done
  return 1
}

has_header() { "${CXX:-g++}" -E -x c++ "${@:2}" - <<<"#include <$1>" >/dev/null 2>&1; }

find_toolkit() {
  local nvcc
  if [ -n "$cuda" ]; then
    [ -x "$cuda/bin/nvcc" ] || wrong "--cuda: there is no $cuda/bin/nvcc"
  elif nvcc=$(command -v nvcc); then
    cuda=$(dirname "$(dirname "$(realpath "$nvcc")")")
  elif [ -x /usr/local/cuda/bin/nvcc ]; then
    cuda=$(realpath /usr/local/cuda)
  else
    lacking "there is no nvcc: install a CUDA toolkit, 12 or 13.0 or 13.1, or name one by --cuda"
  fi
  cuda_version=$("$cuda/bin/nvcc" --version | sed -n 's/.*, release \([0-9.]*\),.*/\1/p')
  [ -n "$cuda_version" ] || lacking "$cuda/bin/nvcc does not say its version"
  ! below "$cuda_version" 12.0 || wrong "this toolkit is CUDA $cuda_version; 12.0 or later is needed"
}

check_tools() {
  local tool
  for tool in cmake python3 "${CXX:-g++}" tar xz; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  if ! command -v ninja >/dev/null && ! command -v make >/dev/null; then missing+=("ninja-build or make"); fi
  has_header zlib.h || passed ZLIB_ || missing+=("zlib's headers (zlib1g-dev)")
}

# OpenCV hides it behind an empty list of architectures when nvcc refuses the compiler.
check_host_compiler() {
  local host=()
  passed CMAKE_CUDA_HOST_COMPILER || [ -z "${CXX:-}" ] || host=(-ccbin "$CXX")
  passed CMAKE_CUDA_HOST_COMPILER || [ ${#missing[@]} -gt 0 ] ||
    "$cuda/bin/nvcc" "${host[@]}" -x cu -E - <<<"__global__ void nothing() {}" >/dev/null 2>&1 ||
    missing+=("a C++ compiler that CUDA $cuda_version accepts (-- -DCMAKE_CUDA_HOST_COMPILER=...)")
}

check_libraries() {
  local folders=("-I$cuda/include")
  has_header cublas_v2.h "${folders[@]}" || missing+=("cuBLAS with its headers")
  passed CUDNN_LIBRARY || { has_header cudnn.h "${folders[@]}" && library cudnn >/dev/null; } ||
    missing+=("cuDNN with cudnn.h and libcudnn.so (-- -DCUDNN_LIBRARY=... -DCUDNN_INCLUDE_DIR=... names others)")
}

# The file of a library, in the toolkit or where the linker looks.
library() {
  local folder
  for folder in "$cuda"/lib64 "$cuda"/lib "$cuda"/targets/*/lib /usr/lib/*-linux-gnu /usr/lib64 /usr/lib \
    /usr/local/lib; do
    [ ! -e "$folder/lib$1.so" ] || { echo "$folder/lib$1.so"; return 0; }
  done
  return 1
}

# NPP came to stand outside some toolkits, and OpenCV's core asks for it even where no function of it is called.
check_npp() {
  local header
  [ $with_npp = yes ] || return 0
  if [ -n "$npp" ]; then
    header=$npp/include/npp.h
    [ -e "$header" ] || wrong "--npp: there is no $header"
    compgen -G "$npp/lib/libnppc.so*" >/dev/null || wrong "--npp: there is no $npp/lib/libnppc.so"
  else
    header=$(compgen -G "$cuda/include/npp.h" || compgen -G "$cuda/targets/*/include/npp.h" | head -n 1 ||
      compgen -G "/usr/include/npp.h" || true)
    if [ -z "$header" ] || ! library nppc >/dev/null; then
      missing+=("NPP: NVIDIA's package libnpp-dev, or PyPI's nvidia-npp (CUDA 13) or nvidia-npp-cu12 named by --npp;
  or --without-npp, which leaves out ${modules_of_npp[*]}")
      return 0
    fi
  fi
  npp_headers=$(dirname "$header")
}
modules_of_npp=(cudaarithm cudaimgproc cudafilters cudawarping)
npp_headers=

say_missing() {
  [ ${#missing[@]} -gt 0 ] || return 0
  say "this machine lacks"
  printf '  %s\n' "${missing[@]}" >&2
  exit 3
}

find_arch() {
  local each
  if [ -z "$arch" ]; then
    arch=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | sort -uV | paste -sd, || true)
    [[ $arch =~ ^[0-9]+\.[0-9](,[0-9]+\.[0-9])*$ ]] ||
      wrong "no GPU answers here, so --arch must say for which to build, as --arch 9.0"
  fi
  for each in ${arch//,/ }; do
    "$cuda/bin/nvcc" --list-gpu-code | grep -qx "sm_${each/./}" ||
      wrong "CUDA $cuda_version builds nothing for compute capability $each"
  done
}

# ----------------------------------------------------------------------------------------------------------- source

version_of() {
  awk '/define CV_VERSION_(MAJOR|MINOR|REVISION)/ { v = v sep $3; sep = "." } END { print v }' \
    "$1/modules/core/include/opencv2/core/version.hpp"
}

check_version() {
  ! below "$opencv_version" 4.10 ||
    "$1" "OpenCV here is $opencv_version; 4.10 or later is needed (Debian 13 has 4.10), or trees named by --source"
  below "$opencv_version" 5 || "$1" "OpenCV here is $opencv_version; medvision is written for OpenCV 4"
}

# CCCL of 13.2 dropped a macro that cudev opened its namespace with (opencv_contrib#4091). opencv_contrib's pull request
# 4097 put it right, after 4.13.0.
check_cuda_of_cudev() {
  below "$cuda_version" 13.2 && return 0
  if [ -z "$contrib" ]; then
    below "$opencv_version" 4.13.1 || return 0
  else
    local header=$contrib/modules/cudev/include/opencv2/cudev/ptr2d/zip.hpp
    grep -q _LIBCUDACXX_BEGIN_NAMESPACE_STD "$header" 2>/dev/null || return 0
    ! grep -q _CCCL_BEGIN_NAMESPACE_CUDA_STD "$header" || return 0
  fi
  wrong "cudev of OpenCV $opencv_version does not build with CUDA $cuda_version, nor with any from 13.2 on:" \
    "take CUDA 13.0 or 13.1, or an OpenCV after 4.13.0"
}

# NPP 13 lost every function without a stream context, 12.9.0 the one that told the context; OpenCV followed by 4.12.
check_npp_of_source() {
  local call=nppGetStreamContext
  [ $with_npp = yes ] && below "$opencv_version" 4.12 || return 0
  ! below "$opencv_version" 4.11 || call=nppGetStream
  if [ -n "$npp_headers" ]; then
    ! grep -qw "$call" "$npp_headers/nppcore.h" || return 0
  else
    ! below "$cuda_version" 13.0 || return 0
  fi
  wrong "OpenCV $opencv_version calls $call, which NPP has no more in CUDA $cuda_version: take --without-npp," \
    "which leaves out ${modules_of_npp[*]}, or OpenCV from 4.12 on by --source"
}

ask_debian() {
  local list
  list=$(apt-get source --print-uris --download-only opencv 2>/dev/null | grep "^'" || true)
  if [ -z "$list" ]; then
    missing+=("OpenCV's source: apt knows no source packages, so put deb-src lines (or Types: deb deb-src) into
  its sources and run apt-get update, or name trees by --source and --contrib")
    return 0
  fi
  # name and checksum of the two tarballs, as the signed index has them
  tarballs=$(awk '$2 ~ /\.orig(-contrib)?\.tar\.[a-z0-9]+$/ { sub("SHA256:", "", $4); print $4 "  " $2 }' <<<"$list")
  [ "$(wc -l <<<"$tarballs")" = 2 ] || lacking "Debian's source package here is not two tarballs, OpenCV and contrib:
$tarballs"
  opencv_version=$(sed -n '1s/.*  opencv_\([0-9.]*\).*/\1/p' <<<"$tarballs")
  check_version lacking
}

unpack() {   # TARBALL FOLDER; whole or not at all
  [ ! -d "$2" ] || return 0
  rm -rf "$2.part"
  mkdir "$2.part"
  tar -xf "$1" -C "$2.part" --strip-components=1 || failed "$1 could not be unpacked"
  mv "$2.part" "$2"
}

# The tarballs alone: Debian's patches are about packaging. apt-get may stumble over the package's other files.
fetch_debian() {
  local name
  source=$work/opencv-$opencv_version contrib=$work/opencv_contrib-$opencv_version
  if [ -d "$source" ] && [ -d "$contrib" ]; then return 0; fi
  if [ $dry_run = yes ]; then
    awk '{ print "would fetch and unpack " $2 }' <<<"$tarballs"
    return 0
  fi
  (cd "$work" && apt-get source --download-only opencv >&2) || true
  (cd "$work" && sha256sum --check --quiet --strict <<<"$tarballs" >&2) ||
    lacking "apt-get did not bring the tarballs of OpenCV $opencv_version whole"
  name=$(awk '$2 !~ /contrib/ { print $2 }' <<<"$tarballs")
  unpack "$work/$name" "$source"
  name=$(awk '$2 ~ /contrib/ { print $2 }' <<<"$tarballs")
  unpack "$work/$name" "$contrib"
}

check_trees() {
  [ -e "$source/modules/core/include/opencv2/core/version.hpp" ] || wrong "--source: $source is no tree of OpenCV"
  [ -d "$contrib/modules/cudev" ] || wrong "--contrib: $contrib has no modules/cudev, so it is no opencv_contrib"
  opencv_version=$(version_of "$source")
  check_version wrong
}

check_protobuf() {
  if [ -n "$source" ] && [ -d "$source/3rdparty/protobuf" ]; then return 0; fi   # Debian's brings none
  passed Protobuf_ || { command -v protoc >/dev/null && has_header google/protobuf/message.h; } ||
    missing+=("protobuf's compiler and headers (protobuf-compiler, libprotobuf-dev)")
}

# ------------------------------------------------------------------------------------------------------------ edits

# edit FILE WHAT <<PYTHON: the lines change `text`, call done() where nothing is left to do, unlike(why) where the file
# is not what they know. The file is replaced whole or not at all.
edit() {
  local status=0
  if [ $dry_run = yes ] && [ ! -d "$source" ]; then
    echo "would edit $1: $2"
    return 0
  fi
  [ -e "$source/$1" ] || failed "$2: there is no $source/$1"
  {
    cat <<'PYTHON'
import os, re, sys
path, dry = sys.argv[1], sys.argv[2] == "yes"
with open(path, encoding="utf-8") as file:
    text = before = file.read()

def done():
    sys.exit(10)

def unlike(why):
    print(why, file=sys.stderr)
    sys.exit(11)

def once(pattern, change, flags=0):
    global text
    text, times = re.subn(pattern, change, text, flags=flags)
    if times != 1:
        unlike(f"expected once, found {times} times: {pattern}")

PYTHON
    cat
    cat <<'PYTHON'

if not dry:
    with open(path + ".part", "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path + ".part", os.stat(path).st_mode & 0o777)
    os.replace(path + ".part", path)
PYTHON
  } | python3 - "$source/$1" $dry_run || status=$?
  case $status in
    0) if [ $dry_run = yes ]; then echo "would edit $1: $2"; else say "edited $1: $2"; fi ;;
    10) say "nothing to edit in $1: $2" ;;
    *) failed "$source/$1 is not what this edit knows ($2), so it stays as it was" ;;
  esac
}

# CUDA 13 took fields out of cudaDeviceProp. The driver still answers for each by cudaDeviceGetAttribute, as it does in
# CUDA 12. OpenCV asks so itself from 4.13 on.
edit_device_fields() {
  below "$opencv_version" 4.13 && ! below "$cuda_version" 13.0 || return 0
  edit modules/core/src/cuda_info.cpp "fields of cudaDeviceProp that CUDA 13 dropped" <<'PYTHON'
attributes = {
    "clockRate": "ClockRate", "memoryClockRate": "MemoryClockRate", "computeMode": "ComputeMode",
    "kernelExecTimeoutEnabled": "KernelExecTimeout", "deviceOverlap": "GpuOverlap",
    "maxTexture1DLinear": "MaxTexture1DLinearWidth",
}
if "medvisionAsks" in text:
    done()
member = re.compile(r"(deviceProps\(\)\.get\(device_id_\)->|\bprop\.)(%s)\b" % "|".join(attributes))
absent = set(attributes) - {found[1] for found in member.findall(text)}
if absent:
    unlike(f"it does not read {sorted(absent)}")
text = member.sub(lambda m: "medvisionAsks(cudaDevAttr%s, %s)" % (
    attributes[m[2]], "dev" if m[1] == "prop." else "device_id_"), text)
once(r"using namespace cv::cuda;\n", lambda m: m[0] + """
#ifdef HAVE_CUDA
static int medvisionAsks(cudaDeviceAttr what, int device)
{
    int answer = 0;
    cudaSafeCall( cudaDeviceGetAttribute(&answer, what, device) );
    return answer;
}
#endif
""")
PYTHON
}

# CCCL, which cudev includes, wants C++17 from CUDA 12.8 on; OpenCV fixes 14, over any option. It follows in 4.12.
edit_cuda_standard() {
  below "$opencv_version" 4.12 && ! below "$cuda_version" 12.8 || return 0
  edit cmake/OpenCVDetectCUDALanguage.cmake "C++17 for CUDA's own C++ library" <<'PYTHON'
if "CMAKE_CUDA_STANDARD 17" in text:
    done()
once(r"set\(CMAKE_CUDA_STANDARD 14\)", "set(CMAKE_CUDA_STANDARD 17)")
PYTHON
}

# Core includes npp.h for the sake of other modules: types, a holder of streams, and names of errors. Built with
# OPENCV_WITHOUT_NPP it does not; without that macro an edited tree builds as before.
edit_core_without_npp() {
  [ $with_npp = no ] || return 0
  edit modules/core/include/opencv2/core/private.cuda.hpp "core without NPP: its types and streams" <<'PYTHON'
if "OPENCV_WITHOUT_NPP" in text:
    done()
guarded = lambda m: "#ifndef OPENCV_WITHOUT_NPP\n" + m[0] + "#endif // OPENCV_WITHOUT_NPP\n"
once(r"#[ ]*include <npp\.h>\n", guarded)
once(r"[ ]*template<int n> struct NPPTypeTraits;\n.*?\n    class NppStreamHandler\n.*?\n    \};\n", guarded, re.S)
PYTHON
  edit modules/core/src/cuda_info.cpp "core without NPP: its names of errors" <<'PYTHON'
if "OPENCV_WITHOUT_NPP" in text:
    done()
once(r"[ ]*const ErrorEntry npp_errors \[\] =\n.*?\n[ ]*const size_t npp_error_num = [^\n]*\n", lambda m: (
    "#ifndef OPENCV_WITHOUT_NPP\n" + m[0] + """#else
    const ErrorEntry* const npp_errors = 0;
    const size_t npp_error_num = 0;
#endif // OPENCV_WITHOUT_NPP
"""), re.S)
PYTHON
}

# ------------------------------------------------------------------------------------------------------------ build

cmake_command() {
  local list name file folder flags=() runtime="\$ORIGIN"
  list=$(IFS=,; echo "${modules[*]}")
  for folder in "$cuda/lib64" "$cuda"/targets/*/lib "$cuda/lib"; do
    [ ! -e "$folder/libcudart.so" ] || { runtime+=";$folder"; break; }
  done
  command=(cmake -S "$source" -B "$work/build")
  ! command -v ninja >/dev/null || command+=(-G Ninja)
  command+=(
    -DCMAKE_BUILD_TYPE=Release "-DCMAKE_INSTALL_PREFIX=$prefix" "-DBUILD_LIST=$list"
    "-DOPENCV_EXTRA_MODULES_PATH=$contrib/modules" "-DOPENCV_DOWNLOAD_PATH=$work/cache" -DCMAKE_CXX_STANDARD=17
    -DENABLE_CUDA_FIRST_CLASS_LANGUAGE=ON "-DCMAKE_CUDA_COMPILER=$cuda/bin/nvcc"
    "-DCUDA_ARCH_BIN=$arch" -DCUDA_ARCH_PTX= -DCMAKE_INSTALL_LIBDIR=lib
  )
  for name in CUDA CUDNN CUBLAS CUFFT PROTOBUF; do command+=("-DWITH_$name=ON"); done
  command+=(-DOPENCV_DNN_CUDA=ON)
  # What medvision does not use, so that the result loads little, and nothing is fetched on the way.
  for name in NVCUVID NVCUVENC IPP ITT OPENCL LAPACK EIGEN ADE FLATBUFFERS VTK GTK FFMPEG GSTREAMER V4L 1394 TBB \
    JPEG PNG TIFF WEBP OPENJPEG JASPER OPENEXR QUIRC CAROTENE; do
    command+=("-DWITH_$name=OFF")
  done
  for name in TESTS PERF_TESTS EXAMPLES DOCS JAVA ZLIB opencv_apps opencv_python2 opencv_python3; do
    command+=("-DBUILD_$name=OFF")
  done
  # OpenCV's own generated files fit no other protobuf than its own.
  if [ -d "$source/3rdparty/protobuf" ]; then
    command+=(-DBUILD_PROTOBUF=ON)
  else
    command+=(-DBUILD_PROTOBUF=OFF -DPROTOBUF_UPDATE_FILES=ON)
  fi
  if [ $with_npp = no ]; then flags=(-DOPENCV_WITHOUT_NPP); fi
  if [ -n "$npp" ]; then
    flags=("-isystem $npp/include")
    runtime+=";$npp/lib"
    for file in "$npp"/lib/libnpp*.so*; do   # PyPI's have the version in their names, which no search finds
      name=$(basename "$file")
      name=${name#lib}
      command+=("-DCUDA_${name%%.so*}_LIBRARY=$file")
    done
  fi
  if [ ${#flags[@]} -gt 0 ]; then command+=("-DCMAKE_CXX_FLAGS=${flags[*]}"); fi
  flags+=(-w -Xcompiler=-w)   # OpenCV's CUDA code warns by the hundred
  command+=("-DCMAKE_CUDA_FLAGS=${flags[*]}" "-DCMAKE_INSTALL_RPATH=$runtime" "${cmake_extra[@]}")
}

# cmake leaves out what it does not find and goes on; better to hear of it before the build than after.
check_configured() {
  local module wanted
  for wanted in HAVE_CUDA HAVE_CUDNN HAVE_CUBLAS; do
    grep -q "define $wanted\b" "$work/build/cvconfig.h" || failed "cmake went on without $wanted; its output says why"
  done
  for module in "${modules[@]}"; do
    grep -q "define HAVE_OPENCV_${module^^}$" "$work/build/opencv2/opencv_modules.hpp" ||
      failed "cmake left the module $module out; its output says why"
  done
  grep -q "HAVE_PROTOBUF=1" -r "$work/build/build.ninja" "$work/build/modules/dnn" 2>/dev/null ||
    failed "cmake went on without protobuf, so dnn could read no ONNX; its output says why"
}

stage=''
install_whole() {
  local module
  stage=$(mktemp -d "$(dirname "$prefix")/.opencv-cuda.XXXXXX")
  trap 'rm -rf "$stage"' EXIT
  DESTDIR=$stage cmake --install "$work/build" --strip >/dev/null || failed "installing into a temporary folder failed"
  for module in "${modules[@]}"; do
    [ -e "$stage$prefix/lib/libopencv_$module.so" ] || failed "the build has no libopencv_$module.so"
  done
  [ -e "$stage$prefix/lib/cmake/opencv4/OpenCVConfig.cmake" ] || failed "the build has no OpenCVConfig.cmake"
  mv -T "$stage$prefix" "$prefix" || failed "$prefix has appeared meanwhile"
}

read_request "$@"
find_toolkit
opencv_version='' tarballs=''
if [ -n "$source" ]; then check_trees; else ask_debian; fi
check_tools
check_host_compiler
check_libraries
check_npp
check_protobuf
if [ -n "$opencv_version" ]; then
  check_cuda_of_cudev
  check_npp_of_source
fi
say_missing
find_arch
if [ $dry_run = no ]; then
  for folder in "$(dirname "$prefix")" "$work"; do
    if ! mkdir -p "$folder" || [ ! -w "$folder" ]; then lacking "$folder cannot be written to"; fi
  done
fi
[ -z "$tarballs" ] || fetch_debian

say "OpenCV $opencv_version, CUDA $cuda_version, compute capability $arch: ${modules[*]}"
edit_device_fields
edit_cuda_standard
edit_core_without_npp
cmake_command
if [ $dry_run = yes ]; then
  printf '%q ' "${command[@]}"
  echo
  exit 0
fi

"${command[@]}" >&2 || failed "cmake failed; its last lines say why"
check_configured
cmake --build "$work/build" --parallel "$jobs" >&2 || failed "the build failed; the same line again goes on from there"
install_whole
echo "-DOpenCV_DIR=$prefix/lib/cmake/opencv4"

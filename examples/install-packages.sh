#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what packages.txt lists and this machine lacks: install-packages.sh build [test] [table]
set -eu
list=$(dirname "$0")/../packages.txt

missing=
for package in $(awk -v groups=" $* " 'index(groups, " " $1 " ") { print $2 }' "$list" | sort -u); do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=env
elif command -v sudo >/dev/null; then
  as_root="sudo env"
else
  echo "install-packages: these Debian packages are missing, and installing them takes root:" >&2
  echo "  apt-get update && apt-get install -y --no-install-recommends$missing" >&2
  exit 3
fi

echo "installing$missing" >&2
install() {
  # shellcheck disable=SC2086
  $as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2
}
# The lists may be absent or old; they are fetched only when installing without them fails.
install 2>/dev/null || { $as_root apt-get update -q >&2 && install; } || {
  echo "install-packages: apt-get could not install$missing" >&2
  exit 3
}

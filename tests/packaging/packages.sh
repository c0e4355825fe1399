# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of the packages share. Sourced.

fail() {
  echo "packaging test FAILED: $*" >&2
  exit 1
}

# older_package PACKAGE DIRECTORY: writes the package as version 0.0.9~test, with other configuration files: a comment
# less. Until there is a previous version, it stands for one.
older_package() {
  local work file
  work=$(mktemp -d)
  dpkg-deb -R "$1" "$work/tree"
  sed -i -e 's/^Version: .*/Version: 0.0.9~test/' \
    -e '/^Depends:/s/(\(>\?=\) [0-9][^)]*\(~[^)]*\)\?)/(\1 0)/g' "$work/tree/DEBIAN/control"
  # What stands for an exact version of a sibling would be out of reach.
  sed -i '/^Depends:/s/(= 0)/(>= 0)/g' "$work/tree/DEBIAN/control"
  if [ -f "$work/tree/DEBIAN/conffiles" ]; then
    while read -r file; do
      sed -i '/^# SPDX/d' "$work/tree$file"
    done <"$work/tree/DEBIAN/conffiles"
  fi
  (cd "$work/tree" && find . -type f -not -path './DEBIAN/*' -printf '%P\0' | LC_ALL=C sort -z |
    xargs -0r md5sum) >"$work/md5sums"
  mv "$work/md5sums" "$work/tree/DEBIAN/md5sums"
  dpkg-deb -Zgzip --root-owner-group -b "$work/tree" "$2" >/dev/null
  rm -rf "$work"
}

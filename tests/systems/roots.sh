# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Roots of Debian systems: how they are made, and how commands run in them. Sourced by tests/systems/run and
# tests/packaging/run, which define `fail`. Needs Debian, root and mmdebstrap.

# debian_mirror: the mirror of this system's own apt sources.
debian_mirror() {
  # shellcheck disable=SC2016  # apt's variables
  apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 == "Debian" && $3 == "Debian" && $4 == "main" { print $1; exit }'
}

# make_root ROOT SUITE [PACKAGE...]: does nothing if ROOT is there.
make_root() {
  local root=$1 suite=$2 mirror include
  shift 2
  [ ! -d "$root" ] || return 0
  [ "$(id -u)" -eq 0 ] || fail "only root can make and enter a root"
  command -v mmdebstrap >/dev/null || fail "install mmdebstrap"
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || fail "apt's sources name no mirror of Debian"
  echo "making $root from $mirror" >&2
  mkdir -p "$(dirname "$root")"
  rm -rf "$root.new"
  include=$(IFS=, && echo "ca-certificates${*:+,$*}")
  # A frozen copy of the archive is as good as today's; its signature is still verified.
  mmdebstrap --quiet --variant=minbase --include="$include" --aptopt='Acquire::Check-Valid-Until "false"' \
    "$suite" "$root.new" "$mirror" || fail "mmdebstrap could not make $root.new"
  # What is lost in a power cut is made once more.
  echo force-unsafe-io >"$root.new/etc/dpkg/dpkg.cfg.d/unsafe-io"
  # Programs that start a server look the name up.
  echo '127.0.0.1 localhost' >"$root.new/etc/hosts"
  mv "$root.new" "$root"
}

# in_root ROOT [BIND-OPTION FROM TO]... -- COMMAND [ARGUMENT...]: runs a command in a root, with devices, processes and
# an empty /run. BIND-OPTION is --bind or --read-only; TO is below ROOT. All of it is mounted in a namespace of its own,
# so that nothing stays mounted, and no process outlives the command.
in_root() {
  cp -L /etc/resolv.conf "$1/etc/resolv.conf"
  # shellcheck disable=SC2016  # expanded in the namespace
  unshare --mount --pid --fork --kill-child bash -c '
    set -e
    root=$1
    shift
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount -t tmpfs tmpfs "$root/run"
    while [ "$1" != -- ]; do
      mkdir -p "$root/$3"
      case $1 in
        --bind) mount --bind "$2" "$root/$3" ;;
        --read-only) mount --bind -o ro "$2" "$root/$3" ;;
      esac
      shift 3
    done
    shift
    exec chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
      LANG=C.UTF-8 "$@"' in_root "$@"
}

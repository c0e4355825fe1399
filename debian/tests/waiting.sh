# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Waiting for programs, and a port for them. Sourced.

# wait_for_line PROCESS FILE PATTERN: until what the process writes to the file has such a line. Fails when the process
# ends without, and after 20 seconds.
wait_for_line() {
  # shellcheck disable=SC2143  # tail, which the closed pipe ends, would count with pipefail
  [ -n "$(timeout 20 tail -n +1 -f --pid="$1" "$2" | grep -m 1 -e "$3")" ] || {
    echo "process $1 has not written this: $3" >&2
    cat "$2" >&2
    return 1
  }
}

# free_port: one that the kernel has to give away on 127.0.0.1. Another program may take it first.
free_port() {
  perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}

# on_free_port COMMAND: runs the command with a port as its argument, and with others where it fails; sets port.
on_free_port() {
  tries=0
  until
    port=$(free_port)
    "$1" "$port"
  do
    tries=$((tries + 1))
    [ $tries -lt 5 ] || return 1
  done
}

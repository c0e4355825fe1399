# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: the process tests, each on its own adapter: owners that die or stop, resets, other hosts
# All but those of the next scenario: a new test is in one of the two, whatever its tags are.

run env -u OPENSSL_CONF TRUSTX_TEST_BUS=kernel TRUSTX_TEST_SLOW=1 "$BUILD/bin/trustx_process_tests" \
  "~[descriptors]~[keep_open]~[root]" --durations yes

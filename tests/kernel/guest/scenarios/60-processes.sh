# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: the process tests, each on its own adapter: owners that die or stop, resets, other hosts

run env -u OPENSSL_CONF TRUSTX_TEST_BUS=kernel TRUSTX_TEST_SLOW=1 "$BUILD/bin/trustx_process_tests" "[sharing]~[root]" --durations yes

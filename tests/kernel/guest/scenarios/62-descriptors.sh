# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: the process tests about descriptors of the adapter: closed, reused, kept open, inherited by children

run env -u OPENSSL_CONF TRUSTX_TEST_BUS=kernel TRUSTX_TEST_SLOW=1 "$BUILD/bin/trustx_process_tests" \
  "[descriptors]~[root],[keep_open]~[root]" --durations yes

# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: many processes and threads on one adapter while some are killed or stopped and the chip is reset

run env -u OPENSSL_CONF TRUSTX_TEST_BUS=kernel TRUSTX_TEST_SLOW=1 "$BUILD/bin/trustx_stress" \
  --processes 4 --threads 2 --operations 80 --disturbances 16

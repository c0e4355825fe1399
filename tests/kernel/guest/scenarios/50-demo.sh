# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# scenario: tools/demo: an empty chip behind /dev/i2c-1, then MQTT over mutual TLS with mosquitto and trustx-mqtt

run "$SOURCE/tools/demo" --build "$BUILD" --device "i2c:$adapter" --simulator "$SIMULATOR"

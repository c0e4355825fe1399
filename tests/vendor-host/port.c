/* SPDX-License-Identifier: Apache-2.0
 * The platform abstraction layer that Infineon's host library asks of a platform, for the I2C bus over a socket: what
 * somebody writes who ports that library to a new board. Timer events are the library's own for Linux.
 * Environment: BUS, the simulator's socket; SIMULATOR, its program, which changes the bus frequency. */
#include "port.h"

#include "comms/optiga_comms.h"
#include "ifx_i2c/ifx_i2c_config.h"
#include "pal_gpio.h"
#include "pal_i2c.h"
#include "pal_ifx_i2c_config.h"
#include "pal_os_timer.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

/* The requests of the bus. A request for a pin pulls it low and lets it go. */
enum { write_transfer = 1, read_transfer = 2, reset_pin = 3, power_pin = 4 };
static int reset_line = reset_pin;
static int power_line = power_pin;

pal_i2c_t optiga_pal_i2c_context_0 = {NULL, 0x30, NULL, NULL};
pal_gpio_t optiga_reset_0 = {&reset_line};
pal_gpio_t optiga_vdd_0 = {&power_line};
optiga_comms_t optiga_comms = {(void*)&ifx_i2c_context_0, NULL, NULL, 0};
struct port_counters port_counters;

static int bus = -1;

/* Nobody is left to report to here: all of this runs in the library's timer signal. */
static void give_up(const char* what) {
    perror(what);
    _exit(3);
}

static const char* setting(const char* name) {
    const char* value = getenv(name);
    if (value == NULL) {
        errno = ENOENT;
        give_up(name);
    }
    return value;
}

/* all moves size bytes to the bus or from it. */
static void all(int to_bus, void* data, size_t size) {
    uint8_t* bytes = data;
    while (size > 0) {
        const ssize_t done = to_bus ? write(bus, bytes, size) : read(bus, bytes, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            give_up(to_bus ? "writing to the bus" : "reading from the bus");
        }
        bytes += done;
        size -= (size_t)done;
    }
}

static int transfer(int operation, uint8_t address, uint8_t* data, uint16_t size) {
    uint8_t head[4] = {(uint8_t)operation, address, (uint8_t)(size >> 8), (uint8_t)size};
    uint8_t reply[3];
    all(1, head, sizeof head);
    if (operation == write_transfer) {
        all(1, data, size);
    }
    all(0, reply, sizeof reply);
    all(0, data, (size_t)(reply[1] << 8 | reply[2]));
    ++port_counters.transfers;
    if (reply[0] == 1) {
        ++port_counters.address_naks;
    }
    return reply[0];
}

pal_status_t pal_i2c_init(const pal_i2c_t* context) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)context;
    if (bus >= 0) {
        return PAL_STATUS_SUCCESS;
    }
    snprintf(address.sun_path, sizeof address.sun_path, "%s", setting("BUS"));
    bus = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bus < 0 || connect(bus, (const struct sockaddr*)&address, sizeof address) != 0) {
        give_up(address.sun_path);
    }
    return PAL_STATUS_SUCCESS;
}

pal_status_t pal_i2c_deinit(const pal_i2c_t* context) {
    (void)context;
    return PAL_STATUS_SUCCESS;
}

static pal_status_t completed(pal_i2c_t* context, int status) {
    ((app_event_handler_t)context->upper_layer_event_handler)(
        context->upper_layer_ctx, status == 0 ? PAL_I2C_EVENT_SUCCESS : PAL_I2C_EVENT_ERROR);
    return status == 0 ? PAL_STATUS_SUCCESS : PAL_STATUS_FAILURE;
}

pal_status_t pal_i2c_write(pal_i2c_t* context, uint8_t* data, uint16_t size) {
    return completed(context, transfer(write_transfer, context->slave_address, data, size));
}

pal_status_t pal_i2c_read(pal_i2c_t* context, uint8_t* data, uint16_t size) {
    return completed(context, transfer(read_transfer, context->slave_address, data, size));
}

/* The bus over a socket has no request for it; the simulator's control command does what an adapter's driver would. */
pal_status_t pal_i2c_set_bitrate(const pal_i2c_t* context, uint16_t kilohertz) {
    char address[128];
    char frequency[8];
    char* const arguments[] = {(char*)setting("SIMULATOR"), "ctl", address, "scl", frequency, NULL};
    pid_t child = 0;
    int status = -1;
    snprintf(address, sizeof address, "unix:%s", setting("BUS"));
    snprintf(frequency, sizeof frequency, "%u", kilohertz);
    if (posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ) != 0) {
        give_up(arguments[0]);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (context->upper_layer_event_handler != NULL) {
        ((app_event_handler_t)context->upper_layer_event_handler)(
            context->upper_layer_ctx, status == 0 ? PAL_I2C_EVENT_SUCCESS : PAL_I2C_EVENT_ERROR);
    }
    return status == 0 ? PAL_STATUS_SUCCESS : PAL_STATUS_FAILURE;
}

void pal_gpio_set_high(const pal_gpio_t* pin) {
    pal_i2c_init(NULL);
    transfer(*(const int*)pin->p_gpio_hw, 0, NULL, 0);
}

void pal_gpio_set_low(const pal_gpio_t* pin) {
    (void)pin; /* Low and high again is one request. */
}

uint32_t pal_os_timer_get_time_in_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

void pal_os_timer_delay_in_milliseconds(uint16_t milliseconds) {
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

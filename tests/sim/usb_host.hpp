// SPDX-License-Identifier: Apache-2.0
// The importing side of USB/IP as Linux plays it (usbip_protocol.rst, i2c-tiny-usb.c), written down a second time for
// the tests: messages as bytes, and what answers to them.
#pragma once

#include "usbip/messages.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace trustx::test {

// UsbHost sends through a function that delivers bytes, and another that waits for exactly so many.
class UsbHost {
 public:
    using Send = std::function<void(const sim::Bytes&)>;
    using Receive = std::function<sim::Bytes(std::size_t)>;

    UsbHost(Send send, Receive receive) : send_{std::move(send)}, receive_{std::move(receive)} {}

    // Whom in and out address: the adapter, unless a test says otherwise.
    std::uint32_t device = 0x10002;

    // import_device asks for the device with a bus id and gives the status; the description is read and dropped.
    std::uint32_t import_device(const std::string& bus_id = "1-1");

    struct Reply {
        std::int32_t status;
        std::uint32_t length;
        std::string data;  // hexadecimal
    };
    // in and out are control transfers.
    Reply in(std::uint8_t type, std::uint8_t request, std::uint16_t value, std::uint16_t index, std::uint16_t length);
    Reply out(std::uint8_t type, std::uint8_t request, std::uint16_t value, std::uint16_t index,
              const std::string& data = "");

    // What the driver does with one message of an I2C transfer: the data, or "ENXIO", or "EIO".
    std::string i2c_write(std::uint8_t address, const std::string& data);
    std::string i2c_read(std::uint8_t address, std::uint16_t length);

    // submit is a transfer as bytes, with room for mistakes.
    struct Submit {
        std::uint32_t device = 0x10002;
        std::uint32_t direction = 0;
        std::uint32_t endpoint = 0;
        std::uint32_t length = 0;
        std::uint32_t packets = 0xFFFFFFFF;
        std::string setup = "0000000000000000";
        std::string data{};
    };
    sim::Bytes submit(const Submit& submit);
    sim::Bytes unlink(std::uint32_t unlinked);
    Reply reply();

    void send(const sim::Bytes& bytes) { send_(bytes); }

 private:
    std::string status_of_bus(const Reply& reply, const std::string& good);

    Send send_;
    Receive receive_;
    std::uint32_t sequence_ = 0;
};

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
#include "usb_host.hpp"

#include "support/catch.hpp"

#include <array>
#include <cstdio>

namespace trustx::test {

namespace {

sim::Bytes bytes(const std::string& hex) {
    return sim::from_hex(hex).value();
}

std::string hex32(std::uint32_t value) {
    std::array<char, 9> text{};
    std::snprintf(text.data(), text.size(), "%08X", value);
    return text.data();
}

std::string hex16_little_endian(unsigned value) {
    return hex32(value & 0xFF).substr(6) + hex32(value >> 8).substr(6);
}

std::uint32_t u32(const sim::Bytes& from, std::size_t at) {
    return static_cast<std::uint32_t>(from.at(at)) << 24 | static_cast<std::uint32_t>(from.at(at + 1)) << 16 |
           static_cast<std::uint32_t>(from.at(at + 2)) << 8 | from.at(at + 3);
}

std::string setup(std::uint8_t type, std::uint8_t request, std::uint16_t value, std::uint16_t index,
                  std::size_t length) {
    return hex32(type).substr(6) + hex32(request).substr(6) + hex16_little_endian(value) + hex16_little_endian(index) +
           hex16_little_endian(static_cast<unsigned>(length));
}

constexpr std::uint8_t vendor_in = 0xC1;
constexpr std::uint8_t vendor_out = 0x41;
constexpr std::uint8_t get_status = 3;
constexpr std::uint8_t only_message = 4 + 1 + 2;  // CMD_I2C_IO, begin, end
constexpr std::uint16_t read_flag = 1;

}  // namespace

std::uint32_t UsbHost::import_device(const std::string& bus_id) {
    sim::Bytes request = bytes("0111800300000000");
    request.insert(request.end(), bus_id.begin(), bus_id.end());
    request.resize(40);
    send_(request);
    const auto header = receive_(8);
    REQUIRE(sim::to_hex(header).substr(0, 8) == "01110003");
    const auto status = u32(header, 4);
    if (status == 0) {
        receive_(312);
    }
    return status;
}

sim::Bytes UsbHost::submit(const Submit& submit) {
    sim::Bytes message = bytes("00000001" + hex32(++sequence_) + hex32(submit.device) + hex32(submit.direction) +
                               hex32(submit.endpoint) + "00000200" + hex32(submit.length) + "00000000" +
                               hex32(submit.packets) + "00000000" + submit.setup);
    const auto data = bytes(submit.data);
    message.insert(message.end(), data.begin(), data.end());
    return message;
}

sim::Bytes UsbHost::unlink(std::uint32_t unlinked) {
    sim::Bytes message =
        bytes("00000002" + hex32(++sequence_) + hex32(0x10002) + hex32(0) + hex32(0) + hex32(unlinked));
    message.resize(48);
    return message;
}

UsbHost::Reply UsbHost::reply() {
    const auto header = receive_(48);
    CHECK(u32(header, 4) == sequence_);
    Reply reply{.status = static_cast<std::int32_t>(u32(header, 20)), .length = u32(header, 24), .data = {}};
    return reply;
}

UsbHost::Reply UsbHost::in(std::uint8_t type, std::uint8_t request, std::uint16_t value, std::uint16_t index,
                           std::uint16_t length) {
    send_(submit(
        {.device = device, .direction = 1, .length = length, .setup = setup(type, request, value, index, length)}));
    Reply answer = reply();
    answer.data = sim::to_hex(receive_(answer.length));
    return answer;
}

UsbHost::Reply UsbHost::out(std::uint8_t type, std::uint8_t request, std::uint16_t value, std::uint16_t index,
                            const std::string& data) {
    const auto length = static_cast<std::uint32_t>(data.size() / 2);
    send_(submit(
        {.device = device, .length = length, .setup = setup(type, request, value, index, length), .data = data}));
    return reply();
}

std::string UsbHost::status_of_bus(const Reply& answer, const std::string& good) {
    if (answer.status != 0) {
        return "EIO";
    }
    const auto status = in(vendor_in, get_status, 0, 0, 1);
    REQUIRE(status.data.size() == 2);
    return status.data == "02" ? "ENXIO" : good;
}

std::string UsbHost::i2c_write(std::uint8_t address, const std::string& data) {
    const auto done = out(vendor_out, only_message, 0, address, data);
    CHECK((done.status != 0 || done.length == data.size() / 2));
    return status_of_bus(done, "");
}

std::string UsbHost::i2c_read(std::uint8_t address, std::uint16_t length) {
    const auto done = in(vendor_in, only_message, read_flag, address, length);
    CHECK((done.status != 0 || done.length == length));
    return status_of_bus(done, done.data);
}

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
#include "host.hpp"

#include "model/ifx_i2c/crc16.hpp"

#include <algorithm>
#include <stdexcept>

namespace trustx::test {

namespace {

constexpr int patience_in_transfers = 20'000;

std::string with_fcs(const std::string& hex) {
    return hex + hex16(sim::crc16(from_hex(hex)));
}

}  // namespace

std::string hex16(std::size_t value) {
    sim::Bytes bytes;
    sim::append_u16(bytes, value);
    return to_hex(bytes);
}

Host::Host(HostOptions options) {
    auto made = sim::SimulatedChip::create({.profile = options.profile,
                                            .uid = options.uid,
                                            .seed = 1,
                                            .timing = options.timing,
                                            .acknowledge = options.acknowledge,
                                            .log = nullptr},
                                           std::move(options.nvm), clock);
    if (!made) {
        throw std::runtime_error(made.error());
    }
    chip = std::move(*made);
    target_ = chip.get();
    address = chip->address();
    if (options.open) {
        open_application();
    }
}

sim::TransferStatus Host::try_write(const sim::Bytes& bytes) {
    const auto transfer = target_->write(address, bytes);
    clock.advance(transfer.bus_time);
    return transfer.status;
}

sim::TransferStatus Host::try_read(std::size_t count) {
    sim::Bytes bytes(count);
    const auto transfer = target_->read(address, bytes);
    clock.advance(transfer.bus_time);
    return transfer.status;
}

void Host::write(const sim::Bytes& bytes) {
    for (int i = 0; i < patience_in_transfers; ++i) {
        if (try_write(bytes) == sim::TransferStatus::done) {
            clock.advance(std::chrono::microseconds(50));
            return;
        }
        clock.advance(std::chrono::milliseconds(1));
    }
    throw std::runtime_error("the chip does not acknowledge its address");
}

sim::Bytes Host::read(std::size_t count) {
    sim::Bytes bytes(count);
    for (int i = 0; i < patience_in_transfers; ++i) {
        const auto transfer = target_->read(address, bytes);
        clock.advance(transfer.bus_time);
        if (transfer.status == sim::TransferStatus::done) {
            clock.advance(std::chrono::microseconds(50));
            return bytes;
        }
        clock.advance(std::chrono::milliseconds(1));
    }
    throw std::runtime_error("the chip does not acknowledge its address");
}

sim::Bytes Host::read_register(std::uint8_t number, std::size_t size) {
    write({number});
    return read(size);
}

void Host::write_frame(const std::string& hex) {
    write(from_hex("80" + hex));
}

std::string Host::waiting_frame() {
    const sim::Bytes state = read_register(0x82, 4);
    if ((state[0] & 0x40U) == 0) {
        return {};
    }
    return to_hex(read_register(0x80, static_cast<std::size_t>(state[2] << 8U | state[3])));
}

std::string Host::read_frame() {
    for (int i = 0; i < patience_in_transfers; ++i) {
        if (std::string frame = waiting_frame(); !frame.empty()) {
            return frame;
        }
        clock.advance(std::chrono::milliseconds(1));
    }
    throw std::runtime_error("the chip offers no frame");
}

std::string Host::frame(unsigned frnr, unsigned acknr, const std::string& packet) {
    return with_fcs(to_hex(sim::Bytes{static_cast<std::uint8_t>(frnr << 2U | acknr)}) + hex16(packet.size() / 2) +
                    packet);
}

std::string Host::control(unsigned fctr) {
    return with_fcs(to_hex(sim::Bytes{static_cast<std::uint8_t>(fctr)}) + "0000");
}

sim::Bytes Host::receive_packet() {
    for (;;) {
        const sim::Bytes bytes = from_hex(read_frame());
        if ((bytes[0] & 0x80U) != 0) {
            continue;  // the acknowledge of our last fragment
        }
        received_ = bytes[0] >> 2U & 3U;
        write_frame(control(0x80U | received_));
        return {bytes.begin() + 3, bytes.end() - 2};
    }
}

std::string Host::apdu(const std::string& hex) {
    const sim::Bytes all = from_hex(hex);
    const std::size_t room = data_reg_len - 6;
    for (std::size_t at = 0; at < all.size(); at += room) {
        const bool first = at == 0;
        const bool last = at + room >= all.size();
        const std::string chain = first ? (last ? "00" : "01") : (last ? "04" : "02");
        const auto part = sim::ByteView(all).subspan(at, std::min(room, all.size() - at));
        sent_ = (sent_ + 1U) & 3U;
        write_frame(frame(sent_, received_, chain + to_hex(part)));
        if (!last && read_frame() != control(0x80U | sent_)) {
            throw std::runtime_error("a fragment was not acknowledged");
        }
    }
    std::string response;
    for (;;) {
        const sim::Bytes packet = receive_packet();
        response += to_hex(sim::ByteView(packet).subspan(1));
        if (packet[0] == 0x00 || packet[0] == 0x04) {
            return response;
        }
        if (packet[0] == 0x07) {
            throw std::runtime_error("the chip reports a chaining error");
        }
    }
}

std::string Host::error(const std::string& hex) {
    const std::string response = apdu(hex);
    if (response != "FF000000") {
        return "no error but " + response;
    }
    return apdu("01000002F1C2").substr(8);
}

void Host::open_application() {
    if (apdu(open_command) != "00000000") {
        throw std::runtime_error("OpenApplication failed");
    }
}

std::string command(const std::string& cmd_and_param, const std::string& data) {
    return cmd_and_param + hex16(data.size() / 2) + data;
}

std::string tlv(const std::string& tag, const std::string& value) {
    return tag + hex16(value.size() / 2) + value;
}

std::string sign_command(const std::string& oid) {
    return "31110028010020" + std::string(64, '0') + "030002" + oid;
}

void Host::reset_counters() {
    sent_ = 3;
    received_ = 3;
}

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
// A host for the simulated chip in the same process: sends frames and APDUs on a virtual clock, and lets a test do at
// every layer what a good host would not.
#pragma once

#include "model/simulated_chip.hpp"
#include "support/golden.hpp"

#include <memory>
#include <string>
#include <vector>

namespace trustx::test {

struct HostOptions {
    std::string profile{};
    sim::Bytes uid{};
    sim::Timing timing = sim::Timing::none();
    sim::AcknowledgeStyle acknowledge = sim::AcknowledgeStyle::automatic;
    std::unique_ptr<sim::Nvm> nvm = std::make_unique<sim::MemoryNvm>();
    bool open = true;  // the application
};

class Host {
 public:
    // A host with its own chip.
    explicit Host(HostOptions options = {});
    // A host of a chip that lives elsewhere and outlives this; chip stays empty.
    explicit Host(sim::I2cTarget& target) : target_{&target} {}
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    sim::VirtualClock clock;
    std::unique_ptr<sim::SimulatedChip> chip;
    std::uint8_t address = 0x30;

    // Transfers, repeated each millisecond of virtual time while the address is not acknowledged; time passes with
    // them.
    void write(const sim::Bytes& bytes);
    sim::Bytes read(std::size_t count);
    // A single try of each.
    sim::TransferStatus try_write(const sim::Bytes& bytes);
    sim::TransferStatus try_read(std::size_t count);

    [[nodiscard]] sim::Bytes read_register(std::uint8_t number, std::size_t size);
    [[nodiscard]] std::string state() { return to_hex(read_register(0x82, 4)); }

    // Frames as hexadecimal. read_frame waits until one is there; waiting_frame is empty when there is none now.
    void write_frame(const std::string& hex);
    std::string read_frame();
    std::string waiting_frame();

    // frame builds a data frame, control a control frame.
    [[nodiscard]] static std::string frame(unsigned frnr, unsigned acknr, const std::string& packet);
    [[nodiscard]] static std::string control(unsigned fctr);

    // apdu exchanges a whole APDU, in packets, and acknowledges what comes back.
    std::string apdu(const std::string& hex);
    // error runs a command that must fail and returns the code in F1C2, which that clears.
    std::string error(const std::string& hex);
    void open_application();

    // reset starts the frame counters of this side again, as after a reset of the chip.
    void reset_counters();

    std::size_t data_reg_len = 0x0115;

 private:
    sim::Bytes receive_packet();

    sim::I2cTarget* target_ = nullptr;
    unsigned sent_ = 3;
    unsigned received_ = 3;
};

// OpenApplication as hosts send it.
inline constexpr const char* open_command = "F0000010D27600000447656E417574684170706C";

// hex16 is a length as two bytes.
std::string hex16(std::size_t value);

// command is an APDU with its length.
std::string command(const std::string& cmd_and_param, const std::string& data);
std::string tlv(const std::string& tag, const std::string& value);

// sign_command is CalcSign of 32 zero bytes with a key.
std::string sign_command(const std::string& oid);

}  // namespace trustx::test

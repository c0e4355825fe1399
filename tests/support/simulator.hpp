// SPDX-License-Identifier: Apache-2.0
// A running trustx-sim for tests that reach the chip through a socket, or, where TRUSTX_TEST_BUS=kernel, through an
// adapter of this machine's kernel, for which they need root.
#pragma once

#include "process.hpp"
#include "temp_dir.hpp"

#include <nlohmann/json.hpp>

namespace trustx::test {

struct SimulatorOptions {
    std::filesystem::path nvm{};           // a file in the simulator's own directory when empty
    std::string timing = "none";           // none | typical
    std::string profile{};                 // A | B | C; the program's default when empty
    std::vector<std::string> arguments{};  // further ones
    ProcessOptions process{};
};

// Simulator is a trustx-sim process with a socket and, unless told otherwise, an NVM file in its own directory.
// The constructor returns when the socket accepts connections; it throws std::runtime_error with what the program
// said otherwise. The destructor ends the program.
class Simulator {
 public:
    explicit Simulator(SimulatorOptions options = {});

    // address is what TRUSTX_DEVICE or --device take: "unix:/tmp/trustx-abc/chip", or "i2c:/dev/i2c-2".
    [[nodiscard]] std::string address() const;
    // path is what an error about the chip names: the socket or the adapter.
    [[nodiscard]] std::filesystem::path path() const { return adapter_.empty() ? socket() : adapter_; }
    [[nodiscard]] std::filesystem::path socket() const { return directory_ / "chip"; }
    // socket_address reaches the same chip on any bus, and its reset pin.
    [[nodiscard]] std::string socket_address() const { return "unix:" + socket().string(); }
    [[nodiscard]] std::filesystem::path nvm() const;
    [[nodiscard]] const TempDir& directory() const { return directory_; }
    Process& process() { return *process_; }

    // control runs `trustx-sim ctl ADDRESS arguments...` and returns its standard output; throws when it fails.
    [[nodiscard]] std::string control(const std::vector<std::string>& arguments) const;
    [[nodiscard]] nlohmann::json stats() const;
    void reset_stats() const;

    // kill9 ends the program as a power cut would; restart starts it again (ending it first if it still runs) with
    // the same socket, NVM file and options.
    void kill9();
    void restart();

 private:
    void start();
    void attach();

    SimulatorOptions options_;
    TempDir directory_;
    std::filesystem::path adapter_;  // of the kernel, where there is one
    std::unique_ptr<Process> process_;
};

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
// A simulated chip and the built program trustx that works on it.
#pragma once

#include "common/keys/key_file.hpp"
#include "support/simulator.hpp"
#include "support/software_key.hpp"
#include "support/temp_dir.hpp"
#include "trustx_program.hpp"

#include <string>
#include <vector>

namespace trustx::test {

using Arguments = std::vector<std::string>;

// Chip is a simulator and a directory for files.
class Chip {
 public:
    explicit Chip(SimulatorOptions options = {}) : simulator{std::move(options)} {}

    // trustx runs the program on this chip, in the directory for files.
    Outcome trustx(const Arguments& arguments, ProcessOptions options = {}) const;
    // must demands that it succeeds, and gives what it printed.
    std::string must(const Arguments& arguments, ProcessOptions options = {}) const;
    // must_fail demands this exit code, all of these words on standard error, and a single line of them.
    Outcome must_fail(int status, const Arguments& arguments, const std::vector<std::string>& words,
                      ProcessOptions options = {}) const;
    // start starts it and does not wait.
    Process start(const Arguments& arguments) const;
    // shell runs a script with sh in which $TRUSTX is the program.
    Outcome shell(const std::string& script) const;

    // keygen makes a key and gives its reference.
    KeyReference keygen(const std::string& slot, const Arguments& more = {}) const;
    // holds_key asks the chip's metadata.
    bool holds_key(const std::string& slot) const;

    std::uint64_t private_key_uses() const { return simulator.stats().at("private_key_uses"); }
    std::string path(const std::string& name) const { return (files / name).string(); }
    // write puts a file into the directory and gives its path.
    std::string write(const std::string& name, const std::string& content) const;

    Simulator simulator;
    TempDir files;

 private:
    ProcessOptions with_chip(ProcessOptions options) const;
};

// reference_in reads a key file's text.
KeyReference reference_in(const std::string& text);

}  // namespace trustx::test

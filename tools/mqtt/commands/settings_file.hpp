// SPDX-License-Identifier: Apache-2.0
// The file of --config: TOML, read strictly. A name that is no option, and a value of another type, end the program
// with file and line.
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace trustx::mqtt {

// SettingsFile reads what CLI11 takes for a command line. Options of the program stand at the top of the file, those
// of a command in a table of its name: [jobs.run]. The tables of other commands than the one that was given are
// checked and have no effect, so that several services can share a file.
class SettingsFile final : public CLI::Config {
 public:
    // program is the command line, and outlives this.
    explicit SettingsFile(CLI::App& program) : program_{program} {}

    // from_config gives the values to the options itself, and nothing to CLI11, which would run the callbacks of
    // options in the order of the file. CLI::ConfigError.
    [[nodiscard]] std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;
    [[nodiscard]] std::string to_config(const CLI::App* /*program*/, bool /*with_defaults*/, bool /*with_help*/,
                                        std::string /*prefix*/) const override {
        return {};  // which is for programs that write such files
    }

    // mistake is what to say if a value of the file is what the command line was refused for, which has the right type
    // and only its option can judge; else empty.
    [[nodiscard]] std::string mistake() const;

 private:
    class Reader;

    CLI::App& program_;
    mutable std::map<CLI::Option*, std::string> places_;  // of the values that an option has from it
};

}  // namespace trustx::mqtt

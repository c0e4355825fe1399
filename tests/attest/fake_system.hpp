// SPDX-License-Identifier: Apache-2.0
// A system below a directory, as far as measuring looks at it.
#pragma once

#include "attest/measurement.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <string>

namespace trustx::test {

class FakeSystem {
 public:
    static constexpr const char* boot_id = "0f4a1c2e-8b7d-4e6f-9a3b-5c2d1e0f7a8b";
    static constexpr const char* command_line = "root=/dev/mmcblk0p2 ro quiet\n";

    FakeSystem() {
        put("proc/sys/kernel/random/boot_id", std::string{boot_id} + "\n");
        put("proc/sys/kernel/osrelease", "6.1.0-test\n");
        put("proc/cmdline", command_line);
        put("proc/uptime", "12.34 20.00\n");
        put("boot/vmlinuz-6.1.0-test", "kernel");
        put("boot/initrd.img-6.1.0-test", "initrd");
        put("etc/gateway/settings", "interval = 30\n");
        put("etc/gateway/bin/run", "#!/bin/sh\n");
    }

    void put(const std::string& path, const std::string& content) const {
        std::filesystem::create_directories((files_ / path).parent_path());
        write_file(files_ / path, content);
    }
    [[nodiscard]] std::filesystem::path at(const std::string& path) const { return files_ / path; }
    [[nodiscard]] std::string top() const { return files_.path().string(); }
    [[nodiscard]] attest::Roots roots() const { return attest::Roots::below(top()); }

    // measured is what measuring finds, without other programs.
    [[nodiscard]] Result<attest::Measurement> measured(const attest::MeasurementSettings& settings = {}) const {
        return attest::measure_system(roots(), settings, [](const auto&) { return std::optional<std::string>{}; });
    }

 private:
    TempDir files_;
};

}  // namespace trustx::test

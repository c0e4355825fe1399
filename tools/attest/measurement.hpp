// SPDX-License-Identifier: Apache-2.0
// What is measured of a system, and its values: the start of the system, files and directories by list, the kernel's
// own log.
#pragma once

#include "attest/digest.hpp"
#include "attest/ima_log.hpp"
#include "attest/roots.hpp"
#include "attest/tree.hpp"

#include <trustx/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trustx::attest {

// MeasurementSettings say what is measured beyond what every system has.
struct MeasurementSettings {
    std::vector<std::string> paths{};  // files and directories
    std::string kernel{};              // in place of /boot/vmlinuz-RELEASE
    std::string initrd{};              // in place of /boot/initrd.img-RELEASE
    TreeLimits limits{};
};

// Measurement is what was found. Components are named digests:
//
//     kernel, initrd  the files that belong to the kernel that runs
//     command-line    /proc/cmdline
//     device-tree     /sys/firmware/devicetree/base without chosen and serial-number, of one start and one board
//     boot            the directory /boot/firmware, where a Raspberry Pi starts from
//     dm-verity/NAME  root hashes
//     /etc/...        files and directories of the list, by their paths
//     mode/etc/...    of each of these files its mode and capabilities, as a directory's entry "." of the kind f
struct Measurement {
    std::string boot_id{};     // /proc/sys/kernel/random/boot_id, new at each start
    std::uint64_t uptime = 0;  // s
    std::map<std::string, Digest> components{};
    std::map<std::string, Entries> trees{};  // of the components that are directories
    std::optional<ImaLog> ima{};
    std::vector<std::string> notes{};  // what is not there, or was passed over: for people
    // What is there, should be measured, and was not, since it cannot be read or is beyond the limits. It is no
    // component. Who measures goes on, so that nothing in one directory hides all others, and fails in the end.
    std::vector<Error> failures{};
};

// boot_id_of reads it. InputErrc::malformed where /proc does not tell.
Result<std::string> boot_id_of(const Roots& roots);

// measure_system measures. What is absent is no component and a note, so that an operator sees it missing; what is
// there and cannot be measured is a failure. ima_log receives the kernel's log as it was measured, where there is one
// and the argument is not null.
Result<Measurement> measure_system(const Roots& roots, const MeasurementSettings& settings, const RunProgram& run,
                                   Bytes* ima_log = nullptr);

}  // namespace trustx::attest

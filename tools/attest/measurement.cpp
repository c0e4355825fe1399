// SPDX-License-Identifier: Apache-2.0
#include "attest/measurement.hpp"

#include "attest/verity.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <charconv>

namespace trustx::attest {
namespace {

constexpr const char* ima_file = "/kernel/security/ima/binary_runtime_measurements";
constexpr std::size_t short_file = std::size_t{64} * 1024;

// System collects what is measured of one system.
class System {
 public:
    System(const Roots& roots, const MeasurementSettings& settings, const RunProgram& run)
        : roots_{roots}, settings_{settings}, run_{run} {}

    Result<void> start_of_system();
    Result<void> listed();
    Result<void> kernels_log(Bytes* copy);

    Measurement found;

 private:
    Result<void> boot_file(const char* name, const std::string& chosen, const std::string& usual);
    void component(const std::string& name, const std::string& top, const std::string& path);
    // measured gives whether it is there.
    bool measured(const std::string& name, const std::string& top, const std::string& path,
                  const std::vector<std::string>& without = {});
    Result<void> command_line();

    const Roots& roots_;
    const MeasurementSettings& settings_;
    const RunProgram& run_;
};

void System::component(const std::string& name, const std::string& top, const std::string& path) {
    if (!measured(name, top, path)) {
        found.notes.push_back(name + (name == path ? "" : " (" + path + ")") + " is not there, and not measured");
    }
}

bool System::measured(const std::string& name, const std::string& top, const std::string& path,
                      const std::vector<std::string>& without) {
    auto measured = measure(top, path, settings_.limits, without);
    if (!measured) {
        found.failures.push_back(measured.error());
        return true;
    }
    auto& tree = *measured;
    if (!tree) {
        return false;
    }
    if (tree->passed_over > 0) {
        found.notes.push_back(std::to_string(tree->passed_over) + " sockets, FIFOs or mounted file systems in " + path +
                              " were passed over");
    }
    found.components[name] = tree->digest;
    if (tree->directory) {
        found.trees[name] = std::move(tree->entries);
    } else if (name == path) {
        // What a file's value is, everybody can compute; what else it is, is of the form of a directory's.
        const Entries mode{{".", "f " + tree->mode + " -"}};
        found.components["mode" + path] = digest_of(mode);
        found.trees["mode" + path] = mode;
    }
    return true;
}

Result<void> System::boot_file(const char* name, const std::string& chosen, const std::string& usual) {
    if (!chosen.empty()) {
        component(name, roots_.root, chosen);
        return {};
    }
    TRY(const auto release, line_below(roots_.proc, "/sys/kernel/osrelease"));
    // A release is part of a file's name and nothing else.
    if (!release || release->empty() || release->find('/') != std::string::npos) {
        found.notes.push_back(std::string{name} + " is not measured: /proc does not tell the kernel's release");
        return {};
    }
    component(name, roots_.root, usual + *release);
    return {};
}

Result<void> System::command_line() {
    TRY(const auto content, read_below(roots_.proc, "/cmdline", short_file));
    if (!content) {
        found.notes.emplace_back("command-line is not measured: /proc has none");
        return {};
    }
    found.components["command-line"] = sha256(*content);
    TRY(const auto hashes, verity_hashes(roots_, text::as_text(*content), run_));
    for (const auto& [name, hash] : hashes) {
        found.components["dm-verity/" + name] = hash;
    }
    return {};
}

Result<void> System::start_of_system() {
    TRY(found.boot_id, boot_id_of(roots_));
    TRY(const auto uptime, line_below(roots_.proc, "/uptime"));
    if (uptime) {
        std::from_chars(uptime->data(), uptime->data() + uptime->size(), found.uptime);
    }
    TRYV(boot_file("kernel", settings_.kernel, "/boot/vmlinuz-"));
    TRYV(boot_file("initrd", settings_.initrd, "/boot/initrd.img-"));
    TRYV(command_line());
    // Most computers have one or the other: nothing is missing where it is not.
    measured("device-tree", roots_.sys, "/firmware/devicetree/base", {"chosen", "serial-number"});
    measured("boot", roots_.root, "/boot/firmware");
    return {};
}

Result<void> System::listed() {
    for (const auto& path : settings_.paths) {
        if (!path.starts_with('/') || !text::is_printable(path)) {
            return fail(InputErrc::usage, "`" + text::printable(path) + "` is to be measured, and is no absolute path");
        }
        component(path, roots_.root, path);
    }
    return {};
}

Result<void> System::kernels_log(Bytes* copy) {
    // The kernel shows it to root alone. Whoever else measures has the rest.
    const auto file = open_below(roots_.sys, ima_file);
    if (!file && file.error().code() == std::errc::permission_denied) {
        found.notes.emplace_back("the kernel's IMA log is for root to read, and not measured");
        return {};
    }
    TRY(auto log, read_below(roots_.sys, ima_file, ima_log_limit));
    if (log && !log->empty()) {
        TRY(found.ima, parse_ima_log(*log));
        if (copy != nullptr) {
            *copy = *std::move(log);
        }
    }
    return {};
}

}  // namespace

Result<std::string> boot_id_of(const Roots& roots) {
    TRY(const auto id, line_below(roots.proc, "/sys/kernel/random/boot_id"));
    constexpr std::size_t size = 36;
    const bool fits = id && id->size() == size && std::ranges::all_of(*id, [](char letter) {
                          return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') || letter == '-';
                      });
    if (!fits) {
        return fail(InputErrc::malformed,
                    roots.proc +
                        "/sys/kernel/random/boot_id does not tell which start of the system this is; a service "
                        "needs ProcSubset=all to read it");
    }
    return *id;
}

Result<Measurement> measure_system(const Roots& roots, const MeasurementSettings& settings, const RunProgram& run,
                                   Bytes* ima_log) {
    System system{roots, settings, run};
    TRYV(system.start_of_system());
    TRYV(system.listed());
    TRYV(system.kernels_log(ima_log));
    return std::move(system.found);
}

}  // namespace trustx::attest

// SPDX-License-Identifier: Apache-2.0
#include "simulator.hpp"

#include "build_tree.hpp"

#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace trustx::test {
namespace {

bool over_the_kernel() {
    const char* bus = std::getenv("TRUSTX_TEST_BUS");
    return bus != nullptr && std::string_view{bus} == "kernel";
}

}  // namespace

Simulator::Simulator(SimulatorOptions options) : options_(std::move(options)) {
    start();
}

std::filesystem::path Simulator::nvm() const {
    return options_.nvm.empty() ? directory_ / "chip.nvm" : options_.nvm;
}

std::string Simulator::address() const {
    return adapter_.empty() ? socket_address() : "i2c:" + adapter_.string();
}

void Simulator::start() {
    std::vector<std::string> arguments{"--listen",     socket_address(), "--nvm",
                                       nvm().string(), "--timing",       options_.timing};
    if (!options_.profile.empty()) {
        arguments.insert(arguments.end(), {"--profile", options_.profile});
    }
    if (over_the_kernel()) {
        arguments.insert(arguments.end(), {"--usbip", "127.0.0.1:0"});
    }
    arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
    process_ = std::make_unique<Process>(program("trustx-sim"), arguments, options_.process);
    process_->wait_for_line("listening on");
    if (over_the_kernel()) {
        attach();
    }
}

// attach plugs the chip into this machine's kernel. After a restart that is where it was before.
void Simulator::attach() {
    const std::string before = "exporting over USB/IP on ";
    const auto line = process_->wait_for_line(before);
    const auto endpoint = line.substr(line.find(before) + before.size());
    const auto deadline = std::chrono::steady_clock::now() + patience();
    // The kernel removes the adapter of a simulator that ended in its own time.
    while (!adapter_.empty() && exists(adapter_) && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(Milliseconds{10});
    }
    const Outcome attached = run(source_directory() / "tests/kernel/adapter", {"attach", endpoint});
    if (!attached.ok()) {
        throw std::runtime_error("adapter attach failed: " + attached.both());
    }
    const std::filesystem::path adapter = attached.out.substr(0, attached.out.find('\n'));
    if (!adapter_.empty() && adapter != adapter_) {
        throw std::runtime_error("the chip was " + adapter_.string() + " and came back as " + adapter.string());
    }
    adapter_ = adapter;
}

std::string Simulator::control(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{"ctl", socket_address()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome outcome = run(program("trustx-sim"), all);
    if (!outcome.ok()) {
        throw std::runtime_error("trustx-sim ctl failed: " + outcome.both());
    }
    return outcome.out;
}

nlohmann::json Simulator::stats() const {
    return nlohmann::json::parse(control({"stats"}));
}

void Simulator::reset_stats() const {
    static_cast<void>(control({"reset-stats"}));
}

void Simulator::kill9() {
    process_->kill9();
}

void Simulator::restart() {
    process_->terminate();
    process_.reset();
    start();
}

}  // namespace trustx::test

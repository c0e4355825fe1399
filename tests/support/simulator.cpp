// SPDX-License-Identifier: Apache-2.0
#include "simulator.hpp"

#include "build_tree.hpp"

#include <stdexcept>

namespace trustx::test {

Simulator::Simulator(SimulatorOptions options) : options_(std::move(options)) {
    start();
}

std::filesystem::path Simulator::nvm() const {
    return options_.nvm.empty() ? directory_ / "chip.nvm" : options_.nvm;
}

void Simulator::start() {
    std::vector<std::string> arguments{"--listen", address(), "--nvm", nvm().string(), "--timing", options_.timing};
    if (!options_.profile.empty())
        arguments.insert(arguments.end(), {"--profile", options_.profile});
    arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
    process_ = std::make_unique<Process>(program("trustx-sim"), arguments, options_.process);
    process_->wait_for_line("listening on");
}

std::string Simulator::control(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{"ctl", address()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome outcome = run(program("trustx-sim"), all);
    if (!outcome.ok())
        throw std::runtime_error("trustx-sim ctl failed: " + outcome.both());
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

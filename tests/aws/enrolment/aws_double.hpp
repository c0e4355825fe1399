// SPDX-License-Identifier: Apache-2.0
// The double of AWS IoT (tests/aws/double), one for a whole test program: its start takes a second.
#pragma once

#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace trustx::test {

class AwsDouble {
 public:
    // shared is running when it is returned; nothing: what tests/aws/setup installs is not there, which is said on
    // standard output. Throws std::runtime_error where it does not start.
    static AwsDouble* shared();

    // environment is what a user of AWS's programs sets.
    [[nodiscard]] std::map<std::string, std::string> environment() const;
    // facts are what the double says of itself: addresses, files.
    [[nodiscard]] const nlohmann::json& facts() const { return facts_; }
    [[nodiscard]] std::string ca_file() const { return facts_.at("ca"); }

    // certificates are those of the registry, by id.
    [[nodiscard]] nlohmann::json certificates() const { return control("GET", "/state").at("certificates"); }
    [[nodiscard]] nlohmann::json things() const { return control("GET", "/state").at("things"); }

    // call is a call of an operator: what no command of `trustx` does yet. curl signs it. Throws std::runtime_error
    // where it is refused.
    nlohmann::json call(const std::string& method, const std::string& path, const nlohmann::json& body = {}) const;
    [[nodiscard]] std::string broker() const;

    // judged lets the oracle look at every request so far.
    [[nodiscard]] Outcome judged() const;

    // wait_until_held returns when a fault that holds, as `POST /faults` answered it, has hit a request of a program.
    // Throws std::runtime_error where the program ends before.
    void wait_until_held(const nlohmann::json& fault, const Process& program) const;
    void release(const nlohmann::json& fault) const { control("POST", "/release", {{"id", fault.at("id")}}); }

    // control asks the interface for tests. Throws std::runtime_error where it refuses.
    nlohmann::json control(const std::string& method, const std::string& path, const nlohmann::json& body = {}) const;

 private:
    explicit AwsDouble(const std::string& packages);

    std::string packages_;
    TempDir directory_;
    Process process_;
    nlohmann::json facts_;
};

}  // namespace trustx::test

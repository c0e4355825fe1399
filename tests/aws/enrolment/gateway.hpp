// SPDX-License-Identifier: Apache-2.0
// A gateway for tests of the built programs: a simulated chip, the directories that `trustx aws` writes, and an
// environment in which AWS's programs find the double.
#pragma once

#include "aws_double.hpp"
#include "support/build_tree.hpp"
#include "support/process.hpp"
#include "support/simulator.hpp"
#include "support/temp_dir.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace trustx::test {

// Gateway is a chip and the directories of a gateway.
class Gateway {
 public:
    using Arguments = std::vector<std::string>;

    // Chips of one profile have one UID.
    Gateway(AwsDouble& cloud, std::string thing, const std::string& profile = {})
        : cloud_{cloud}, thing_{std::move(thing)}, chip_{{.profile = profile}} {}

    using Variables = std::map<std::string, std::string>;

    // changes are to the environment.
    [[nodiscard]] Outcome trustx(const Arguments& arguments, Variables changes = {}) const {
        changes.merge(environment());
        return run(program("trustx"), arguments, {.environment = changes, .directory = files_.path()});
    }

    [[nodiscard]] Outcome enroll(const std::string& method, const Arguments& more = {},
                                 const Variables& changes = {}) const {
        Arguments arguments{"aws",  "enroll", "--method",       method,   "--thing",
                            thing_, "--ca",   cloud_.ca_file(), "--wait", "60"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return trustx(arguments, changes);
    }

    [[nodiscard]] Process start_to_enroll(const std::string& method, const Arguments& more = {}) const {
        Arguments arguments{"aws",  "enroll", "--method",       method,   "--thing",
                            thing_, "--ca",   cloud_.ca_file(), "--wait", "60"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return start(arguments);
    }

    // start does not wait for the program to end.
    [[nodiscard]] Process start(const Arguments& arguments) const {
        return {program("trustx"), arguments, {.environment = environment(), .directory = files_.path()}};
    }

    [[nodiscard]] Variables environment() const;
    Simulator& chip() { return chip_; }

    [[nodiscard]] std::string identity(const std::string& name) const { return files_ / "identity" / name; }
    [[nodiscard]] nlohmann::json status() const {
        return nlohmann::json::parse(trustx({"aws", "status", "--json"}).out);
    }

    // registered is this thing's only certificate in the cloud, which is checked.
    [[nodiscard]] nlohmann::json registered() const {
        const auto id = status().at("identity").at("certificateId").get<std::string>();
        return cloud_.certificates().at(id);
    }

    // must_exchange_messages subscribes and publishes with mosquitto's clients and the identity in files.
    void must_exchange_messages() const;

 private:
    AwsDouble& cloud_;
    std::string thing_;
    TempDir files_;
    Simulator chip_;
};

void must_succeed(const Outcome& outcome);

}  // namespace trustx::test

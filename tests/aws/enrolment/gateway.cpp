// SPDX-License-Identifier: Apache-2.0
#include "gateway.hpp"

#include "support/catch.hpp"

namespace trustx::test {

Gateway::Variables Gateway::environment() const {
    auto variables = cloud_.environment();
    variables["TRUSTX_DEVICE"] = chip_.address();
    variables["TRUSTX_LOCK_DIRECTORY"] = files_.path();
    variables["TRUSTX_CONF"] = "/dev/null";
    variables["TRUSTX_AWS_IDENTITY"] = files_ / "identity";
    variables["TRUSTX_AWS_STATE"] = files_ / "state";
    variables["OPENSSL_CONF"] = module_directory().parent_path() / "conf" / "openssl-trustx.cnf";
    return variables;
}

void Gateway::must_exchange_messages() const {
    const auto endpoint = status().at("identity").at("endpoint").get<std::string>();
    const auto colon = endpoint.rfind(':');
    auto variables = environment();
    variables.merge(foreign_program_environment());
    const Arguments common{"-h",       endpoint.substr(0, colon),
                           "-p",       endpoint.substr(colon + 1),
                           "-i",       thing_,
                           "--cafile", identity("amazon-roots.pem"),
                           "--cert",   identity("identity-chain.pem"),
                           "--key",    identity("identity-key.pem")};
    // Its lines come at once, not when it ends.
    Arguments arguments{"-oL", "mosquitto_sub"};
    arguments.insert(arguments.end(), common.begin(), common.end());
    arguments.insert(arguments.end(), {"-t", "cmd/" + thing_ + "/order", "-C", "1", "-W", "30", "-d"});
    Process subscriber{"stdbuf", arguments, {.environment = variables}};
    subscriber.wait_for_line("SUBACK");
    cloud_.control("POST", "/publish", {{"topic", "cmd/" + thing_ + "/order"}, {"payload", "open"}});
    const auto received = subscriber.wait();
    INFO(received.both());
    CHECK(received.status == 0);
    CHECK_THAT(received.out, ContainsSubstring("open"));
    arguments = common;
    arguments.insert(arguments.end(), {"-t", "dt/" + thing_ + "/data", "-m", "21", "-q", "1"});
    must_succeed(run("mosquitto_pub", arguments, {.environment = variables}));
}

void must_succeed(const Outcome& outcome) {
    INFO(outcome.both());
    REQUIRE(outcome.status == 0);
}

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
// Gateways without credentials and an operator without a chip: the built programs, simulated chips, and the double.
#include "aws_double.hpp"
#include "cli/exit_code.hpp"
#include "gateway.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace trustx::test;
using trustx::cli::ExitCode;

namespace {

// Desk is an operator's computer: no chip, but the account.
class Desk {
 public:
    explicit Desk(AwsDouble& cloud) : cloud_{cloud} {}

    [[nodiscard]] Outcome trustx(const Gateway::Arguments& arguments) const {
        return run(program("trustx"), arguments, options());
    }
    // start does not wait for the program to end.
    [[nodiscard]] Process start(const Gateway::Arguments& arguments) const {
        return {program("trustx"), arguments, options()};
    }

    [[nodiscard]] Outcome approve(const std::string& request, const std::string& answer,
                                  const Gateway::Arguments& more = {}) const {
        Gateway::Arguments arguments = approval(request, answer);
        arguments.insert(arguments.end(), more.begin(), more.end());
        return trustx(arguments);
    }
    [[nodiscard]] Gateway::Arguments approval(const std::string& request, const std::string& answer) const {
        return {"aws", "approve", request, "--out", answer, "--ca", cloud_.ca_file()};
    }

    [[nodiscard]] std::string file(const std::string& name) const { return files_ / name; }

 private:
    [[nodiscard]] ProcessOptions options() const {
        auto variables = cloud_.environment();
        variables["TRUSTX_DEVICE"] = "unix:/nonexistent";
        variables["TRUSTX_CONF"] = "/dev/null";
        variables["XDG_STATE_HOME"] = files_.path();
        return {.environment = variables, .directory = files_.path()};
    }

    AwsDouble& cloud_;
    TempDir files_;
};

// without_account is what a gateway has: no credentials, no region, no address of AWS.
Gateway::Variables without_account() {
    return {{"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", ""}, {"AWS_REGION", ""}, {"AWS_ENDPOINT_URL_IOT", ""}};
}

Outcome at_gateway(const Gateway& gateway, const Gateway::Arguments& arguments) {
    return gateway.trustx(arguments, without_account());
}

// must_end_with wants an exit code, and an explanation.
void must_end_with(ExitCode exit, const Outcome& outcome) {
    INFO(outcome.both());
    CHECK(outcome.status == static_cast<int>(exit));
    CHECK(outcome.err.starts_with("trustx: "));
}

}  // namespace

TEST_CASE("a gateway without credentials is enrolled by an operator without a chip", "[aws][fleet]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Desk desk{*cloud};
    for (const std::string method : {"csr", "register-thing"}) {
        CAPTURE(method);
        const auto thing = "divided-" + method;
        const Gateway gateway{*cloud, thing};
        const auto request = desk.file(thing + ".request.json");
        const auto answer = desk.file(thing + ".answer.json");
        const auto proof = desk.file(thing + ".proof.json");
        const auto before = cloud->certificates().size();
        must_succeed(at_gateway(gateway, {"aws", "request", "--thing", thing, "--out", request}));
        CHECK(at_gateway(gateway, {"aws", "status"}).status == 1);
        CHECK(at_gateway(gateway, {"aws", "resume"}).status == 1);
        must_succeed(desk.approve(request, answer, {"--method", method}));
        const auto first = read_file(answer);
        must_succeed(desk.approve(request, answer, {"--method", method}));
        CHECK(read_file(answer) == first);
        CHECK(cloud->certificates().size() == before + 1);
        must_succeed(at_gateway(gateway, {"aws", "install", answer, "--out", proof}));
        CHECK(gateway.registered().at("status") == "INACTIVE");
        CHECK(at_gateway(gateway, {"aws", "connect"}).status == 9);
        must_succeed(desk.trustx({"aws", "activate", proof}));
        must_succeed(at_gateway(gateway, {"aws", "connect", "--wait", "60"}));
        must_succeed(at_gateway(gateway, {"aws", "status"}));
        gateway.must_exchange_messages();
    }
}

TEST_CASE("a request that was abandoned leaves nothing at gateway and operator", "[aws][fleet]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Desk desk{*cloud};
    const Gateway gateway{*cloud, "withdrawn"};
    const auto certificates = cloud->certificates().size();
    const auto things = cloud->things().size();
    const auto request = desk.file("request.json");
    must_succeed(at_gateway(gateway, {"aws", "request", "--thing", "withdrawn", "--out", request}));
    must_succeed(desk.approve(request, desk.file("answer.json")));
    must_succeed(at_gateway(gateway, {"aws", "abandon"}));
    CHECK(at_gateway(gateway, {"aws", "status"}).status == 6);
    CHECK(at_gateway(gateway, {"aws", "install", desk.file("answer.json")}).status == 6);
    must_succeed(desk.trustx({"aws", "approve", "--take-back", request}));
    CHECK(cloud->certificates().size() == certificates);
    CHECK(cloud->things().size() == things);
}

TEST_CASE("a gateway that gives up after it was activated names the certificate that stays", "[aws][fleet]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Desk desk{*cloud};
    const Gateway gateway{*cloud, "too-late"};
    const auto answer = desk.file("answer.json");
    const auto proof = desk.file("proof.json");
    must_succeed(at_gateway(gateway, {"aws", "request", "--thing", "too-late", "--out", desk.file("request.json")}));
    must_succeed(desk.approve(desk.file("request.json"), answer));
    must_succeed(at_gateway(gateway, {"aws", "install", answer, "--out", proof}));
    const auto id = gateway.status().at("identity").at("certificateId").get<std::string>();
    must_succeed(desk.trustx({"aws", "activate", proof}));
    const auto abandoned = at_gateway(gateway, {"aws", "abandon"});
    must_succeed(abandoned);
    CHECK(cloud->certificates().at(id).at("status") == "ACTIVE");
    CHECK_THAT(abandoned.both(), ContainsSubstring("--certificate " + id));
    must_succeed(desk.trustx({"aws", "retire", "--thing", "too-late", "--certificate", id, "--force"}));
    CHECK_FALSE(cloud->certificates().contains(id));
}

TEST_CASE("a folder of an operator's enrols its gateways", "[aws][fleet]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Desk desk{*cloud};
    const auto folder = desk.file("folder");
    std::filesystem::create_directory(folder);
    must_end_with(ExitCode::nothing_there, desk.trustx({"aws", "bulk", folder, "--ca", cloud->ca_file()}));
    const Gateway gateway{*cloud, "of-many"};
    const Gateway other{*cloud, "of-many-too", "B"};
    must_succeed(at_gateway(gateway, {"aws", "request", "--thing", "of-many", "--out", folder + "/a.json"}));
    must_succeed(at_gateway(other, {"aws", "request", "--thing", "of-many-too", "--out", folder + "/b.json"}));
    write_file(folder + "/c.json", read_file(folder + "/b.json").substr(0, 100));
    const Gateway::Arguments bulk{"aws", "bulk", folder, "--ca", cloud->ca_file()};
    const auto first = desk.trustx(bulk);
    INFO(first.both());
    CHECK(first.status == 13);
    CHECK_THAT(first.out, ContainsSubstring("approved 2, activated 0, failed 1"));
    std::filesystem::remove(folder + "/c.json");
    must_succeed(
        at_gateway(gateway, {"aws", "install", folder + "/answers/of-many.json", "--out", folder + "/p.json"}));
    must_succeed(desk.trustx(bulk));
    must_succeed(at_gateway(gateway, {"aws", "connect", "--wait", "60"}));
    CHECK(at_gateway(other, {"aws", "status"}).status == 1);
}

TEST_CASE("what stands in the way of gateway or operator has an exit code, and costs nothing", "[aws][fleet]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Desk desk{*cloud};
    const Gateway gateway{*cloud, "hindered"};
    const Gateway other{*cloud, "hindered", "B"};
    const auto request = desk.file("request.json");
    const auto answer = desk.file("answer.json");
    const auto certificates = cloud->certificates().size();
    const Gateway::Arguments asking{"aws", "request", "--thing", "hindered"};
    const auto with = [](Gateway::Arguments arguments, const Gateway::Arguments& more) {
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    };
    // Where nobody can make a file or a directory, root neither.
    must_end_with(ExitCode::file, at_gateway(gateway, with(asking, {"--state-dir", "/proc/trustx"})));
    must_end_with(ExitCode::file, at_gateway(gateway, with(asking, {"--out", "/proc/trustx"})));
    must_end_with(ExitCode::file, at_gateway(gateway, with(asking, {"--out", "/dev/full"})));
    must_succeed(at_gateway(gateway, with(asking, {"--out", request})));
    must_succeed(at_gateway(other, with(asking, {"--out", desk.file("other.json")})));
    must_end_with(ExitCode::file, desk.approve(request, answer, {"--records", "/proc/trustx"}));
    must_end_with(ExitCode::mismatch, desk.approve(request, answer, {"--account", "999999999999"}));
    must_succeed(desk.trustx({"aws", "approve", "--take-back", request}));
    CHECK(cloud->certificates().size() == certificates);
    must_end_with(ExitCode::file, desk.approve(request, "/dev/full"));
    must_succeed(desk.approve(request, answer));
    CHECK(cloud->certificates().size() == certificates + 1);
    must_end_with(ExitCode::refused, desk.approve(desk.file("other.json"), desk.file("never")));
    // Another chip than the one that asked, and no room.
    must_end_with(ExitCode::mismatch, at_gateway(other, {"aws", "install", answer}));
    must_end_with(ExitCode::file, at_gateway(gateway, {"aws", "install", answer, "--identity-dir", "/proc/trustx"}));
    must_end_with(ExitCode::file, at_gateway(gateway, {"aws", "install", answer, "--out", "/dev/full"}));
    must_succeed(at_gateway(gateway, {"aws", "install", answer, "--out", desk.file("proof.json")}));
    must_succeed(desk.trustx({"aws", "activate", desk.file("proof.json")}));
    must_succeed(at_gateway(gateway, {"aws", "connect", "--wait", "60"}));
    must_end_with(ExitCode::file, desk.trustx({"aws", "bulk", "/proc/self/net", "--ca", cloud->ca_file()}));
}

TEST_CASE("a gateway without credentials is given another certificate by its operator", "[aws][fleet]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Desk desk{*cloud};
    const Gateway gateway{*cloud, "apart"};
    const auto exchange = [&](const Outcome& asked, const std::string& name) {
        must_succeed(asked);
        must_succeed(desk.approve(desk.file(name), desk.file("answer-" + name)));
        must_succeed(
            at_gateway(gateway, {"aws", "install", desk.file("answer-" + name), "--out", desk.file("proof-" + name)}));
        must_succeed(desk.trustx({"aws", "activate", desk.file("proof-" + name)}));
    };
    exchange(at_gateway(gateway, {"aws", "request", "--thing", "apart", "--out", desk.file("1")}), "1");
    must_succeed(at_gateway(gateway, {"aws", "connect", "--wait", "60"}));
    const auto first = gateway.status().at("identity").at("certificateId").get<std::string>();
    // As the identity in use came to be.
    exchange(at_gateway(gateway, {"aws", "rotate", "--out", desk.file("2")}), "2");
    CHECK(gateway.status().at("identity").at("certificateId") == first);
    must_succeed(at_gateway(gateway, {"aws", "resume", "--wait", "60"}));
    const auto second = gateway.status().at("identity");
    CHECK(second.at("certificateId") != first);
    CHECK(second.at("keyObject") == "E0F2");
    must_succeed(desk.trustx({"aws", "retire", "--thing", "apart", "--certificate", first, "--force"}));
    CHECK_FALSE(cloud->certificates().contains(first));
    must_succeed(at_gateway(gateway, {"aws", "connect"}));
    gateway.must_exchange_messages();
}

TEST_CASE("a rotation by an operator goes on, whichever of its programs is killed", "[aws][fleet]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Desk desk{*cloud};
    const Gateway gateway{*cloud, "apart-killed"};
    must_succeed(gateway.enroll("csr"));
    const auto first = gateway.status().at("identity").at("certificateId").get<std::string>();
    const auto certificates = cloud->certificates().size();
    const auto killed_at = [&](const nlohmann::json& event, const std::function<Process()>& start) {
        auto fault = event;
        fault["times"] = 1;
        const auto made = cloud->control("POST", "/faults", fault);
        auto process = start();
        cloud->wait_until_held(made, process);
        static_cast<void>(process.kill9());
        cloud->release(made);
        must_succeed(at_gateway(gateway, {"aws", "connect"}));
    };
    const auto at_call = [](const char* operation) -> nlohmann::json {
        return {{"where", "control"}, {"operation", operation}, {"action", {{"hold", "after"}}}};
    };
    const auto request = desk.file("request");
    const auto answer = desk.file("answer");
    const auto proof = desk.file("proof");
    must_succeed(at_gateway(gateway, {"aws", "rotate", "--via", "operator", "--out", request}));
    for (const auto* operation : {"CreateCertificateFromCsr", "AttachThingPrincipal"}) {
        killed_at(at_call(operation), [&] { return desk.start(desk.approval(request, answer)); });
    }
    must_succeed(desk.approve(request, answer));
    CHECK(cloud->certificates().size() == certificates + 1);
    must_succeed(at_gateway(gateway, {"aws", "install", answer, "--out", proof}));
    killed_at(at_call("UpdateCertificate"), [&] { return desk.start({"aws", "activate", proof}); });
    must_succeed(desk.trustx({"aws", "activate", proof}));
    killed_at({{"where", "mqtt"}, {"packet", "connect"}, {"action", {{"hold", "before"}}}}, [&] {
        return gateway.start({"aws", "resume", "--wait", "60"});
    });
    CHECK(gateway.status().at("identity").at("certificateId") == first);
    must_succeed(at_gateway(gateway, {"aws", "resume", "--wait", "60"}));
    CHECK(gateway.status().at("identity").at("certificateId") != first);
    CHECK(gateway.registered().at("status") == "ACTIVE");
    must_succeed(at_gateway(gateway, {"aws", "connect"}));
}

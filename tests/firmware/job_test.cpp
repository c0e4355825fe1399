// SPDX-License-Identifier: Apache-2.0
// From a job of AWS IoT to the slot: the double of AWS IoT, trustx-mqtt with a key in the chip, the sample handler, a
// server of files, RAUC's service, and the chip, which lets in what its trust anchor vouches for.
#include "aws/enrolment/aws_double.hpp"
#include "https_server.hpp"
#include "slots.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <filesystem>

using namespace trustx::test;

namespace {

constexpr const char* thing = "gateway";

// Enrolled is a gateway whose key in the chip the double knows.
class Enrolled {
 public:
    explicit Enrolled(AwsDouble& cloud) : cloud_{cloud} {
        gateway.chip.must({"keygen", "E0F1", "--out", key()});
        must_run("openssl",
                 {"req", "-new", "-key", key(), "-subj", "/CN=gateway", "-out", gateway.chip.path("csr.pem")},
                 {.environment = gateway.environment()});
        const auto made = cloud.call("POST", "/certificates?setAsActive=true",
                                     {{"certificateSigningRequest", read_file(gateway.chip.path("csr.pem"))}});
        gateway.chip.write("cert.pem", made.at("certificatePem").get<std::string>());
        const nlohmann::json everything{
            {"Version", "2012-10-17"},
            {"Statement", {{{"Effect", "Allow"}, {"Action", {"iot:*"}}, {"Resource", {"*"}}}}}};
        cloud.call("POST", std::string{"/things/"} + thing);
        cloud.call("POST", "/policies/everything", {{"policyDocument", everything.dump()}});
        cloud.call("PUT", "/target-policies/everything", {{"target", made.at("certificateArn")}});
        const auto arn = made.at("certificateArn").get<std::string>();
        thing_arn_ = arn.substr(0, arn.find(":cert/")) + ":thing/" + thing;
        std::filesystem::create_directory(gateway.chip.path("handlers"));
        std::filesystem::copy(source_directory() / "conf/firmware/install-firmware", gateway.chip.path("handlers"));
    }

    // run does a job, as trustx-mqtt's service does, and gives what AWS IoT then says of it.
    nlohmann::json run(const std::string& job, const nlohmann::json& document) {
        cloud_.call("PUT", "/jobs/" + job, {{"targets", {thing_arn_}}, {"document", document.dump()}});
        auto environment = slots.on_bus(gateway.environment());
        environment["CURL_CA_BUNDLE"] = web.certificate();
        environment["STATE_DIRECTORY"] = gateway.chip.path("state");
        const auto broker = cloud_.broker();
        const auto colon = broker.rfind(':');
        static_cast<void>(gateway.commands());
        const auto outcome = trustx::test::run(program("trustx-mqtt"),
                                               {"jobs",
                                                "run",
                                                "--handler",
                                                gateway.chip.path("handlers"),
                                                "--state",
                                                gateway.chip.path("jobs"),
                                                "--until-empty",
                                                "--aws",
                                                "-h",
                                                broker.substr(0, colon),
                                                "-p",
                                                broker.substr(colon + 1),
                                                "--ca",
                                                cloud_.ca_file(),
                                                "--key",
                                                key(),
                                                "--cert",
                                                gateway.chip.path("cert.pem"),
                                                "-i",
                                                thing,
                                                "-W",
                                                "60"},
                                               {.environment = environment, .without_environment = {"https_proxy"}});
        UNSCOPED_INFO(job << ": " << outcome.both());
        CHECK(outcome.status == 0);
        return cloud_.call("GET", std::string{"/things/"} + thing + "/jobs/" + job).at("execution");
    }
    void refuse(const std::string& job, const nlohmann::json& document, const std::string& words) {
        const auto execution = run(job, document);
        CHECK(execution.at("status") == "FAILED");
        CHECK_THAT(execution.at("statusDetails").at("detailsMap").at("reason").get<std::string>(),
                   ContainsSubstring(words));
        CHECK(slots.untouched());
    }
    [[nodiscard]] nlohmann::json document(const Signer& signer, const std::string& build = "build=7\n") const {
        return document_for(server.url("file", "update.raucb"), slots.bundle(&signer, build));
    }

    Gateway gateway;
    Slots slots{gateway};
    CertificateAuthority web{gateway.chip.files.path(), "web"};
    HttpsServer server{web, gateway.chip.files.path()};

 private:
    [[nodiscard]] std::string key() const { return gateway.chip.path("key.pem"); }

    AwsDouble& cloud_;
    std::string thing_arn_;
};

}  // namespace

TEST_CASE("a job of AWS IoT installs a bundle that the chip's trust anchor vouches for, and no other", "[firmware]") {
    auto* cloud = curl_skipped() ? nullptr : AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    Enrolled enrolled{*cloud};
    const auto& gateway = enrolled.gateway;
    const auto bus = enrolled.slots.start_bus(gateway.environment());

    const auto good = enrolled.document(gateway.signer);
    const auto done = enrolled.run("good", good);
    CHECK(done.at("status") == "SUCCEEDED");
    CHECK(done.at("statusDetails").at("detailsMap") == nlohmann::json{{"step", "installed"}});
    CHECK(enrolled.slots.written());
    auto commands = gateway.commands();
    CHECK(commands["VerifySign"] == 4);  // before it is handed over, and while it is installed
    CHECK(commands["CalcSign"] == 1);    // the connection to the broker

    enrolled.slots.clear();
    enrolled.refuse("stranger", enrolled.document(gateway.stranger), "RAUC does not accept it");
    enrolled.refuse("expired", enrolled.document(gateway.former), "RAUC does not accept it");
    enrolled.refuse("older", enrolled.document(gateway.signer, "build=4\n"), "the chip holds a higher version");
    const auto elsewhere =
        document_for(enrolled.server.url("redirect", "update.raucb"), enrolled.slots.bundle(&gateway.signer));
    enrolled.refuse("elsewhere", elsewhere, "no redirection is followed");
    auto huge = good;
    huge["size"] = 900000000000000;
    enrolled.refuse("huge", huge, "do not fit");
    gateway.replace_authority();
    enrolled.refuse("replaced", enrolled.document(gateway.signer), "RAUC does not accept it");
    CHECK(std::filesystem::is_empty(gateway.chip.path("state/firmware")));
}

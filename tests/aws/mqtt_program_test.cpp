// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt and AWS IoT's habits, of which the double has them all: it hangs up for a policy, takes a connection
// over, and wants its own protocol at its own topics. The client's key is in software: what is counted is connections.
#include "../mqtt/certificate_authority.hpp"
#include "enrolment/aws_double.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/simulator.hpp"

#include <map>

#include <nlohmann/json.hpp>

using namespace trustx::test;

namespace {

// Thing is a client that the double knows, with a policy for one topic and one filter.
class Thing {
 public:
    Thing(AwsDouble& cloud, std::string name) : cloud_{cloud}, name_{std::move(name)} {
        openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-batch", "-subj",
                 "/CN=" + name_, "-keyout", file("key.pem"), "-out", file("csr.pem")});
        const auto made = cloud.call("POST", "/certificates?setAsActive=true",
                                     {{"certificateSigningRequest", read_file(files_ / "csr.pem")}});
        write_file(files_ / "cert.pem", made.at("certificatePem").get<std::string>());
        const auto arn = made.at("certificateArn").get<std::string>();
        const auto prefix = arn.substr(0, arn.find(":cert/")) + ":";
        const nlohmann::json document{{"Version", "2012-10-17"},
                                      {"Statement",
                                       {{{"Effect", "Allow"}, {"Action", {"iot:Connect"}}, {"Resource", {"*"}}},
                                        {{"Effect", "Allow"},
                                         {"Action", {"iot:Publish", "iot:Receive", "iot:Subscribe"}},
                                         {"Resource",
                                          {prefix + "topic/allowed", prefix + "topicfilter/allowed",
                                           prefix + "topic/$aws/rules/telemetry/allowed",
                                           prefix + "topic/$aws/things/" + name_ + "/defender/metrics/*",
                                           prefix + "topicfilter/$aws/things/" + name_ + "/defender/metrics/*"}}}}}};
        cloud.call("POST", "/policies/" + name_, {{"policyDocument", document.dump()}});
        cloud.call("PUT", "/target-policies/" + name_, {{"target", made.at("certificateArn")}});
    }

    [[nodiscard]] std::vector<std::string> arguments(const std::vector<std::string>& more,
                                                     const std::string& time) const {
        const auto broker = cloud_.broker();
        const auto colon = broker.rfind(':');
        std::vector<std::string> all{"--aws",
                                     "-h",
                                     broker.substr(0, colon),
                                     "-p",
                                     broker.substr(colon + 1),
                                     "--ca",
                                     cloud_.ca_file(),
                                     "--key",
                                     file("key.pem"),
                                     "--cert",
                                     file("cert.pem"),
                                     "-i",
                                     name_,
                                     "--allow-software-key",
                                     "-W",
                                     time};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    [[nodiscard]] Outcome run_client(const std::vector<std::string>& more, const std::string& time = "60",
                                     const std::map<std::string, std::string>& environment = {}) const {
        return run(program("trustx-mqtt"), arguments(more, time),
                   {.environment = environment, .without_environment = {"OPENSSL_CONF", "https_proxy"}});
    }
    [[nodiscard]] Process start_client(const std::vector<std::string>& more) const {
        return {
            program("trustx-mqtt"), arguments(more, "60"), {.without_environment = {"OPENSSL_CONF", "https_proxy"}}};
    }

    // connections is how often the double accepted it.
    [[nodiscard]] std::size_t connections() const {
        return cloud_.control("GET", "/events?type=connected&clientId=" + name_).size();
    }
    [[nodiscard]] std::string file(const std::string& name) const { return files_ / name; }

 private:
    AwsDouble& cloud_;
    std::string name_;
    TempDir files_;
};

}  // namespace

TEST_CASE("trustx-mqtt publishes and receives what a policy of AWS IoT allows, by Basic Ingest too", "[aws-mqtt]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Thing thing{*cloud, "allowed"};
    const auto outcome = thing.run_client({"-t", "allowed", "-t", "$aws/rules/telemetry/allowed", "-m", "21.5",
                                           "--subscribe", "allowed", "-C", "1", "-F", "%t %p"});
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "allowed 21.5\n");
    CHECK(thing.connections() == 1);
}

TEST_CASE("what a policy of AWS IoT forbids ends trustx-mqtt with the reason, and is not tried again", "[aws-mqtt]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Thing publisher{*cloud, "forbidden-topic"};
    const auto published = publisher.run_client({"-t", "other", "-m", "x"});
    INFO(published.both());
    CHECK(published.status == 6);
    CHECK_THAT(published.err, ContainsSubstring("0x87"));
    CHECK(publisher.connections() == 1);

    const Thing subscriber{*cloud, "forbidden-filter"};
    const auto subscribed = subscriber.run_client({"--subscribe", "other/#"});
    INFO(subscribed.both());
    CHECK(subscribed.status == 6);
    CHECK(subscriber.connections() == 1);
}

TEST_CASE("MQTT 3.1.1 does not say what a policy forbids, and trustx-mqtt says so and goes on seldom", "[aws-mqtt]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Thing thing{*cloud, "forbidden-old"};
    auto process = thing.start_client({"-V", "3.1.1", "-t", "other", "-m", "x"});
    process.wait_for_error_line("next attempt in");
    const auto outcome = process.terminate();
    INFO(outcome.both());
    CHECK(outcome.status == 5);
    CHECK_THAT(outcome.err, ContainsSubstring("--mqtt-version 5"));
    CHECK(thing.connections() >= 1);
    CHECK(thing.connections() <= 10);
}

TEST_CASE("of two trustx-mqtt with one client id at AWS IoT the first stands aside", "[aws-mqtt]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Thing thing{*cloud, "twice"};
    const auto status = thing.file("status.json");
    auto first = thing.start_client({"--subscribe", "allowed", "--status-file", status});
    first.wait_for_error_line("subscribed to allowed");
    auto second = thing.start_client({"--subscribe", "allowed"});
    second.wait_for_error_line("subscribed to allowed");
    first.wait_for_error_line("next attempt in");
    CHECK(first.terminate().status == 0);
    CHECK(second.terminate().status == 0);
    CHECK(nlohmann::json::parse(read_file(status)).at("counters").at("taken_over") == 1);
    CHECK(thing.connections() == 2);
}

TEST_CASE("trustx-mqtt defender reports the security event counter of the chip", "[aws-mqtt]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Simulator chip;
    const Thing thing{*cloud, "reporter"};
    const std::map<std::string, std::string> environment{{"TRUSTX_DEVICE", chip.address()},
                                                         {"TRUSTX_LOCK_DIRECTORY", chip.directory().path()}};
    static_cast<void>(chip.control({"security-events", "100"}));
    const auto outcome = thing.run_client({"defender"}, "60", environment);
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    const auto reports = cloud->control("GET", "/events?type=metrics&thingName=reporter");
    REQUIRE(reports.size() == 1);
    const auto counter =
        reports.at(0).at("report").at("custom_metrics").at("trustx_security_events").at(0).at("number").get<int>();
    CHECK(counter <= 100);
    CHECK(counter > 50);  // it falls by one in five seconds
}

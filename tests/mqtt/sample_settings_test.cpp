// SPDX-License-Identifier: Apache-2.0
// The settings in docs/mqtt.md and conf/services are run, or read, as they are printed; and what --enrolled takes.
#include "broker_world.hpp"
#include "parsed_words.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <sstream>

using namespace trustx::test;

namespace {

// marked_settings are the indented lines behind the mark, up to the next that is neither indented nor empty.
std::string marked_settings(const std::string& document) {
    std::istringstream lines{document.substr(document.find("<!-- settings -->\n") + 18)};
    std::string settings;
    for (std::string line; std::getline(lines, line) && (line.empty() || line.starts_with("    "));) {
        settings += line.empty() ? "\n" : line.substr(4) + "\n";
    }
    return settings;
}

// Enrolled is a directory as `trustx aws enroll` leaves it, as far as programs read it before they connect.
class Enrolled {
 public:
    Enrolled() {
        write_file(directory_ / "aws.json",
                   R"({"endpoint": "prefix.example:8884", "region": "eu-central-1", "thingName": "gateway-1",
                       "certificateId": "c", "keyObject": "E0F1", "certificateObject": "E0E1", "enrolment": "csr"})");
    }
    [[nodiscard]] ParsedWords parse(const std::vector<std::string>& words) const {
        return parse_words(joined({"--identity-dir", directory_.path()}, words));
    }
    [[nodiscard]] std::string file(const std::string& name) const { return directory_ / name; }

 private:
    TempDir directory_;
};

}  // namespace

TEST_CASE("the settings of docs/mqtt.md do what it says", "[mqtt][settings]") {
    SoftwareWorld world;
    const auto settings = marked_settings(read_file(source_directory() / "docs" / "mqtt.md"));
    REQUIRE_THAT(settings, ContainsSubstring("subscribe = "));
    write_file(world.file("mqtt.conf"), settings);
    auto process = world.start_client("gateway-1-commands", {"--config", world.file("mqtt.conf"), "-C", "1"});
    world.broker.wait_for_log("Sending SUBACK to gateway-1-commands");
    CHECK(world.run_client("operator", {"-t", "cmd/gateway-1/valve", "-m", "open"}).status == 0);
    const auto outcome = process.wait();
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "cmd/gateway-1/valve open\n");
}

TEST_CASE("the sample settings for services are accepted", "[mqtt][settings]") {
    const Enrolled gateway;
    const auto [name, client_id, words] = GENERATE(table<std::string, std::string, std::vector<std::string>>({
        {"telemetry", "gateway-1", {}},
        {"commands", "gateway-1-commands", {}},
        {"shadow", "gateway-1-shadow", {"shadow", "watch", "--exec", "/bin/true"}},
        {"attestation", "gateway-1-attestation", {"shadow", "watch", "--exec", "/bin/true"}},
        {"jobs", "gateway-1-jobs", {"jobs", "run", "--handler", "/usr"}},
    }));
    CAPTURE(name);
    const auto file = source_directory() / "conf" / "services" / ("mqtt-" + name + ".conf");
    const auto parsed = gateway.parse(joined({"--config", file.string()}, words));
    CHECK(parsed.options().client_id == client_id);
    CHECK(parsed.options().enrolled);
}

TEST_CASE("the option --enrolled gives what is missing, and what is given takes precedence", "[mqtt][settings]") {
    const Enrolled gateway;
    const auto all = gateway.parse({"--subscribe", "t"});
    CHECK(all.options().host == "prefix.example");
    CHECK(all.options().port == 8884);
    CHECK(all.options().ca == gateway.file("amazon-roots.pem"));
    CHECK(all.options().key == gateway.file("identity-key.pem"));
    CHECK(all.options().certificate == gateway.file("identity-chain.pem"));
    CHECK(all.options().client_id == "gateway-1");
    CHECK(all.options().aws);
    CHECK(all.options().version == trustx::mqtt::Version::v5);

    CHECK(gateway.parse({"--subscribe", "t", "-p", "443"}).options().alpn == "x-amzn-mqtt-ca");
    const auto other = gateway.parse({"--subscribe", "t", "-h", "h", "--key", "k", "-i", "other"});
    CHECK(other.options().host == "h");
    CHECK(other.options().port == 8883);
    CHECK(other.options().key == "k");
    CHECK(other.options().client_id == "other");
    CHECK(thing_for(other.options(), "other") == "gateway-1");
}

TEST_CASE("a gateway that is not enrolled, or whose identity cannot be read, has no credentials", "[mqtt][settings]") {
    const TempDir empty;
    const auto missing = parse_words({"--identity-dir", empty.path(), "--subscribe", "t"});
    CHECK(missing.code() == 3);
    CHECK_THAT(missing.said, ContainsSubstring((empty / "aws.json").string()));
    const Enrolled gateway;
    write_file(gateway.file("aws.json"), "{}");
    CHECK(gateway.parse({"--subscribe", "t"}).code() == 3);
    const auto neither = parse_words({"--subscribe", "t"});
    CHECK(neither.code() == 2);
    CHECK_THAT(neither.said, ContainsSubstring("--enrolled"));
}

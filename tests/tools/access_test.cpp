// SPDX-License-Identifier: Apache-2.0
// trustx objects, metadata, lifecycle, anchor, monitor and reset.
#include "chip_fixture.hpp"
#include "support/catch.hpp"

#include <csignal>
#include <sstream>

using namespace trustx;
using namespace trustx::test;

TEST_CASE("objects shows all objects with size, life cycle and access in words", "[objects]") {
    const Chip chip;
    chip.must({"object", "write", "F1D0"}, {.input = "12345"});
    const auto text = chip.must({"objects"});
    CAPTURE(text);
    CHECK_THAT(text, ContainsSubstring("OBJECT") && ContainsSubstring("LIFE CYCLE"));
    CHECK_THAT(text, ContainsSubstring("F1D0    data-1                       100   5     creation     "
                                       "LcsO < operational  always"));
    CHECK_THAT(text,
               ContainsSubstring("E0F0") && ContainsSubstring("P-256, usage auth") && ContainsSubstring("no key"));
    const auto list = nlohmann::json::parse(chip.must({"objects", "--json"}));
    CHECK(list.size() == 38);
    for (const auto& object : list) {
        if (object.at("object") == "F1D0") {
            CHECK(object.at("used_size") == 5);
        }
        // As the table has it: what is not stored counts as operational, and as full.
        CHECK(object.at("life_cycle").is_string());
        if (object.at("object") == "E0C5") {
            CHECK(object.at("life_cycle") == "operational");
            CHECK(object.at("life_cycle_permanent") == true);
            CHECK(object.at("used_size") == object.at("max_size"));
        }
    }
}

TEST_CASE("a plan of metadata is shown without changing anything", "[metadata]") {
    const Chip chip;
    const auto before = chip.must({"metadata", "show", "F1D0"});
    const auto plan = chip.must({"metadata", "plan", "F1D0", "--change", "never", "--read", "LcsG = operational"});
    CHECK_THAT(plan, ContainsSubstring("change: LcsO < operational -> never") &&
                         ContainsSubstring("read: always -> LcsG = operational") &&
                         ContainsSubstring("caution: nobody"));
    CHECK(chip.must({"metadata", "show", "F1D0"}) == before);
}

TEST_CASE("what cannot be had is not called a limit of the chip", "[metadata]") {
    const Chip chip;
    chip.must({"lifecycle", "raise", "F1D2", "operational", "--force"});
    for (const auto& impossible : {Arguments{"metadata", "plan", "E0F1", "--read", "always"},
                                   {"metadata", "plan", "F1D0", "--usage", "sign"},
                                   {"lifecycle", "raise", "F1D2", "initialisation"}}) {
        const auto outcome = chip.trustx(impossible);
        INFO(outcome.both());
        CHECK(outcome.status == 2);
        CHECK_THAT(outcome.err, !ContainsSubstring("limits"));
    }
}

TEST_CASE("a plan is what the chip then takes, or the reason why it would not", "[metadata]") {
    const Chip chip;
    chip.keygen("E0F1");
    chip.must_fail(1, {"metadata", "plan", "E0F1", "--execute", "never"}, {"E0F1", "no condition for its use"});
    chip.must_fail(2, {"metadata", "plan", "E0F1", "--read", "always"}, {"never tells a key"});
    chip.must_fail(1, {"metadata", "plan", "E0C5", "--read", "never"}, {"E0C5", "can never be changed again"});
    // A key slot has no condition for reading, and an absent one is never already.
    CHECK_THAT(chip.must({"metadata", "plan", "E0F1", "--read", "never"}), ContainsSubstring("as wanted already"));
    CHECK(chip.trustx({"metadata", "set", "E0F1", "--read", "never"}).ok());
    CHECK_THAT(chip.must({"metadata", "plan", "F1D0", "--read", "LcsG = creation"}),
               ContainsSubstring("caution: nobody"));
    const auto json = nlohmann::json::parse(chip.must({"metadata", "plan", "F1D0", "--change", "never", "--json"}));
    CHECK(json.at("steps").size() == 1);
    CHECK(json.at("cautions").size() == 1);
    CHECK(json.at("before").at("change").at("text") == "LcsO < operational");
    CHECK(json.at("after").at("change").at("text") == "never");
}

TEST_CASE("metadata is changed, and what takes something away needs --force", "[metadata]") {
    const Chip chip;
    chip.must({"metadata", "set", "F1D0", "--change", "LcsO < operational and LcsG = operational"});
    CHECK_THAT(chip.must({"metadata", "show", "F1D0"}), ContainsSubstring("LcsO < operational and LcsG = operational"));
    chip.must_fail(1, {"metadata", "set", "F1D0", "--change", "never"}, {"-> never", "nobody can write", "--force"});
    chip.must({"object", "write", "F1D0"}, {.input = "still writable"});
    chip.must({"metadata", "set", "F1D0", "--change", "never", "--force"});
    chip.must_fail(1, {"object", "write", "F1D0"},
                   {"F1D0 cannot be written until its condition is changed (change never)"}, {.input = "x"});
    const auto again = chip.trustx({"metadata", "set", "F1D0", "--change", "never"});
    CHECK(again.ok());
    CHECK_THAT(again.err, ContainsSubstring("as wanted already"));
}

TEST_CASE("a life cycle state is raised with --force only, and then locks permanently", "[lifecycle]") {
    const Chip chip;
    CHECK_THAT(chip.must({"lifecycle", "show"}), ContainsSubstring("chip (LcsG)         operational"));
    chip.must_fail(1, {"lifecycle", "raise", "F1D0", "operational"},
                   {"F1D0", "from creation to operational permanently", "change LcsO < operational", "--force"});
    chip.must({"object", "write", "F1D0"}, {.input = "last words"});
    chip.must({"lifecycle", "raise", "F1D0", "operational", "--force"});
    chip.must_fail(1, {"object", "write", "F1D0"},
                   {"F1D0 is operational: it can never be written again", "access conditions"}, {.input = "x"});
    chip.must_fail(1, {"metadata", "set", "F1D0", "--read", "never", "--force"}, {"F1D0", "operational"});
    chip.must({"lifecycle", "raise", "F1D0", "operational"});  // nothing to do
    chip.must_fail(2, {"lifecycle", "raise", "F1D0", "creation", "--force"}, {"a state can only be raised"});
    chip.must({"lifecycle", "raise", "application", "initialisation", "--force"});
    CHECK(nlohmann::json::parse(chip.must({"lifecycle", "show", "--json"})).at("application") == "initialisation");
}

TEST_CASE("raising a state says what is lost with it", "[lifecycle]") {
    const Chip chip;
    const auto key = chip.keygen("E0F1");
    const SoftwareKey authority{Curve::p256};
    chip.must({"cert", "write", "E0E1"},
              {.input = pem("CERTIFICATE", authority.certificate_for(key.public_key, "gateway", "authority"))});
    chip.must({"object", "write", "F1D0"}, {.input = "12345"});
    const auto told = [&](const char* what, const char* state, const std::vector<std::string>& words) {
        chip.must_fail(1, {"lifecycle", "raise", what, state}, words);
    };
    told("F1D0", "operational", {"then F1D0 is operational: it can never be written again"});
    told("F1D0", "termination", {"its use ends", "5 bytes of data"});
    told("E0F1", "termination", {"its use ends", "E0F1 (P-256", "E0E1 (CN=gateway"});
    told("E0E1", "termination", {"the certificate CN=gateway"});
    told("E0F2", "termination", {"empty slot"});
    told("chip", "termination", {"everything in it is lost", "E0F0 (P-256", "E0F1 (P-256", "CN=gateway"});
}

TEST_CASE("a trust anchor is one authority's certificate, and is not replaced by accident", "[anchor]") {
    const Chip chip;
    const SoftwareKey authority{Curve::p384};
    const auto root = pem("CERTIFICATE", authority.authority_certificate("root"));
    chip.must_fail(6, {"anchor", "read", "E0E8"}, {"E0E8", "empty", "trustx anchor write"});
    chip.must({"anchor", "write", "E0E8"}, {.input = root});
    CHECK(chip.must({"anchor", "read", "E0E8"}) == root);
    chip.must({"anchor", "write", "E0E8"}, {.input = root});  // the same again replaces nothing
    const SoftwareKey other{Curve::p384};
    chip.must_fail(1, {"anchor", "write", "E0E8"}, {"E0E8", "CN=root", "--force"},
                   {.input = pem("CERTIFICATE", other.authority_certificate("root"))});
    CHECK(chip.must({"anchor", "read", "E0E8"}) == root);
    chip.shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha384 -noenc -batch -subj /CN=large "
        "-keyout large.key -out large.pem");
    chip.must_fail(5, {"anchor", "write", "E0EF", chip.path("large.pem")}, {"ecdsa-with-SHA384", "-sha256", "--force"});
    chip.must_fail(4, {"anchor", "write", "E0EF"}, {"2 certificates"}, {.input = root + root});
    chip.must_fail(2, {"anchor", "write", "E0E1"}, {"E0E1", "not a trust anchor"}, {.input = root});
    const SoftwareKey device{Curve::p256};
    chip.must_fail(5, {"anchor", "write", "E0EF"}, {"CN=device", "not an authority"},
                   {.input = pem("CERTIFICATE", authority.certificate_for(device.public_key(), "device", "root"))});
}

TEST_CASE("monitor tells the counter and what is known of the credit", "[monitor]") {
    const Chip chip;
    chip.keygen("E0F1");
    chip.must({"sign", "E0F1"}, {.input = "1"});
    chip.must({"sign", "E0F1"}, {.input = "2"});
    const auto text = chip.must({"monitor", "--interval", "0", "--count", "3", "--json"});
    std::istringstream lines{text};
    int readings = 0;
    for (std::string line; std::getline(lines, line); ++readings) {
        const auto reading = nlohmann::json::parse(line);
        CHECK(reading.at("security_event_counter") == 2);
        CHECK(reading.at("credit_at_most") == 0);
        CHECK(reading.at("delay_ms") == 0);
    }
    CHECK(readings == 3);
}

TEST_CASE("monitor ends well when it is interrupted", "[monitor]") {
    const Chip chip;
    auto process = chip.start({"monitor", "--interval", "3600"});
    process.wait_for_line("counter");
    process.signal(SIGINT);
    const auto outcome = process.wait();
    CHECK(outcome.status == 0);
    CHECK(outcome.err.empty());
}

TEST_CASE("reset loses what is volatile and keeps the rest", "[reset]") {
    const Chip chip;
    chip.must({"object", "write", "F1D0"}, {.input = "kept"});
    chip.must({"reset"});
    CHECK(chip.must({"object", "read", "F1D0"}) == "kept");
}

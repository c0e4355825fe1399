// SPDX-License-Identifier: Apache-2.0
// trustx trace, on files made by hand and on one that programs wrote against the simulator.
#include "support/catch.hpp"
#include "support/simulator.hpp"
#include "trustx_program.hpp"

#include <nlohmann/json.hpp>

using nlohmann::json;
using trustx::test::run_trustx;
using trustx::test::Simulator;
using trustx::test::TempDir;

namespace {

std::string line(const std::string& command, int microseconds, const std::string& more = {}) {
    return R"({"time":"2026-01-31T12:00:00.123456Z","pid":42,"program":"gateway","device":"i2c:/dev/i2c-1@0x30",)"
           R"("event":"apdu","us":)" +
           std::to_string(microseconds) + R"(,"command":")" + command +
           R"(","object":"E0F1","sent":43,"received":74,"status":"00","transfers":12,"polls":2,"naks":0)" + more +
           "}\n";
}

class File {
 public:
    explicit File(const std::string& content) { trustx::test::write_file(path(), content); }
    [[nodiscard]] std::string path() const { return (directory_ / "trace").string(); }
    [[nodiscard]] trustx::test::Outcome print(std::vector<std::string> options) const {
        options.insert(options.begin(), {"trace", path()});
        return run_trustx(options);
    }

 private:
    TempDir directory_;
};

}  // namespace

TEST_CASE("a trace is printed one line for each command", "[trace]") {
    const File file{line("CalcSign", 65'012) + line("GetRandom", 6'000, R"(,"error":"no chip")")};
    const auto outcome = file.print({});
    INFO(outcome.both());
    CHECK(outcome.ok());
    CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 2);
    for (const auto* words :
         {"12:00:00.123456", "42 gateway", "CalcSign E0F1", "65.01 ms", "12 transfers, 2 polls", "done", "no chip"}) {
        CHECK_THAT(outcome.out, ContainsSubstring(words));
    }
}

TEST_CASE("a trace is filtered by command, object, process, duration and failure", "[trace]") {
    const File file{line("CalcSign", 65'012) + line("GetRandom", 6'000, R"(,"status":"FF","chip_error":"07")") +
                    R"({"event":"frame","pid":42,"from":"host","kind":"ack"})" + "\n"};
    const auto count = [&](std::vector<std::string> options) {
        options.emplace_back("--json");
        const auto outcome = file.print(std::move(options));
        INFO(outcome.both());
        REQUIRE(outcome.ok());
        return json::parse(outcome.out).size();
    };
    CHECK(count({}) == 3);
    CHECK(count({"--command", "calcsign"}) == 1);
    CHECK(count({"--object", "device-key-2"}) == 2);
    CHECK(count({"--object", "E0F2"}) == 0);
    CHECK(count({"--pid", "42"}) == 3);
    CHECK(count({"--pid", "43"}) == 0);
    CHECK(count({"--slower-than", "10"}) == 1);
    CHECK(count({"--failed"}) == 1);
}

TEST_CASE("the summary of a trace counts and gives percentiles", "[trace]") {
    std::string lines;
    for (int i = 1; i <= 100; ++i) {
        lines += line("CalcSign", i * 1000);
    }
    lines += line("CalcSign", 5'000'000, R"(,"error":"timeout")");
    const auto summary = json::parse(File{lines}.print({"--summary", "--json"}).out);
    REQUIRE(summary.size() == 1);
    const auto& row = summary.front();
    CHECK(row.at("command") == "CalcSign");
    CHECK(row.at("count") == 101);
    CHECK(row.at("failed") == 1);
    CHECK(row.at("us") == json{{"min", 1'000}, {"median", 50'000}, {"p95", 95'000}, {"max", 100'000}});
    CHECK_THAT(File{lines}.print({"--summary"}).out, ContainsSubstring("50.00") && ContainsSubstring("95.00"));
}

TEST_CASE("lines that are not a trace's are counted and skipped", "[trace]") {
    const File torn{line("CalcSign", 1) + "{\"event\":\"apdu\",\"us\n\n" + "[1,2]\n" + line("GetRandom", 2)};
    const auto outcome = torn.print({"--json"});
    CHECK(outcome.ok());
    CHECK(json::parse(outcome.out).size() == 2);
    CHECK_THAT(outcome.err, ContainsSubstring("2 lines are not of a trace, the first is line 2"));

    const File other{"root:x:0:0\n" + std::string(100'000, 'x')};
    CHECK(other.print({}).status == 4);
    CHECK_THAT(other.print({}).err, ContainsSubstring("is not a trace"));

    CHECK(run_trustx({"trace", torn.path() + "/trace"}).status == 4);
    const File empty{""};
    CHECK(empty.print({}).ok());
}

TEST_CASE("a line of a later format is refused by its number", "[trace]") {
    const File later{line("CalcSign", 1) + R"({"format":2,"event":"sign","us":1})" + "\n"};
    const auto outcome = later.print({});
    CHECK(outcome.status == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("line 2") && ContainsSubstring("format 2"));
    CHECK(File{R"({"format":1,"event":"attach","us":1})"
               "\n"}
              .print({})
              .ok());
}

TEST_CASE("members of unexpected types do no harm", "[trace]") {
    const File file{R"({"event":"apdu","us":"long","pid":{},"command":7,"transfers":1e99,"status":null})"
                    "\n"};
    CHECK(file.print({}).ok());
    CHECK(file.print({"--summary"}).ok());
}

TEST_CASE("what others wrote into a trace does not drive the terminal, and absurd numbers add up to nothing",
          "[trace]") {
    const File file{line("CalcSign\\u001b[2J\\u0007\\u009b31m", 65'012) +
                    line("GetRandom", 6'000, R"(,"us":9223372036854775807,"transfers":18446744073709551615)") +
                    line("GetRandom", 6'000, R"(,"us":9223372036854775807,"transfers":-5)")};
    for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--summary"}}) {
        const auto outcome = file.print(options);
        INFO(outcome.both());
        CHECK(outcome.ok());
        CHECK_THAT(outcome.out, ContainsSubstring("CalcSign?[2J"));
        CHECK(std::ranges::all_of(outcome.out,
                                  [](char letter) { return letter == '\n' || (letter >= ' ' && letter <= '~'); }));
    }
    const auto summary = json::parse(file.print({"--summary", "--json"}).out);
    for (const auto& row : summary) {
        CHECK((row.at("us_total") == 0 || row.at("us_total") == 65'012));
    }
}

TEST_CASE("what programs do with the chip can be followed in their trace", "[trace]") {
    const Simulator simulator;
    const TempDir directory;
    const auto trace = (directory / "trace").string();
    const trustx::test::ProcessOptions options{
        .environment = {{"TRUSTX_DEVICE", simulator.address()},
                        {"TRUSTX_LOCK_DIRECTORY", (directory / "locks").string()},
                        {"TRUSTX_TRACE", trace},
                        {"TRUSTX_TRACE_LEVEL", "transfers"}}};
    const auto key = (directory / "key.pem").string();
    REQUIRE(run_trustx({"keygen", "E0F1", "--out", key}, options).ok());
    const auto random = run_trustx({"random", "32", "--hex"}, options);
    REQUIRE(random.ok());
    CHECK_FALSE(run_trustx({"object", "read", "E0F9"}, options).ok());
    const auto info = run_trustx({"info"}, options);
    CHECK_THAT(info.out, ContainsSubstring(trace + " (level transfers)"));

    const auto entries = json::parse(run_trustx({"trace", trace, "--json", "--command", "GenKeyPair"}).out);
    REQUIRE(entries.size() == 1);
    CHECK(entries.front().at("object") == "E0F1");
    CHECK(entries.front().at("received") == 75);
    const auto text = trustx::test::read_file(trace);
    CHECK(text.find(random.out.substr(0, 32)) == std::string::npos);
    // The transfers of the trace are those the chip saw.
    const auto all = json::parse(run_trustx({"trace", trace, "--json"}).out);
    const auto transfers =
        std::count_if(all.begin(), all.end(), [](const json& entry) { return entry.at("event") == "transfer"; });
    CHECK(static_cast<std::uint64_t>(transfers) == simulator.stats().at("transfers").get<std::uint64_t>());
}

TEST_CASE("what a trace prints as JSON drives no terminal and means the same", "[trace]") {
    const std::string text =
        "\xC2\x9B"
        "31m \xE2\x80\xAE";  // CSI, right-to-left override
    const auto outcome = File{line("CalcSign", 1000, R"(,"error":")" + text + R"(")")}.print({"--json"});
    INFO(outcome.both());
    CHECK(outcome.ok());
    CHECK(std::ranges::all_of(outcome.out,
                              [](char letter) { return letter == '\n' || (letter >= ' ' && letter < 127); }));
    CHECK(json::parse(outcome.out).at(0).at("error") == text);
}

TEST_CASE("a session is recorded only into a new file that its owner alone can read", "[trace]") {
    const Simulator simulator;
    const TempDir directory;
    const auto file = directory / "recording";
    const trustx::test::ProcessOptions options{
        .environment = {{"TRUSTX_DEVICE", simulator.address()},
                        {"TRUSTX_LOCK_DIRECTORY", (directory / "locks").string()}}};
    const auto random = run_trustx({"random", "16", "--hex", "--record", file.string()}, options);
    REQUIRE(random.ok());
    // Everything is in it.
    CHECK_THAT(trustx::test::read_file(file), ContainsSubstring(random.out.substr(0, 32)));
    CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::all) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    const auto again = run_trustx({"random", "16", "--record", file.string()}, options);
    CHECK(again.status == 4);
    CHECK_THAT(again.err, ContainsSubstring(file.string()) && ContainsSubstring("choose another name"));
}

TEST_CASE("a recording that cannot be written to its end is a failure, whatever the command did", "[trace]") {
    const Simulator simulator;
    const TempDir directory;
    const trustx::test::ProcessOptions options{
        .environment = {{"TRUSTX_DEVICE", simulator.address()},
                        {"TRUSTX_LOCK_DIRECTORY", (directory / "locks").string()}}};
    const auto file = (directory / "recording").string();
    const auto limited = trustx::test::run("sh",
                                           {"-c", R"(ulimit -f 1; exec "$0" random 16 --hex --record "$1")",
                                            trustx::test::program("trustx").string(), file},
                                           options);
    INFO(limited.both());
    CHECK(limited.status == 4);
    CHECK(limited.out.size() == 33);
    CHECK_THAT(limited.err, ContainsSubstring(file) && ContainsSubstring("ulimit -f"));
    for (const std::string name : {"-", ""}) {
        auto here = options;
        here.directory = directory.path();
        const auto refused = run_trustx({"random", "16", "--hex", "--record", name}, here);
        CHECK(refused.status == 2);
        CHECK(refused.out.empty());
        CHECK_FALSE(std::filesystem::exists(directory / "-"));
    }
}

TEST_CASE("info tells why a trace cannot be written", "[trace]") {
    const Simulator simulator;
    const TempDir directory;
    const auto info = run_trustx({"info"}, {.environment = {{"TRUSTX_DEVICE", simulator.address()},
                                                            {"TRUSTX_LOCK_DIRECTORY", (directory / "locks").string()},
                                                            {"TRUSTX_TRACE", (directory / "nowhere/trace").string()}}});
    INFO(info.both());
    CHECK(info.ok());
    CHECK(info.err.empty());
    CHECK_THAT(info.out, ContainsSubstring("has gaps: write the trace " + (directory / "nowhere/trace").string()));
}

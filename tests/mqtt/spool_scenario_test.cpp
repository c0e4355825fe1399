// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt with a spool: what it accepted arrives, whatever ends it.
#include "broker_world.hpp"
#include "support/catch.hpp"

#include <cstdio>
#include <fstream>

using namespace trustx::test;

namespace {

struct SpoolWorld : GatewayWorld {
    [[nodiscard]] std::vector<std::string> with_spool(const std::vector<std::string>& more) const {
        auto all = arguments({"--cert", gateway.certificate(), "--topic", "t", "--spool", file("spool"), "--verbose"});
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    [[nodiscard]] Process start(const std::string& input, const std::vector<std::string>& more = {}) const {
        return {program("trustx-mqtt"), with_spool(more), {.environment = gateway.environment(), .input = input}};
    }
    [[nodiscard]] Outcome run(const std::string& input, const std::vector<std::string>& more = {}) const {
        return gateway.run_ours("trustx-mqtt", with_spool(more), {.input = input});
    }
};

std::string numbered_lines(int first, int last, const std::string& filling = {}) {
    std::string text;
    for (int i = first; i <= last; ++i) {
        text += "line " + std::to_string(i) + filling + "\n";
    }
    return text;
}

// memory is a line of /proc/PID/status in kB (proc(5)): VmRSS what is resident, VmHWM the most that ever was.
long memory(const Process& process, const std::string& name) {
    std::ifstream status{"/proc/" + std::to_string(process.pid()) + "/status"};
    for (std::string word; status >> word;) {
        if (word == name + ":") {
            long kilobytes = 0;
            status >> kilobytes;
            return kilobytes;
        }
    }
    throw std::runtime_error("the process has ended");
}

}  // namespace

TEST_CASE("messages that were accepted without a broker arrive after a restart, once and in order", "[mqtt][spool]") {
    SpoolWorld world;
    world.broker.stop();
    {
        auto process = world.start(numbered_lines(1, 50));
        process.wait_for_error_line(" 50 message(s) in the spool");
        const bool killed = GENERATE(false, true);
        if (killed) {
            process.kill9();
        } else {
            const auto outcome = process.terminate();
            INFO(outcome.both());
            CHECK(outcome.status == 0);  // nothing is lost
        }
    }
    world.broker.start();
    auto listener = world.listen("t");
    const auto outcome = world.run(numbered_lines(51, 60));
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    listener.wait_for_line("line 60");
    CHECK(listener.out() == numbered_lines(1, 60));
}

TEST_CASE("a burst of 100000 lines takes no more memory than a few of them", "[mqtt][spool]") {
    SpoolWorld world;
    world.broker.stop();
    auto process = world.start(numbered_lines(1, 100'000));
    process.wait_for_error_line(" 100000 message(s) in the spool", patience(std::chrono::seconds{120}));
    const auto most = memory(process, "VmHWM");
    std::printf("trustx-mqtt over a burst of 100000 lines into a spool: at most %ld kB resident\n", most);
    if (!sanitized()) {
        CHECK(most < 48 * 1024);
    }
    CHECK(process.terminate().status == 0);
}

TEST_CASE("trustx-mqtt that waits for messages is as small as a program with OpenSSL and Paho can be",
          "[mqtt][spool]") {
    SpoolWorld world;
    auto process = world.start("", {"--subscribe", "t"});
    process.wait_for_error_line("subscribed to t");
    const auto idle = memory(process, "VmRSS");
    std::printf("trustx-mqtt, connected and idle, with a spool and a key in the chip: %ld kB resident\n", idle);
    if (!sanitized()) {
        CHECK(idle < 32 * 1024);
    }
    CHECK(process.terminate().status == 0);
}

TEST_CASE("a spool without space is reported, and what it had accepted is not lost", "[mqtt][spool]") {
    SpoolWorld world;
    world.broker.stop();
    std::vector<std::string> arguments{"-c", "ulimit -f 600 && exec \"$0\" \"$@\"", program("trustx-mqtt")};
    const auto further = world.with_spool({});
    arguments.insert(arguments.end(), further.begin(), further.end());
    const auto input = numbered_lines(1, 5'000, std::string(200, '.'));
    {
        Process process{"/bin/sh", arguments, {.environment = world.gateway.environment(), .input = input}};
        process.wait_for_error_line("no space is left for it", patience(std::chrono::seconds{60}));
        const auto outcome = process.terminate();
        INFO(outcome.both());
        CHECK(outcome.status == 5);  // something was read and not accepted
    }
    world.broker.start();
    auto listener = world.listen("t");
    const auto outcome = world.run("last\n");
    CHECK(outcome.status == 0);
    listener.wait_for_line("last");
    const auto received = listener.out();
    const auto accepted = received.substr(0, received.size() - std::string{"last\n"}.size());
    CHECK(accepted.size() > 1000);
    CHECK(input.substr(0, accepted.size()) == accepted);
}

TEST_CASE("a spool that cannot be used ends the program before it connects", "[mqtt][spool]") {
    SpoolWorld world;
    world.broker.stop();
    auto first = world.start("1\n");
    first.wait_for_error_line(" 1 message(s) in the spool");
    SECTION("another program has it open") {
        const auto outcome = world.run("2\n");
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("another program has it open"));
    }
    SECTION("it has the messages of another client") {
        first.terminate();
        const auto outcome = world.run("2\n", {"--client-id", "another"});
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("has the messages of client 'gateway', and this is 'another'"));
    }
    CHECK(world.gateway.key_uses() == 0);
}

TEST_CASE("options of a spool that make no sense are refused", "[mqtt][spool]") {
    const std::vector<std::vector<std::string>> cases{{"--subscribe", "t", "--spool", "d"},
                                                      {"--topic", "t", "--spool-size", "1MB"},
                                                      {"--topic", "t", "--spool", "d", "--spool-size", "1"},
                                                      {"--topic", "t", "--spool", ""},
                                                      {"--topic", "t", "--spool", "d", "--spool-size", "much"},
                                                      {"--topic", "t", "--spool", "d", "--spool-drop", "some"}};
    for (const auto& more : cases) {
        std::vector<std::string> arguments{"--host", "h", "--ca", "c", "--key", "k", "--cert", "e"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const auto outcome = run(program("trustx-mqtt"), arguments);
        INFO(more.back() << ": " << outcome.both());
        CHECK(outcome.status == 2);
        CHECK_THAT(outcome.err, ContainsSubstring("--spool"));
    }
}

// SPDX-License-Identifier: Apache-2.0
// What trustx-mqtt makes of MQTT, in both versions: topics, payloads, retained messages, wills, sessions, and what a
// broker refuses.
#include "broker_world.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace trustx::test;

namespace {

std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        lines.push_back(text.substr(begin, end - begin));
        begin = end == std::string::npos ? text.size() : end + 1;
    }
    std::ranges::sort(lines);
    return lines;
}

}  // namespace

TEST_CASE("trustx-mqtt takes the options of mosquitto's programs, in both versions of MQTT", "[mqtt]") {
    SoftwareWorld world;
    const std::string version = GENERATE("3.1.1", "5", "mqttv5");
    CAPTURE(version);
    const auto published =
        world.run_client("pub", {"-V", version, "-t", "a/1", "-t", "a/2", "-m", "21.5", "-q", "1", "-k", "30", "-r"});
    INFO(published.both());
    CHECK(published.status == 0);
    const auto received = world.run_client("sub", {"-V", version, "--subscribe", "a/1", "--subscribe", "a/2",
                                                   "--subscribe", "b", "-C", "2", "-F", "%t %p %q %r"});
    INFO(received.both());
    CHECK(received.status == 0);
    CHECK(sorted_lines(received.out) == std::vector<std::string>{"a/1 21.5 1 1", "a/2 21.5 1 1"});
    world.broker.wait_for_log(version == "3.1.1" ? "(p2, " : "(p5, ");
}

TEST_CASE("trustx-mqtt subscribes to more filters than one packet may have", "[mqtt]") {
    SoftwareWorld world;
    std::vector<std::string> arguments{"-V", GENERATE("3.1.1", "5"), "-t", "f/17", "-m", "last", "-C", "1"};
    for (int i = 0; i < 18; ++i) {
        arguments.insert(arguments.end(), {"--subscribe", "f/" + std::to_string(i)});
    }
    const auto outcome = world.run_client("many", arguments);
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "last\n");
}

TEST_CASE("trustx-mqtt takes a payload from a file, from standard input as a whole, or none", "[mqtt]") {
    SoftwareWorld world;
    const std::string content{"two\nlines\0and more", 18};
    write_file(world.file("payload"), content);
    struct {
        std::vector<std::string> options;
        std::string received;
    } const cases[] = {{{"-f", world.file("payload")}, content}, {{"-s"}, content}, {{"-n"}, ""}};
    for (const auto& [options, received] : cases) {
        auto arguments = options;
        arguments.insert(arguments.end(), {"-t", "t", "--subscribe", "t", "-C", "1", "-N"});
        const auto outcome = world.run_client("c", arguments, {.input = content});
        INFO(outcome.both());
        CHECK(outcome.status == 0);
        CHECK(outcome.out == received);
    }
}

TEST_CASE("the broker publishes the last will of a trustx-mqtt that was killed, and keeps it if asked to", "[mqtt]") {
    SoftwareWorld world;
    auto mortal = world.start_client("mortal", {"-V", GENERATE("3.1.1", "5"), "--subscribe", "t", "--will-topic",
                                                "dead/mortal", "--will-payload", "gone", "--will-retain"});
    mortal.wait_for_error_line("subscribed to t");
    mortal.kill9();
    const auto heard = world.run_client("heir", {"--subscribe", "dead/+", "-C", "1", "-F", "%t %p %r"});
    INFO(heard.both());
    CHECK(heard.out.starts_with("dead/mortal gone "));
}

TEST_CASE("a broker keeps a persistent session's messages between connections of trustx-mqtt", "[mqtt]") {
    SoftwareWorld world;
    const std::string version = GENERATE("3.1.1", "5");
    CAPTURE(version);
    const std::vector<std::string> session{"-V", version, "-c", "--subscribe", "t"};
    auto first = world.start_client("keeper", session);
    first.wait_for_error_line("subscribed to t");
    CHECK(first.terminate().status == 0);
    CHECK(world.run_client("pub", {"-t", "t", "-m", "kept"}).status == 0);
    auto again = session;
    again.insert(again.end(), {"-C", "1"});
    const auto second = world.run_client("keeper", again);
    INFO(second.both());
    CHECK(second.out == "kept\n");
    CHECK_THAT(second.err, ContainsSubstring("the broker kept the session"));
}

TEST_CASE("a message that the broker refuses is told with its reason, and not sent again", "[mqtt]") {
    SoftwareWorld world{"acl_file " + []() {
        static const TempDir rules;
        write_file(rules / "rules", "topic read #\ntopic write allowed\n");
        return (rules / "rules").string();
    }() + "\n"};
    const auto outcome = world.run_client("c", {"-V", "5", "-t", "forbidden", "-t", "allowed", "-m", "x"});
    INFO(outcome.both());
    CHECK(outcome.status == 6);
    CHECK_THAT(outcome.err, ContainsSubstring("0x87"));
    CHECK_THAT(outcome.err, !ContainsSubstring("was lost"));
}

TEST_CASE("with --aws what AWS IoT would hang up for is refused before anything is sent", "[mqtt]") {
    struct {
        std::vector<std::string> options;
        const char* words;
    } const cases[] = {{{"-t", "1/2/3/4/5/6/7/8/9", "-m", "x"}, "slashes"},
                       {{"-t", "$SYS/x", "-m", "x"}, "reserves"},
                       {{"--subscribe", "1/2/3/4/5/6/7/8/#"}, "slashes"},
                       {{"-t", "t", "--max-in-flight", "101"}, "in flight"}};
    for (const auto& [options, words] : cases) {
        std::vector<std::string> arguments{"--aws", "-h", "h", "--ca", "c", "--key", "k", "--cert", "e"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        const auto outcome = run(program("trustx-mqtt"), arguments);
        INFO(words << ": " << outcome.err.substr(0, 500));
        CHECK(outcome.status == 2);
        CHECK_THAT(outcome.err, ContainsSubstring(words));
    }
}

TEST_CASE("with --aws a line that is too long costs itself and not the connection", "[mqtt]") {
    SoftwareWorld world;
    const auto outcome = world.run_client("c", {"--aws", "-t", "t", "--subscribe", "t", "-C", "2"},
                                          {.input = "one\n" + std::string(128 * 1024 + 1, 'x') + "\ntwo\n"});
    INFO(outcome.err);
    CHECK(outcome.out == "one\ntwo\n");
    CHECK(outcome.status == 6);
    CHECK_THAT(outcome.err, !ContainsSubstring("was lost"));
}

TEST_CASE("trustx-mqtt refuses a private key in a file unless that is allowed", "[mqtt]") {
    SoftwareWorld world;
    auto arguments = world.arguments("c", {"-t", "t", "-m", "x"});
    CHECK(run(program("trustx-mqtt"), arguments, {.without_environment = {"OPENSSL_CONF"}}).status == 0);
    std::erase(arguments, "--allow-software-key");
    const auto outcome = run(program("trustx-mqtt"), arguments, {.without_environment = {"OPENSSL_CONF"}});
    INFO(outcome.both());
    CHECK(outcome.status == 3);
    CHECK_THAT(outcome.err, ContainsSubstring("--allow-software-key"));
}

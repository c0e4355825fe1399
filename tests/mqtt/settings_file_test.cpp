// SPDX-License-Identifier: Apache-2.0
// The file of trustx-mqtt --config, and options that do not belong to a command.
#include "parsed_words.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>

using namespace trustx;
using namespace trustx::test;

namespace {

using Catch::Matchers::StartsWith;

constexpr const char* connection = "host = 'h'\nca = 'ca.pem'\nkey = 'key.pem'\ncert = 'cert.pem'\n";

// Settings is a file, and what the program makes of it.
class Settings {
 public:
    explicit Settings(const std::string& text) { write_file(file_, text); }

    [[nodiscard]] mqtt::Options options(const std::vector<std::string>& words) const { return parse(words).options(); }

    // refusal is what is said, from the file's name on if it is in it.
    [[nodiscard]] std::string refusal(const std::vector<std::string>& words) const {
        const auto parsed = parse(words);
        CHECK(parsed.code() == 2);
        const auto name = parsed.said.find(file_.string());
        return name == std::string::npos ? parsed.said
                                         : parsed.said.substr(name + directory_.path().string().size() + 1);
    }

    [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
    [[nodiscard]] ParsedWords parse(const std::vector<std::string>& words) const {
        return parse_words(joined({"--config", file_.string()}, words));
    }

    TempDir directory_;
    std::filesystem::path file_ = directory_ / "mqtt.conf";
};

std::string with(const std::string& more) {
    return connection + more;  // which is line 5
}

}  // namespace

TEST_CASE("a settings file has texts, numbers, true and false as TOML has them", "[mqtt][settings]") {
    Settings settings{
        with("client-id = \"a # b\"  # a comment\nport = 1_884\nquiet = true\nverbose = false\n"
             "mqtt-version = 5\nsubscribe = ['a/#', \"b\"]\nformat = '%t %p'\n")};
    const auto options = settings.options({});
    CHECK(options.client_id == "a # b");
    CHECK(options.port == 1884);
    CHECK(options.quiet);
    CHECK(options.version == mqtt::Version::v5);
    CHECK(settings.options({"-i", "line", "--port", "7"}).client_id == "line");
    CHECK(settings.options({"-i", "line", "--port", "7"}).port == 7);
}

TEST_CASE("the order of settings in a file means nothing", "[mqtt][settings]") {
    Settings settings{with("subscribe = 't'\nwill-retain = true\nwill-payload = 'gone # now'\nwill-topic = 'w'\n")};
    const auto will = settings.options({}).will;
    REQUIRE(will.has_value());
    CHECK(will->topic == "w");
    CHECK(will->payload == "gone # now");
    CHECK(will->retain);
}

TEST_CASE("a wrong settings file is refused with its line and the name", "[mqtt][settings]") {
    const auto [line, said] = GENERATE(table<std::string, std::string>({
        {"subscirbe = 'a'", "mqtt.conf:5: there is no setting subscirbe"},
        {"t = 'a'", "mqtt.conf:5: there is no setting t"},
        {"config = 'a'", "mqtt.conf:5: there is no setting config"},
        {"help = true", "mqtt.conf:5: there is no setting help"},
        {"port = 'abc'", "mqtt.conf:5: --port: "},
        {"port = 0", "mqtt.conf:5: --port: "},
        {"port = [1, 2]", "mqtt.conf:5: port "},
        {"quiet = 'yes'", "mqtt.conf:5: quiet "},
        {"client-id = true", "mqtt.conf:5: client-id "},
        {"client-id = 2020-01-01", "mqtt.conf:5: client-id "},
        {"message = 1.10", "mqtt.conf:5: message "},
        {"subscribe = ['a', 7.5]", "mqtt.conf:5: subscribe "},
        {"subscribe = a", "mqtt.conf:5: not TOML"},
        {"host: x", "mqtt.conf:5: not TOML"},
        {"host = 'x'", "mqtt.conf:5: not TOML"},
        {"[job.run]\nhandler = 'x'", "mqtt.conf:5: there is no command job"},
        {"[jobs.run]\nhost = 'x'", "mqtt.conf:6: there is no setting host of `jobs run`"},
        {"[shadow]\nname = 'x'", "mqtt.conf:6: there is no setting name of `shadow`"},
    }));
    CAPTURE(line);
    CHECK_THAT(Settings{with(line + "\n")}.refusal({"--subscribe", "t"}), StartsWith(said));
}

TEST_CASE("a mistake on the command line is not blamed on the settings file", "[mqtt][settings]") {
    Settings settings{with("keep-alive = 30\n")};
    CHECK_THAT(settings.refusal({"--subscribe", "t", "--port", "0"}), !ContainsSubstring("mqtt.conf:"));
    CHECK_THAT(settings.refusal({"--subscribe", "t", "--prot", "1"}), !ContainsSubstring("mqtt.conf:"));
}

TEST_CASE("the tables of a settings file are for the commands of their names", "[mqtt][settings]") {
    Settings settings{with("[shadow.watch]\nname = 'valve'\ncount = 3\n[jobs.run]\nhandler = '/usr'\n")};
    static_cast<void>(settings.options({"jobs", "run"}));
    static_cast<void>(settings.options({"shadow", "watch"}));
    CHECK_THAT(Settings{with("[jobs.run]\nhandler = '/usr'\ndrain = -1\n")}.refusal({"jobs", "run"}),
               StartsWith("mqtt.conf:7: --drain: "));
    CHECK_THAT(Settings{with("[jobs.run]\ndrain = 1\n")}.refusal({"jobs", "run"}), ContainsSubstring("--handler"));
}

TEST_CASE("a settings file that everybody may write to is refused", "[mqtt][settings]") {
    Settings settings{with("")};
    std::filesystem::permissions(settings.file(), std::filesystem::perms::others_write,
                                 std::filesystem::perm_options::add);
    CHECK_THAT(settings.refusal({"--subscribe", "t"}), StartsWith("mqtt.conf: everybody may write to it"));
}

TEST_CASE("a command refuses what belongs to publishing and receiving", "[mqtt][settings]") {
    const std::vector<std::string> command =
        GENERATE(std::vector<std::string>{"shadow", "watch"}, std::vector<std::string>{"shadow", "get"},
                 std::vector<std::string>{"jobs", "run", "--handler", "/usr"}, std::vector<std::string>{"defender"});
    const std::vector<std::string> option =
        GENERATE(std::vector<std::string>{"-t", "x"}, std::vector<std::string>{"--subscribe", "x"},
                 std::vector<std::string>{"-q", "1"});
    CAPTURE(command, option);
    CHECK_THAT(Settings{with("")}.refusal(joined(command, option)), ContainsSubstring("publishing and receiving"));
    CHECK_THAT(Settings{with("topic = 'x'\n")}.refusal(command), ContainsSubstring("--topic"));
}

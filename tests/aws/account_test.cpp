// SPDX-License-Identifier: Apache-2.0
// Credentials, region and endpoints by the variables and files of AWS's programs.
#include "aws/account/account.hpp"

#include "aws/account/credential_process.hpp"
#include "aws/account/ini_file.hpp"
#include "aws/account/role_credentials.hpp"
#include "common/files/input_error.hpp"
#include "fake_http.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "support/virtual_clock.hpp"

#include <cerrno>
#include <map>
#include <string>

#include <unistd.h>

using namespace trustx::aws;
using namespace std::chrono_literals;
using trustx::test::TempDir;
using trustx::test::write_file;

namespace {

const WallTime noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

// Home is a home directory with AWS's files in it, and an environment.
struct Home {
    TempDir directory{};
    std::map<std::string, std::string> variables{};
    trustx::SystemClock clock{};

    Home() { std::filesystem::create_directory(directory / ".aws"); }
    Home& configuration(const std::string& text) {
        write_file(directory / ".aws/config", text);
        return *this;
    }
    Home& credentials(const std::string& text) {
        write_file(directory / ".aws/credentials", text);
        return *this;
    }
    Home& set(const std::string& name, const std::string& value) {
        variables[name] = value;
        return *this;
    }
    [[nodiscard]] trustx::Result<Account> load(const AccountOptions& options = {}) const {
        auto all = variables;
        all.emplace("HOME", directory.path().string());
        return Account::load(options, [all](const std::string& name) -> std::optional<std::string> {
            const auto found = all.find(name);
            return found == all.end() ? std::nullopt : std::optional{found->second};
        });
    }
    [[nodiscard]] trustx::Result<Credentials> find(const AccountOptions& options = {}) const {
        const auto account = load(options);
        return account ? account->credentials(clock, noon, trustx::Deadline::after(clock, 10s)) : account.failure();
    }
    [[nodiscard]] std::string id(const AccountOptions& options = {}) const {
        const auto found = find(options);
        INFO((found ? "" : found.error().message()));
        REQUIRE(found);
        return found->access_key_id + " " + std::string{found->secret_access_key.view()} + " " +
               std::string{found->session_token.view()};
    }
};

trustx::Result<IniFile> parse(const std::string& text) {
    return IniFile::parse({text.begin(), text.end()}, "the file");
}

std::string script(const TempDir& directory, const std::string& text) {
    const auto path = directory / "process";
    write_file(path, "#!/bin/sh\n" + text);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path.string();
}

}  // namespace

TEST_CASE("Files of profiles are read as the program aws reads them", "[aws]") {
    const auto file = parse(
        "\xEF\xBB\xBF# comment\r\n[default]\r\n; another\r\nRegion = eu-central-1 \r\n\r\n"
        "output: json\r\n  # indented\r\nkey = a # b ; c\r\ns3 =\r\n  one = 1\r\n  two=2\r\nempty =\r\n"
        "[profile a b]\r\nx=y=z\r\n");
    REQUIRE(file);
    const auto* settings = file->section("default");
    REQUIRE(settings != nullptr);
    CHECK(settings->at("region") == "eu-central-1");
    CHECK(settings->at("output") == "json");
    CHECK(settings->at("key") == "a # b ; c");
    CHECK(settings->at("empty").empty());
    const auto nested = group(settings->at("s3"));
    CHECK(nested.at("one") == "1");
    CHECK(nested.at("two") == "2");
    CHECK(file->section("profile a b")->at("x") == "y=z");
    CHECK(file->section("profile") == nullptr);
}

TEST_CASE("A long session token is read whole", "[aws]") {
    const std::string token(5000, 'T');
    const auto file = parse("[default]\naws_session_token = " + token + "\n");
    REQUIRE(file);
    CHECK(file->section("default")->at("aws_session_token") == token);
}

TEST_CASE("A line that cannot be read is named by its number and not shown", "[aws]") {
    const auto [text, line] = GENERATE(table<std::string, int>({{"[a]\nsecret\n", 2},
                                                                {"a = 1\n", 1},
                                                                {"[a]\n[b]\n[a]\n", 3},
                                                                {"[a]\nx = 1\n\nX = secret\n", 4},
                                                                {"[a\n", 1},
                                                                {"[]\n", 1}}));
    const auto file = parse(text);
    REQUIRE_FALSE(file);
    CHECK(file.error() == AccountErrc::configuration_malformed);
    CHECK_THAT(file.error().message(), ContainsSubstring("the file:" + std::to_string(line) + ":"));
    CHECK_THAT(file.error().message(), !ContainsSubstring("secret"));
}

TEST_CASE("Credentials come from the environment before files, unless a profile is named", "[aws]") {
    Home home;
    home.set("AWS_ACCESS_KEY_ID", "AKIENV").set("AWS_SECRET_ACCESS_KEY", "senv").set("AWS_SESSION_TOKEN", "tenv");
    home.credentials(
        "[default]\naws_access_key_id=AKIFILE\naws_secret_access_key=sfile\n"
        "[other]\naws_access_key_id=AKIOTHER\naws_secret_access_key=sother\naws_session_token=tother\n");
    CHECK(home.id() == "AKIENV senv tenv");
    CHECK(home.id({.profile = "other"}) == "AKIOTHER sother tother");
    CHECK(home.id({.profile = "default"}) == "AKIFILE sfile ");
    home.set("AWS_PROFILE", "other");
    CHECK(home.id() == "AKIENV senv tenv");
    home.variables.erase("AWS_ACCESS_KEY_ID");
    CHECK(home.find().error() == AccountErrc::credentials_partial);
    home.variables.erase("AWS_SECRET_ACCESS_KEY");
    CHECK(home.id() == "AKIOTHER sother tother");
}

TEST_CASE("Within a profile: the credentials file, then its process, then the configuration", "[aws]") {
    Home home;
    const auto process =
        script(home.directory, R"(echo '{"Version":1,"AccessKeyId":"AKIPROC","SecretAccessKey":"sproc"}')");
    home.configuration("[profile p]\naws_access_key_id = AKICONF\naws_secret_access_key = sconf\n");
    CHECK(home.id({.profile = "p"}) == "AKICONF sconf ");
    home.configuration(
        "[profile p]\naws_access_key_id = AKICONF\naws_secret_access_key = sconf\ncredential_process = " + process +
        "\n");
    CHECK(home.id({.profile = "p"}) == "AKIPROC sproc ");
    home.credentials("[p]\naws_access_key_id = AKICRED\naws_secret_access_key = scred\n");
    CHECK(home.id({.profile = "p"}) == "AKICRED scred ");
}

TEST_CASE("Without credentials, or with half of them, that is said", "[aws]") {
    Home home;
    CHECK(home.find().error() == AccountErrc::no_credentials);
    home.credentials("[default]\naws_access_key_id = AKI\n");
    CHECK(home.find().error() == AccountErrc::credentials_partial);
    home.credentials("[default]\naws_secret_access_key = s\n");
    CHECK(home.find().error() == AccountErrc::credentials_partial);
}

TEST_CASE("A profile that does not exist is named, with those that do", "[aws]") {
    Home home;
    home.configuration("[default]\n[profile 'factory line']\n[services x]\n").credentials("[office]\n");
    const auto unknown = home.load({.profile = "ofice"});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error() == AccountErrc::profile_unknown);
    CHECK_THAT(unknown.error().message(), ContainsSubstring("`default`, `factory line`, `office`"));
    CHECK(home.load({.profile = "factory line"}));
    CHECK(home.load());
    home.set("AWS_PROFILE", "none");
    CHECK(home.load().error() == AccountErrc::profile_unknown);
}

TEST_CASE("Logins and roles are left to the program aws", "[aws]") {
    Home home;
    const std::string setting =
        GENERATE("sso_session = x", "sso_start_url = https://x", "role_arn = arn:aws:iam::1:role/x",
                 "web_identity_token_file = /x", "login_session = x");
    home.configuration("[profile p]\naws_access_key_id = AKI\naws_secret_access_key = s\n" + setting + "\n");
    const auto refused = home.find({.profile = "p"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == AccountErrc::profile_needs_login);
    CHECK_THAT(refused.error().message(),
               ContainsSubstring("aws configure export-credentials --profile p --format env"));
}

TEST_CASE("Credentials that have expired are not used", "[aws]") {
    Home home;
    home.set("AWS_ACCESS_KEY_ID", "AKI").set("AWS_SECRET_ACCESS_KEY", "s");
    CHECK(home.set("AWS_CREDENTIAL_EXPIRATION", "2026-11-22T13:00:00+00:00").find());
    CHECK(home.set("AWS_CREDENTIAL_EXPIRATION", "2026-11-22T13:00:00+02:00").find().error() ==
          AccountErrc::credentials_expired);
    CHECK(home.set("AWS_CREDENTIAL_EXPIRATION", "2026-11-22T11:59:59Z").find().error() ==
          AccountErrc::credentials_expired);
}

TEST_CASE("A file that may not be read is an error, not a missing one", "[aws]") {
    Home home;
    std::filesystem::create_directory(home.directory / ".aws/credentials");
    CHECK(home.load().error() == trustx::InputErrc::unreadable);
}

TEST_CASE("Files of other names are taken from the environment", "[aws]") {
    Home home;
    write_file(home.directory / "c", "[default]\nregion = eu-west-3\n");
    write_file(home.directory / "s", "[default]\naws_access_key_id=A\naws_secret_access_key=B\n");
    home.set("AWS_CONFIG_FILE", "~/c").set("AWS_SHARED_CREDENTIALS_FILE", (home.directory / "s").string());
    CHECK(home.id() == "A B ");
    CHECK(home.load()->region() == "eu-west-3");
}

TEST_CASE("The region comes from option, environment and profile", "[aws]") {
    Home home;
    CHECK(home.load()->region().error() == AccountErrc::no_region);
    home.configuration("[default]\nregion = eu-west-1\n");
    CHECK(home.load()->region() == "eu-west-1");
    home.set("AWS_DEFAULT_REGION", "eu-west-2");
    CHECK(home.load()->region() == "eu-west-2");
    home.set("AWS_REGION", "eu-west-3");
    CHECK(home.load()->region() == "eu-west-3");
    CHECK(home.load({.region = "eu-central-1"})->region() == "eu-central-1");
    CHECK(home.load({.region = "eu-central-1.evil.example/"})->region().error() == AccountErrc::region_invalid);
}

TEST_CASE("The endpoint is AWS's for the region, or the one that is named", "[aws]") {
    Home home;
    home.configuration("[default]\nregion = eu-central-1\n");
    const auto host = [&home] { return home.load()->endpoint(Service::iot)->text(); };
    CHECK(host() == "https://iot.eu-central-1.amazonaws.com/");
    home.configuration("[default]\nregion = cn-north-1\n");
    CHECK(host() == "https://iot.cn-north-1.amazonaws.com.cn/");
    home.configuration("[default]\nregion = eu-central-1\nendpoint_url = http://localhost:1\n");
    CHECK(host() == "http://localhost:1/");
    home.configuration(
        "[default]\nregion = eu-central-1\nservices = double\nendpoint_url = http://localhost:1\n"
        "[services double]\niot =\n  endpoint_url = https://localhost:2/path\n");
    CHECK(host() == "https://localhost:2/path");
    CHECK(home.load()->endpoint(Service::iot_data)->text() == "http://localhost:1/");
    home.set("AWS_ENDPOINT_URL", "https://localhost:3");
    CHECK(host() == "https://localhost:3/");
    home.set("AWS_ENDPOINT_URL_IOT", "https://[::1]:4");
    CHECK(host() == "https://[::1]:4/");
    home.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    CHECK(host() == "https://iot.eu-central-1.amazonaws.com/");
    CHECK(home.load()->endpoint(Service::iot_data).error() == AccountErrc::endpoint_invalid);
}

TEST_CASE("An endpoint that is no address is refused, and a password in it not shown", "[aws]") {
    Home home;
    home.set("AWS_ENDPOINT_URL",
             GENERATE("localhost:99999", "ftp://x", "https://", "https://u:hunter2@localhost", "not a url"));
    const auto refused = home.load()->endpoint(Service::iot);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == AccountErrc::endpoint_invalid);
    CHECK_THAT(refused.error().message(), !ContainsSubstring("hunter2"));
}

TEST_CASE("The file of roots is the environment's or the profile's", "[aws]") {
    Home home;
    CHECK(home.load()->ca_bundle().empty());
    CHECK(home.configuration("[default]\nca_bundle = /a\n").load()->ca_bundle() == "/a");
    CHECK(home.set("AWS_CA_BUNDLE", "/b").load()->ca_bundle() == "/b");
}

TEST_CASE("A command line is split as a shell splits it, and nothing in it is expanded", "[aws]") {
    const auto words = [](const char* text) { return split_command(text).value(); };
    using Words = std::vector<std::string>;
    CHECK(words("a  b\tc") == Words{"a", "b", "c"});
    CHECK(words(R"("a b"'c d'e "" f\ g)") == Words{"a bc de", "", "f g"});
    CHECK(words(R"('\n' "\"" $HOME `id` ; *)") == Words{R"(\n)", "\"", "$HOME", "`id`", ";", "*"});
    CHECK(split_command("a 'b").error() == AccountErrc::configuration_malformed);
    CHECK(split_command("  ").error() == AccountErrc::configuration_malformed);
}

TEST_CASE("A process that fails says why, and none is waited for longer than allowed", "[aws]") {
    const trustx::SystemClock clock;
    const TempDir directory;
    const auto ask = [&](const std::string& text, std::chrono::milliseconds allowed) {
        return credentials_of_process(script(directory, text), clock, trustx::Deadline::after(clock, allowed));
    };
    const auto failed = ask("echo 'no token' >&2; exit 3", 10s);
    REQUIRE_FALSE(failed);
    CHECK(failed.error() == AccountErrc::process_failed);
    CHECK_THAT(failed.error().message(), ContainsSubstring("status 3") && ContainsSubstring("no token"));
    CHECK(ask("kill -9 $$", 10s).error() == AccountErrc::process_failed);
    CHECK(ask("echo nonsense", 10s).error() == AccountErrc::process_failed);
    const auto missing = credentials_of_process("/does/not/exist", clock, trustx::Deadline::after(clock, 10s));
    REQUIRE_FALSE(missing);
    CHECK(missing.error() == AccountErrc::process_failed);
    CHECK(missing.error().message().find(trustx::Error{trustx::errno_code(ENOENT)}.remedy()) == std::string::npos);
    const auto began = clock.now();
    CHECK(ask("sleep 100 & wait", 100ms).error() == AccountErrc::process_failed);
    CHECK(ask("exec >&- 2>&-; sleep 100", 100ms).error() == AccountErrc::process_failed);
    CHECK(clock.now() - began < 20s);
}

TEST_CASE("What a process prints is read", "[aws]") {
    const auto read = parse_process_answer(R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T",
        "Expiration":"2026-11-22T13:00:00.5Z","AccountId":"123456789012"})");
    REQUIRE(read);
    CHECK(read->session_token.view() == "T");
    CHECK(read->expiration == noon + 1h);
    CHECK(read->account_id == "123456789012");
    for (const char* text : {"", "{}", R"({"Version":2,"AccessKeyId":"A","SecretAccessKey":"S"})", R"({"Version":1})",
                             R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","Expiration":"soon"})"}) {
        INFO(text);
        CHECK(parse_process_answer(text).error() == AccountErrc::process_failed);
    }
}

TEST_CASE("A process is asked again when its answer has expired", "[aws]") {
    Home home;
    const auto counter = (home.directory / "count").string();
    home.configuration(
        "[default]\ncredential_process = " +
        script(
            home.directory,
            "echo x >>" + counter + "\n" +
                R"(echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","Expiration":"2026-11-22T13:00:00Z"}')") +
        "\n");
    const auto account = home.load();
    REQUIRE(account);
    const auto ask = [&](WallTime now) {
        return account->credentials(home.clock, now, trustx::Deadline::after(home.clock, 10s));
    };
    CHECK(ask(noon));
    CHECK(ask(noon + 30min));
    CHECK(trustx::test::read_file(counter) == "x\n");
    CHECK(ask(noon + 60min).error() == AccountErrc::credentials_expired);
    CHECK(trustx::test::read_file(counter) == "x\nx\n");
}

TEST_CASE("Credentials of a role come by the device's certificate", "[aws]") {
    trustx::test::VirtualClock clock;
    trustx::test::FakeHttp http{clock};
    const RoleCredentialsRequest request{.endpoint = {.host = "c.credentials.iot.eu-central-1.amazonaws.com"},
                                         .role_alias = "logs",
                                         .thing_name = "gw-1"};
    SECTION("and are printed for other programs") {
        http.answer(200, R"({"credentials":{"accessKeyId":"ASIA","secretAccessKey":"s/+=","sessionToken":"t",
            "expiration":"2026-11-22T13:00:00Z"}})");
        const auto found = fetch_role_credentials(http, request, clock.in(10s));
        REQUIRE(found);
        CHECK(http.requests.at(0).url.text() ==
              "https://c.credentials.iot.eu-central-1.amazonaws.com/role-aliases/logs/credentials");
        CHECK(http.requests.at(0).headers == std::vector<Header>{{"x-amzn-iot-thingname", "gw-1"}});
        const auto read = parse_process_answer(process_text(*found).view());
        REQUIRE(read);
        CHECK(read->secret_access_key.view() == "s/+=");
        CHECK(read->expiration == noon + 1h);
        CHECK(environment_text(*found).view() ==
              "export AWS_ACCESS_KEY_ID='ASIA'\nexport AWS_SECRET_ACCESS_KEY='s/+='\nexport AWS_SESSION_TOKEN='t'\n"
              "export AWS_CREDENTIAL_EXPIRATION='2026-11-22T13:00:00Z'\n");
    }
    SECTION("or the refusal says what it usually means") {
        http.answer(403, R"({"message":"Access Denied"})");
        const auto refused = fetch_role_credentials(http, request, clock.in(10s));
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == AccountErrc::role_refused);
        CHECK_THAT(refused.error().message(), ContainsSubstring("iot:AssumeRoleWithCertificate"));
    }
    SECTION("and nothing else is taken for them") {
        http.answer(200, GENERATE("", "{}", R"({"credentials":{"accessKeyId":"A"}})",
                                  R"({"credentials":{"accessKeyId":"A","secretAccessKey":"'; id; '"}})"));
        CHECK(fetch_role_credentials(http, request, clock.in(10s)).error() == AccountErrc::role_refused);
    }
}

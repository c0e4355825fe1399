// SPDX-License-Identifier: Apache-2.0
// What an operator does beside enrolment: authorities, who may register by himself, credentials for other services, and
// what programs of a gateway are told.
#include "../../mqtt/certificate_authority.hpp"
#include "awscli.hpp"
#include "gateway.hpp"
#include "support/catch.hpp"

#include <filesystem>

using namespace trustx::test;

namespace {

using Arguments = Gateway::Arguments;
using nlohmann::json;

constexpr const char* account = "123456789012";

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

json authority(const Gateway& gateway, const std::string& id) {
    const auto listed = gateway.trustx({"aws", "ca", "list", "--json"});
    for (const auto& each : json::parse(listed.out)) {
        if (each.at("id") == id) {
            return each;
        }
    }
    return {};
}

// ChipCertificate is a key pair in the chip with a certificate of an authority outside, as a vendor delivers chips.
struct ChipCertificate {
    std::string key;
    std::string certificate;
};

ChipCertificate delivered(const Gateway& gateway, const TempDir& files, CertificateAuthority& vendor,
                          const std::string& name) {
    const auto key = (files / (name + "-key.pem")).string();
    const auto request = files / (name + ".csr");
    must_succeed(gateway.trustx({"keygen", "E0F1", "--out", key}));
    must_succeed(run("openssl", {"req", "-new", "-key", key, "-subj", "/CN=" + name, "-out", request},
                     {.environment = gateway.environment()}));
    return {.key = key, .certificate = vendor.issue_client(request)};
}

Outcome publish(const Gateway& gateway, const AwsDouble& cloud, const ChipCertificate& chip, const std::string& thing) {
    auto variables = gateway.environment();
    variables.merge(foreign_program_environment());
    return run("mosquitto_pub",
               {"-h", "localhost", "-p", std::to_string(cloud.facts().at("mqtt").at("port").get<int>()), "--cafile",
                cloud.ca_file(), "--cert", chip.certificate, "--key", chip.key, "-i", thing, "-q", "1", "-t",
                "dt/" + thing + "/x", "-m", "1"},
               {.environment = variables});
}

// install_rule puts what `make jitr` wrote into the double, whose Lambda takes files and whose rules are the
// service's.
void install_rule(const AwsDouble& cloud, const Awscli& awscli, const std::filesystem::path& directory) {
    const auto rule = json::parse(read_file(directory / "rule.json"));
    cloud.control("POST", "/functions",
                  {{"arn", rule.at("actions").at(0).at("lambda").at("functionArn")},
                   {"file", directory / "jitr.py"},
                   {"handler", "jitr.handler"},
                   {"permissions", json::parse(read_file(directory / "permissions.json"))}});
    awscli.iot({"create-topic-rule", "--rule-name", "trustx_jitr", "--topic-rule-payload",
                "file://" + (directory / "rule.json").string()});
}

}  // namespace

TEST_CASE("an authority is registered with the proof that it is the operator's", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "authority"};
    const TempDir files;
    const CertificateAuthority ca{files.path(), "own"};
    const auto key = (files / "own-key.pem").string();
    const Arguments with_key{"aws", "ca", "register", "--cert", ca.certificate(), "--key", key};
    const auto registered = gateway.trustx(with_key);
    must_succeed(registered);
    const auto id = first_line(registered.out);
    CHECK(authority(gateway, id).at("mode") == "default");
    CHECK_FALSE(authority(gateway, id).at("auto_registration").get<bool>());
    // Once more, with another wish.
    must_succeed(gateway.trustx({"aws", "ca", "register", "--cert", ca.certificate(), "--key", key, "--jitr"}));
    CHECK(authority(gateway, id).at("auto_registration").get<bool>());
    CHECK(gateway.trustx({"aws", "ca", "register", "--cert", ca.certificate(), "--mode", "sni-only"}).status == 5);
    must_succeed(gateway.trustx({"aws", "ca", "retire", id}));
    CHECK_FALSE(authority(gateway, id).at("active").get<bool>());
    must_succeed(gateway.trustx({"aws", "ca", "retire", id, "--delete"}));
    CHECK(authority(gateway, id).is_null());
}

TEST_CASE("the key of an authority may be in a chip", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "chip-authority"};
    const TempDir files;
    const auto key = (files / "ca-key.pem").string();
    const auto certificate = (files / "ca.pem").string();
    must_succeed(gateway.trustx({"keygen", "E0F2", "--out", key}));
    must_succeed(run("openssl",
                     {"req", "-x509", "-key", key, "-subj", "/CN=authority in a chip", "-days", "30", "-addext",
                      "basicConstraints=critical,CA:TRUE", "-out", certificate},
                     {.environment = gateway.environment()}));
    const auto registered = gateway.trustx({"aws", "ca", "register", "--cert", certificate, "--key", key});
    must_succeed(registered);
    CHECK(authority(gateway, first_line(registered.out)).at("active").get<bool>());
}

TEST_CASE("an authority that AWS IoT would refuse, or that lets in strangers, is not registered", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "strangers"};
    const TempDir files;
    CertificateAuthority ca{files.path(), "vendor"};
    const auto before = gateway.trustx({"aws", "ca", "list", "--json"}).out;
    const auto refusal = [&](const Arguments& more) {
        Arguments arguments{"aws", "ca", "register"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const auto outcome = gateway.trustx(arguments);
        INFO(outcome.both());
        CHECK(outcome.status != 0);
        return outcome.status;
    };
    const auto server = ca.issue_server("leaf", "DNS:leaf");
    CHECK(refusal({"--cert", server.certificate, "--key", server.key}) == 5);                      // no CA:TRUE
    CHECK(refusal({"--cert", ca.certificate()}) == 2);                                             // no proof
    CHECK(refusal({"--cert", ca.certificate(), "--mode", "sni-only", "--template", "any"}) == 1);  // of strangers
    CHECK(refusal({"--cert", ca.certificate(), "--key", server.key}) == 5);                        // another's key
    CHECK(refusal({"--cert", ca.certificate(), "--template-body", server.key}) == 2);              // no role
    openssl({"req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=short", "-keyout", files / "short.key",
             "-out", files / "short.pem"});
    CHECK(refusal({"--cert", files / "short.pem", "--key", files / "short.key"}) == 5);
    // A role that is none.
    must_succeed(gateway.trustx({"aws", "make", "template", "--use", "jitp", "--out", files / "jitp.json"}));
    CHECK(refusal({"--cert", ca.certificate(), "--key", files / "vendor-key.pem", "--template-body",
                   files / "jitp.json", "--role", "nobody"}) == 2);
    CHECK(gateway.trustx({"aws", "ca", "list", "--json"}).out == before);
}

TEST_CASE("a vendor's chips that are in the delivery connect by themselves, and no others of the vendor", "[aws]") {
    auto* cloud = AwsDouble::shared();
    auto* awscli = cloud == nullptr ? nullptr : Awscli::shared(*cloud);
    if (awscli == nullptr) {
        return;
    }
    const TempDir files;
    CertificateAuthority vendor{files.path(), "vendor"};
    const Gateway known{*cloud, "zero-1"};
    const Gateway foreign{*cloud, "zero-2"};
    const auto mine = delivered(known, files, vendor, "zero-1");
    const auto others = delivered(foreign, files, vendor, "zero-2");
    const json line{
        {"uid", "01"}, {"slot", "E0F1"}, {"serial", "zero-1"}, {"certificate", read_file(mine.certificate)}};
    write_file(files / "delivery.jsonl", line.dump() + "\n");
    const auto registered =
        known.trustx({"aws", "ca", "register", "--cert", vendor.certificate(), "--mode", "sni-only", "--jitr"});
    must_succeed(registered);
    must_succeed(known.trustx({"aws", "make", "policy", "--account", account, "--out", files / "policy.json"}));
    awscli->iot({"create-policy", "--policy-name", "zero-touch", "--policy-document",
                 "file://" + (files / "policy.json").string()});
    must_succeed(
        known.trustx({"aws", "make", "allow-list", files / "delivery.jsonl", "--out", files / "allowed.json"}));
    must_succeed(known.trustx({"aws", "make", "jitr", "--ca-id", first_line(registered.out), "--policy", "zero-touch",
                               "--allow-list", files / "allowed.json", "--account", account, "--out", files / "jitr"}));
    install_rule(*cloud, *awscli, files / "jitr");
    CHECK(publish(known, *cloud, mine, "zero-1").status != 0);
    CHECK(publish(foreign, *cloud, others, "zero-2").status != 0);
    const auto arn = json::parse(read_file(files / "jitr" / "rule.json"))
                         .at("actions")
                         .at(0)
                         .at("lambda")
                         .at("functionArn")
                         .get<std::string>();
    cloud->control("GET", "/events?type=function&count=2&arn=" + arn);
    must_succeed(publish(known, *cloud, mine, "zero-1"));
    CHECK(publish(foreign, *cloud, others, "zero-2").status != 0);
    CHECK(cloud->things().contains("zero-1"));
    CHECK_FALSE(cloud->things().contains("zero-2"));
}

TEST_CASE("the programs that deploy a function are ones that the program aws understands", "[aws]") {
    auto* cloud = AwsDouble::shared();
    auto* awscli = cloud == nullptr ? nullptr : Awscli::shared(*cloud);
    if (awscli == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "deploys"};
    const TempDir files;
    write_file(files / "claims.json", R"({")" + std::string(64, 'a') + R"(":[{"thing":"gw-1","serial":"1"}]})");
    must_succeed(gateway.trustx({"aws", "make", "provisioning-hook", "--template", "deployed", "--allow-list",
                                 files / "claims.json", "--account", account, "--out", files / "hook"}));
    must_succeed(gateway.trustx({"aws", "make", "template", "--use", "fleet", "--out", files / "fleet.json"}));
    awscli->iot({"create-provisioning-template", "--template-name", "deployed", "--provisioning-role-arn",
                 "arn:aws:iam::123456789012:role/r", "--template-body", "file://" + (files / "fleet.json").string()});
    const Gateway::Variables variables{{"PATH", awscli->directory().string() + ":/usr/bin:/bin"}};
    const auto deployed = run(files / "hook" / "deploy", {}, {.environment = variables});
    must_succeed(deployed);
    CHECK(cloud->control("GET", "/state")
              .at("templates")
              .at("deployed")
              .dump()
              .find("function:trustx_provisioning_hook") != std::string::npos);
}

TEST_CASE("a gateway gets credentials for other services by its certificate", "[aws]") {
    auto* cloud = AwsDouble::shared();
    auto* awscli = cloud == nullptr ? nullptr : Awscli::shared(*cloud);
    if (awscli == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "roles"};
    const TempDir files;
    must_succeed(gateway.trustx({"aws", "make", "policy", "--account", account, "--role-alias", "gateway-role", "--out",
                                 files / "policy.json"}));
    awscli->iot({"create-policy", "--policy-name", "with-role", "--policy-document",
                 "file://" + (files / "policy.json").string()});
    cloud->control(
        "POST", "/state",
        {{"path", {"roleAliases", "gateway-role"}},
         {"value", {{"name", "gateway-role"}, {"roleArn", "arn:aws:iam::123456789012:role/g"}, {"seconds", 900}}}});
    must_succeed(gateway.enroll("csr", {"--policy", "with-role"}));
    const auto url = cloud->facts().at("credentials").at("url").get<std::string>();
    const auto endpoint = url.substr(url.rfind('/') + 1);
    const Arguments ask{"aws", "credentials", "--role-alias", "gateway-role", "--endpoint", endpoint};
    const auto asked = gateway.trustx(ask, {{"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", ""}});
    must_succeed(asked);
    CHECK(json::parse(asked.out).at("Version") == 1);
    auto for_shell = ask;
    for_shell.insert(for_shell.end(), {"--format", "env"});
    CHECK_THAT(gateway.trustx(for_shell).out, ContainsSubstring("export AWS_SESSION_TOKEN='"));
    CHECK(gateway.trustx({"aws", "credentials", "--role-alias", "another", "--endpoint", endpoint}).status == 8);
    // The account is asked for the endpoint; a profile that is this command itself is not.
    must_succeed(gateway.trustx({"aws", "credentials", "--role-alias", "gateway-role"}));
    const auto command = program("trustx").string() + " aws credentials --role-alias gateway-role";
    write_file(files / "config", "[profile loop]\ncredential_process = " + command + "\n[profile gateway]\nregion = " +
                                     "eu-central-1\ncredential_process = " + command + " --endpoint " + endpoint +
                                     "\n");
    const auto config = (files / "config").string();
    const Gateway::Variables loop{
        {"AWS_CONFIG_FILE", config}, {"AWS_PROFILE", "loop"}, {"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", ""}};
    CHECK(gateway.trustx({"aws", "credentials", "--role-alias", "gateway-role"}, loop).status == 8);
    auto variables = gateway.environment();
    variables.erase("AWS_ACCESS_KEY_ID");
    variables.erase("AWS_SECRET_ACCESS_KEY");
    variables["AWS_CONFIG_FILE"] = config;
    const auto used = run("/usr/bin/aws",
                          {"--profile", "gateway", "--endpoint-url", cloud->facts().at("control").at("url"), "iot",
                           "describe-thing", "--thing-name", "roles"},
                          {.environment = variables});
    must_succeed(used);
    CHECK(json::parse(used.out).at("thingName") == "roles");
}

TEST_CASE("mosquitto takes the bridge that is made for an enrolled gateway", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "bridged"};
    must_succeed(gateway.enroll("csr"));
    const TempDir files;
    must_succeed(gateway.trustx({"aws", "make", "bridge", "--out", files / "bridge.conf"}));
    const auto socket = (files / "local").string();
    write_file(files / "mosquitto.conf", "listener 0 " + socket +
                                             "\nallow_anonymous true\nlog_dest stderr\nuser root\n" +
                                             read_file(files / "bridge.conf"));
    auto variables = gateway.environment();
    variables.merge(foreign_program_environment());
    const Process broker{"/usr/sbin/mosquitto", {"-c", files / "mosquitto.conf"}, {.environment = variables}};
    cloud->control("GET", "/events?type=subscribe&clientId=bridged&count=1");
    must_succeed(run("mosquitto_pub", {"--unix", socket, "-q", "1", "-t", "dt/bridged/x", "-m", "out"}));
    const auto events = cloud->control("GET", "/events?type=publish&clientId=bridged&count=1");
    CHECK_THAT(events.dump(), ContainsSubstring("dt/bridged/x"));
}

TEST_CASE("systemd takes the unit, and documents need no gateway where options say everything", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Gateway gateway{*cloud, "nobody"};
    const TempDir files;
    must_succeed(
        gateway.trustx({"aws", "make", "unit", "--command", "/bin/true --fast", "--out", files / "t.service"}));
    if (std::filesystem::exists("/usr/bin/systemd-analyze")) {
        const auto said = run("systemd-analyze", {"verify", "--man=no", "--recursive-errors=no", files / "t.service"});
        INFO(said.both());
        CHECK(said.ok());
        CHECK(said.both().find(files.path().string()) == std::string::npos);
    }
    CHECK(gateway.trustx({"aws", "make", "bridge"}).status == 2);
    const auto bridge = gateway.trustx({"aws", "make", "bridge", "--thing", "t", "--endpoint", "h.example:443"});
    CHECK_THAT(bridge.out, ContainsSubstring("topic dt/t/# out 1") && ContainsSubstring("bridge_alpn"));
    const auto greengrass = gateway.trustx({"aws", "make", "greengrass-lite", "--thing", "t", "--endpoint",
                                            "a-ats.iot.eu-west-1.amazonaws.com", "--role-alias", "r",
                                            "--credentials-endpoint", "c.example"});
    CHECK_THAT(greengrass.out, ContainsSubstring("awsRegion: \"eu-west-1\""));
    CHECK(gateway.trustx({"aws", "make", "policy"}).status == 2);  // of which account?
    Arguments long_one{"aws", "make", "policy", "--account", account};
    for (int i = 0; i < 20; ++i) {
        long_one.insert(long_one.end(), {"--publish", "topic" + std::to_string(i)});
    }
    const auto refused = gateway.trustx(long_one);
    CHECK(refused.status == 2);
    CHECK_THAT(refused.err, ContainsSubstring("2048"));
}

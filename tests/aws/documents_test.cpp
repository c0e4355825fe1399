// SPDX-License-Identifier: Apache-2.0
// What is generated says exactly what it should, is counted, and takes no name that would mean something else.
#include "../mqtt/certificate_authority.hpp"
#include "aws/documents/allow_list.hpp"
#include "aws/documents/delivery_manifest.hpp"
#include "aws/documents/deployment.hpp"
#include "aws/documents/gateway_files.hpp"
#include "aws/documents/names.hpp"
#include "aws/documents/policy.hpp"
#include "aws/documents/provisioning_template.hpp"
#include "common/files/input_error.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

using namespace trustx::aws;
using nlohmann::json;
using trustx::InputErrc;
using trustx::test::TempDir;

namespace {

const PolicyScope scope{.region = "eu-central-1", .account = "123456789012"};
const std::string id_a(64, 'a');
const std::string id_b(64, 'b');

json parsed(const trustx::Result<std::string>& text) {
    INFO((text ? "" : text.error().message()));
    REQUIRE(text);
    return json::parse(*text);
}

std::string prefix() {
    return "arn:aws:iot:eu-central-1:123456789012:";
}

// resources_of are what the statement about an action names.
std::set<std::string> resources_of(const json& policy, const std::string& action) {
    std::set<std::string> found;
    for (const auto& statement : policy.at("Statement")) {
        const auto actions =
            statement.at("Action").is_array() ? statement.at("Action") : json::array({statement.at("Action")});
        if (std::find(actions.begin(), actions.end(), action) == actions.end()) {
            continue;
        }
        const auto resources =
            statement.at("Resource").is_array() ? statement.at("Resource") : json::array({statement.at("Resource")});
        for (const auto& resource : resources) {
            found.insert(resource.get<std::string>());
        }
    }
    return found;
}

// run_python runs a script beside a module boto3 that is none.
trustx::test::Outcome run_python(const TempDir& directory, const std::string& script) {
    trustx::test::write_file(directory / "script.py", script);
    return trustx::test::run("python3", {"-B", (directory / "script.py").string()}, {.directory = directory.path()});
}

// A service in memory, with the calls that the function for JITR makes.
constexpr const char* fake_boto3 = R"(
class Exists(Exception):
    pass
class Iot:
    class exceptions:
        ResourceAlreadyExistsException = Exists
    class meta:
        class service_model:
            @staticmethod
            def operation_model(name):
                class Model:
                    class input_shape:
                        members = {"thingName": 1, "principal": 1, "thingPrincipalType": 1}
                return Model
    def __init__(self):
        self.status, self.things, self.log = "PENDING_ACTIVATION", {}, []
    def describe_certificate(self, certificateId):
        return {"certificateDescription": {"certificateId": certificateId, "certificateArn": "arn:" + certificateId[:2],
                                           "status": self.status}}
    def create_thing(self, thingName, attributePayload):
        if thingName in self.things:
            raise Exists()
        self.things[thingName] = attributePayload["attributes"]
        self.log.append("thing")
    def update_thing(self, thingName, attributePayload):
        self.things[thingName].update(attributePayload["attributes"])
    def attach_policy(self, policyName, target):
        self.log.append("policy " + policyName + " " + target)
    def attach_thing_principal(self, thingName, principal, thingPrincipalType):
        self.log.append("attach " + thingName + " " + principal + " " + thingPrincipalType)
    def update_certificate(self, certificateId, newStatus):
        self.status = newStatus
        self.log.append(newStatus)
iot = Iot()
def client(name, endpoint_url=None):
    return iot
)";

}  // namespace

TEST_CASE("The policy of devices allows each its own thing's topics", "[aws]") {
    const auto text = device_policy({.scope = scope});
    const auto policy = parsed(text);
    CHECK(policy.at("Version") == "2012-10-17");
    const std::string thing = "${iot:Connection.Thing.ThingName}";
    CHECK(resources_of(policy, "iot:Connect") ==
          std::set{prefix() + "client/" + thing, prefix() + "client/" + client_beside(thing)});
    CHECK(policy.at("Statement").at(0).at("Condition") ==
          json::parse(R"({"Bool":{"iot:Connection.Thing.IsAttached":"true"}})"));
    CHECK(resources_of(policy, "iot:Publish") ==
          std::set{prefix() + "topic/dt/" + thing + "/*", prefix() + "topic/$aws/things/" + thing + "/shadow/*",
                   prefix() + "topic/$aws/things/" + thing + "/jobs/*",
                   prefix() + "topic/$aws/things/" + thing + "/defender/metrics/*"});
    CHECK(resources_of(policy, "iot:Receive") ==
          std::set{prefix() + "topic/cmd/" + thing + "/*", prefix() + "topic/$aws/things/" + thing + "/*"});
    CHECK(resources_of(policy, "iot:Subscribe") ==
          std::set{prefix() + "topicfilter/cmd/" + thing + "/*", prefix() + "topicfilter/$aws/things/" + thing + "/*"});
    CHECK(policy_size(*text) == 1260);
}

TEST_CASE("A policy allows nothing that was not asked for", "[aws]") {
    const auto bare = parsed(device_policy(
        {.scope = scope, .publish = {}, .subscribe = {}, .shadow = false, .jobs = false, .defender = false}));
    CHECK(bare.at("Statement").size() == 1);
    CHECK(resources_of(bare, "iot:RetainPublish").empty());
    const auto more =
        parsed(device_policy({.scope = scope, .retain = true, .role_alias = "logs", .renewal_template = "fleet"}));
    CHECK(resources_of(more, "iot:RetainPublish") == resources_of(more, "iot:Publish"));
    CHECK(resources_of(more, "iot:AssumeRoleWithCertificate") == std::set{prefix() + "rolealias/logs"});
    CHECK(resources_of(more, "iot:Publish").contains(prefix() + "topic/$aws/certificates/create-from-csr/*"));
    CHECK(resources_of(more, "iot:Subscribe")
              .contains(prefix() + "topicfilter/$aws/provisioning-templates/fleet/provision/*"));
}

TEST_CASE("A policy allows rules and further clients by their names", "[aws]") {
    const std::string thing = "${iot:Connection.Thing.ThingName}";
    const auto policy =
        parsed(device_policy({.scope = scope, .rules = {"climate", "r_2"}, .clients = {"shadow", "jobs"}}));
    CHECK(resources_of(policy, "iot:Connect") ==
          std::set{prefix() + "client/" + thing, prefix() + "client/" + client_beside(thing),
                   prefix() + "client/" + thing + "-shadow", prefix() + "client/" + thing + "-jobs"});
    CHECK(resources_of(policy, "iot:Publish").contains(prefix() + "topic/$aws/rules/climate/*"));
    CHECK(resources_of(policy, "iot:Publish").contains(prefix() + "topic/$aws/rules/r_2/*"));
    CHECK(!resources_of(policy, "iot:Receive").contains(prefix() + "topic/$aws/rules/climate/*"));
    for (const char* rule : {"", "a/b", "*", "a-b"}) {
        INFO(rule);
        CHECK(device_policy({.scope = scope, .rules = {rule}}).error() == InputErrc::usage);
    }
    for (const char* suffix : {"", "*", "a/b", "${iot:ClientId}"}) {
        INFO(suffix);
        CHECK(device_policy({.scope = scope, .clients = {suffix}}).error() == InputErrc::usage);
    }
    std::vector<std::string> many;
    for (int i = 0; i < 20; ++i) {
        many.push_back("client" + std::to_string(i));
    }
    CHECK(device_policy({.scope = scope, .clients = many}).error() == InputErrc::usage);
}

TEST_CASE("A topic with $ is refused with the option for rules", "[aws]") {
    const auto refused = device_policy({.scope = scope, .publish = {"$aws/rules/climate"}});
    CHECK_THAT(refused.error().message(), ContainsSubstring("--rule"));
}

TEST_CASE("White space is not counted, and a policy that is too long is not made", "[aws]") {
    CHECK(policy_size(" {\n\t\"a\" : 1 }\r\n") == 7);
    std::vector<std::string> topics;
    for (int i = 0; i < 9; ++i) {
        topics.push_back("topic" + std::to_string(i));
    }
    const auto fits = device_policy({.scope = scope, .publish = topics, .subscribe = {}});
    REQUIRE(fits);
    CHECK(policy_size(*fits) <= 2048);
    topics.insert(topics.end(), topics.begin(), topics.end());
    CHECK(device_policy({.scope = scope, .publish = topics}).error() == InputErrc::usage);
}

TEST_CASE("Names that would mean something else in a policy are refused", "[aws]") {
    for (const char* topic : {"", "*", "a/*", "+", "#", "/a", "a/", "$aws", "a\"b"}) {
        INFO(topic);
        CHECK(device_policy({.scope = scope, .publish = {topic}}).error() == InputErrc::usage);
    }
    CHECK(device_policy({.scope = {.region = "eu-central-1", .account = "12345678901"}}).error() == InputErrc::usage);
    CHECK(device_policy({.scope = {.region = "*", .account = "123456789012"}}).error() == InputErrc::usage);
    CHECK(device_policy({.scope = scope, .role_alias = "a/b"}).error() == InputErrc::usage);
    CHECK(claim_policy({.scope = scope, .template_name = "*"}).error() == InputErrc::usage);
    CHECK(claim_policy({.scope = scope, .template_name = "t", .client_prefix = "*"}).error() == InputErrc::usage);
}

TEST_CASE("A claim may have its own key certified and run one template, and no more", "[aws]") {
    const auto policy = parsed(claim_policy({.scope = scope, .template_name = "fleet"}));
    CHECK(resources_of(policy, "iot:Connect") == std::set{prefix() + "client/claim-*"});
    const std::set topics{prefix() + "topic/$aws/certificates/create-from-csr/*",
                          prefix() + "topic/$aws/provisioning-templates/fleet/provision/*"};
    CHECK(resources_of(policy, "iot:Publish") == topics);
    CHECK(resources_of(policy, "iot:Receive") == topics);
    CHECK(resources_of(policy, "iot:Subscribe") ==
          std::set{prefix() + "topicfilter/$aws/certificates/create-from-csr/*",
                   prefix() + "topicfilter/$aws/provisioning-templates/fleet/provision/*"});
    CHECK(policy.at("Statement").size() == 3);
}

TEST_CASE("Each role trusts the service that uses it", "[aws]") {
    const auto service = [](RoleUser user) {
        return json::parse(role_trust(user)).at("Statement").at(0).at("Principal").at("Service").get<std::string>();
    };
    CHECK(service(RoleUser::provisioning) == "iot.amazonaws.com");
    CHECK(service(RoleUser::credentials) == "credentials.iot.amazonaws.com");
    CHECK(service(RoleUser::function) == "lambda.amazonaws.com");
    const auto bound = json::parse(role_trust(RoleUser::provisioning, "123456789012"));
    CHECK(bound.at("Statement").at(0).at("Condition") ==
          json::parse(R"({"StringEquals":{"aws:SourceAccount":"123456789012"}})"));
    CHECK_FALSE(
        json::parse(role_trust(RoleUser::credentials, "123456789012")).at("Statement").at(0).contains("Condition"));
    const auto permissions = parsed(jitr_permissions(scope));
    CHECK(resources_of(permissions, "iot:UpdateCertificate") == std::set{prefix() + "cert/*"});
    CHECK(resources_of(permissions, "iot:CreateThing") == std::set{prefix() + "thing/*"});
}

TEST_CASE("A template declares what it refers to, and nothing else", "[aws]") {
    const auto use =
        GENERATE(TemplateUse::register_csr, TemplateUse::register_certificate, TemplateUse::fleet, TemplateUse::jitp);
    const auto document = parsed(provisioning_template({.use = use, .policy = "trustx-gateway"}));
    std::set<std::string> referred;
    const std::function<void(const json&)> collect = [&](const json& value) {
        if (value.is_object() && value.contains("Ref")) {
            referred.insert(value.at("Ref").get<std::string>());
        } else if (value.is_structured()) {
            for (const auto& each : value) {
                collect(each);
            }
        }
    };
    collect(document.at("Resources"));
    std::set<std::string> declared;
    for (const auto& [name, type] : document.at("Parameters").items()) {
        declared.insert(name);
        CHECK(type == json{{"Type", "String"}});
    }
    CHECK(declared == referred);
}

TEST_CASE("Only what the service activates itself is ACTIVE by a template", "[aws]") {
    const auto certificate = [](TemplateUse use) {
        return parsed(provisioning_template({.use = use, .policy = "p"})).at("Resources").at("certificate");
    };
    CHECK(
        certificate(TemplateUse::register_csr).at("Properties") ==
        json::parse(
            R"({"CertificateSigningRequest":{"Ref":"CSR"},"Status":"INACTIVE","ThingPrincipalType":"EXCLUSIVE_THING"})"));
    CHECK(certificate(TemplateUse::register_certificate).at("Properties") ==
          json::parse(
              R"({"CertificatePem":{"Ref":"Certificate"},"CACertificatePem":{"Ref":"CACertificate"},"Status":"INACTIVE",
                          "ThingPrincipalType":"EXCLUSIVE_THING"})"));
    CHECK(
        certificate(TemplateUse::fleet).at("Properties") ==
        json::parse(
            R"({"CertificateId":{"Ref":"AWS::IoT::Certificate::Id"},"Status":"ACTIVE","ThingPrincipalType":"EXCLUSIVE_THING"})"));
    CHECK(certificate(TemplateUse::jitp).at("Properties") ==
          json::parse(R"({"CertificateId":{"Ref":"AWS::IoT::Certificate::Id"},"Status":"ACTIVE"})"));
    CHECK(certificate(TemplateUse::jitp).at("OverrideSettings") == json{{"Status", "DO_NOTHING"}});
}

TEST_CASE("A thing of JITP is named by the certificate: by its id where it has no subject", "[aws]") {
    const auto name = [](JitpName from) {
        const auto document =
            parsed(provisioning_template({.use = TemplateUse::jitp, .policy = "p", .jitp_name = from}));
        return document.at("Resources").at("thing").at("Properties").at("ThingName").at("Ref").get<std::string>();
    };
    CHECK(name(JitpName::common_name) == "AWS::IoT::Certificate::CommonName");
    CHECK(name(JitpName::certificate_id) == "AWS::IoT::Certificate::Id");
}

TEST_CASE("A template that is too long is not made", "[aws]") {
    ProvisioningTemplate wanted{.policy = "p"};
    for (int i = 0; i < 100; ++i) {
        wanted.thing_groups.push_back(std::string(100, 'g') + std::to_string(i));
    }
    CHECK(provisioning_template(wanted).error() == InputErrc::usage);
    CHECK(provisioning_template({.policy = ""}).error() == InputErrc::usage);
}

TEST_CASE("Names are checked as AWS IoT checks them", "[aws]") {
    CHECK(check_name(NameOf::thing, "gw:1_a-B"));
    CHECK(check_name(NameOf::policy, "a+b=c,d.e@f-g"));
    CHECK(check_name(NameOf::attribute_value, ""));
    for (const auto& [kind, name] :
         {std::pair{NameOf::thing, std::string{}}, std::pair{NameOf::thing, std::string{"a b"}},
          std::pair{NameOf::thing, std::string(129, 'a')}, std::pair{NameOf::policy, std::string{"a/b"}},
          std::pair{NameOf::provisioning_template, std::string(37, 'a')}, std::pair{NameOf::rule, std::string{"a-b"}},
          std::pair{NameOf::attribute_value, std::string{"two words"}}}) {
        INFO(name);
        CHECK(check_name(kind, name).error() == InputErrc::usage);
    }
}

TEST_CASE("Just-in-time registration admits who is in the list, and nobody else", "[aws]") {
    const TempDir directory;
    const auto function = jitr_function({{id_a, {"gw-1", "0102"}}}, "trustx-gateway");
    REQUIRE(function);
    trustx::test::write_file(directory / "jitr.py", *function);
    trustx::test::write_file(directory / "boto3.py", fake_boto3);
    const auto outcome = [&](const std::string& id, const std::string& status) {
        return run_python(directory, "import boto3, jitr\nboto3.iot.status = '" + status +
                                         "'\nprint(jitr.handler({'certificateId': '" + id +
                                         "'}, None)['result'], boto3.iot.log, boto3.iot.things)\n");
    };
    const auto admitted = outcome(id_a, "PENDING_ACTIVATION");
    INFO(admitted.both());
    CHECK(admitted.out ==
          "admitted ['thing', 'policy trustx-gateway arn:aa', 'attach gw-1 arn:aa EXCLUSIVE_THING', 'ACTIVE']"
          " {'gw-1': {'serialNumber': '0102'}}\n");
    CHECK_THAT(outcome(id_b, "PENDING_ACTIVATION").out, ContainsSubstring("refused ['INACTIVE'] {}"));
    CHECK(outcome(id_a, "REVOKED").out == "left REVOKED [] {}\n");
    CHECK(jitr_sql(id_b).value() == "SELECT * FROM '$aws/events/certificates/registered/" + id_b + "'");
}

TEST_CASE("The hook of claims gives a device its own thing, whatever the device asks for", "[aws]") {
    const TempDir directory;
    trustx::test::CertificateAuthority{directory.path(), "0A0B"};  // self-signed, with this common name
    const auto hook = provisioning_hook({{id_a, {{"gw-1", "0102"}, {"gw-2", "0A0B"}}}, {id_b, {{"gw-3", "0304"}}}});
    REQUIRE(hook);
    trustx::test::write_file(directory / "hook.py", *hook);
    const auto answer = [&](const std::string& claim) {
        const auto outcome =
            run_python(directory, "import hook, json\nevent = {'claimCertificateId': '" + claim +
                                      "', 'certificateId': 'x', 'certificatePem': open('0A0B.pem').read(), "
                                      "'parameters': {'ThingName': 'gw-1', 'SerialNumber': '0102'}}\n"
                                      "print(json.dumps(hook.handler(event, None)))\n");
        INFO(outcome.both());
        REQUIRE(outcome.ok());
        const auto last = outcome.out.rfind('\n', outcome.out.size() - 2);
        return json::parse(outcome.out.substr(last == std::string::npos ? 0 : last + 1));
    };
    CHECK(answer(id_a) ==
          json::parse(R"({"allowProvisioning":true,"parameterOverrides":{"ThingName":"gw-2","SerialNumber":"0A0B"}})"));
    CHECK(answer(id_b) == json{{"allowProvisioning", false}});
    CHECK(answer(std::string(64, 'c')) == json{{"allowProvisioning", false}});
}

TEST_CASE("A function with a long list gets memory for it, and is what Python reads at once", "[aws]") {
    AllowedDevices devices;
    for (std::size_t i = 0; i < 20'000; ++i) {
        const auto number = std::to_string(i);
        devices[number + std::string(64 - number.size(), 'a')] = {"gw-" + number, number};
    }
    const JitrDeployment wanted{.scope = scope, .ca_certificate_id = id_a, .policy = "p", .devices = devices};
    const auto documents = jitr_documents(wanted).value();
    const auto size = documents.front().text.size();
    CHECK_THAT(documents.back().text,
               ContainsSubstring("--memory-size " + std::to_string(128 + size * 12 / 1'000'000)));
    const TempDir directory;
    trustx::test::write_file(directory / "jitr.py", documents.front().text);
    trustx::test::write_file(directory / "boto3.py", fake_boto3);
    CHECK(run_python(directory, "import jitr\nprint(len(jitr.ALLOWED))\n").out == "20000\n");
}

TEST_CASE("What is no UTF-8 is in no document", "[aws]") {
    const std::string latin = "caf\xE9";
    CHECK(device_policy({.scope = scope, .publish = {latin}}).error() == InputErrc::usage);
    const BrokerAccess access{.endpoint = "host",
                              .thing = "gw-1",
                              .key_file = "/" + latin,
                              .certificate_file = "/certificate.pem",
                              .roots_file = "/roots.pem"};
    CHECK(mosquitto_bridge({.access = access}).error() == InputErrc::usage);
    CHECK(provisioning_template({.use = TemplateUse::fleet, .policy = latin}).error() == InputErrc::usage);
    CHECK(jitr_function({{id_a, {latin, ""}}}, "p").error() == InputErrc::usage);
    CHECK(jitr_function({{id_a, {"gw-1", latin}}}, "p").error() == InputErrc::usage);
}

TEST_CASE("What is no allow-list is refused without the names of exceptions", "[aws]") {
    for (const auto* text : {"{", "[]", R"({"a":{"thing":1}})"}) {
        const auto read = parse_allowed_devices(text, "the list");
        REQUIRE_FALSE(read);
        CHECK(read.error() == InputErrc::malformed);
        CHECK(read.error().message().find("exception") == std::string::npos);
    }
}

TEST_CASE("An allow-list with a doubtful entry is refused", "[aws]") {
    CHECK(jitr_function({{"aa", {"gw-1", ""}}}, "p").error() == InputErrc::usage);
    CHECK(jitr_function({{id_a, {"gw 1", ""}}}, "p").error() == InputErrc::usage);
    CHECK(jitr_function({{id_a, {"gw-1", ""}}, {id_b, {"gw-1", ""}}}, "p").error() == InputErrc::usage);
    CHECK(jitr_function({{id_a, {"gw-1", "a'; import os"}}}, "p").error() == InputErrc::usage);
    CHECK(jitr_sql("x' OR 'a").error() == InputErrc::usage);
    CHECK(provisioning_hook({{id_a, {{"gw-1", ""}}}}).error() == InputErrc::usage);
    CHECK(provisioning_hook({{id_a, {{"gw-1", "1"}, {"gw-2", "1"}}}}).error() == InputErrc::usage);
    CHECK(provisioning_hook({{id_a, {{"gw-1", "1"}}}, {id_b, {{"gw-1", "2"}}}}).error() == InputErrc::usage);
}

TEST_CASE("Configuration of programs names the identity, and cannot be continued by a name", "[aws]") {
    const BrokerAccess access{.endpoint = "a-ats.iot.eu-central-1.amazonaws.com", .thing = "gw-1"};
    const auto bridge = mosquitto_bridge({.access = access});
    REQUIRE(bridge);
    for (const char* line :
         {"address a-ats.iot.eu-central-1.amazonaws.com:8883\n", "remote_clientid gw-1\n",
          "bridge_keyfile /etc/trustx/identity-key.pem\n", "notifications false\n", "try_private false\n",
          "bridge_attempt_unsubscribe false\n", "restart_timeout 5 300\n", "topic dt/# out 1\n"}) {
        CHECK_THAT(*bridge, ContainsSubstring(line));
    }
    CHECK_THAT(*bridge, !ContainsSubstring("bridge_alpn"));
    auto on_443 = access;
    on_443.port = 443;
    CHECK_THAT(mosquitto_bridge({.access = on_443}).value(), ContainsSubstring("bridge_alpn x-amzn-mqtt-ca\n"));
    auto broken = access;
    broken.key_file = "/key\nbridge_insecure true";
    CHECK(mosquitto_bridge({.access = broken}).error() == InputErrc::usage);
    CHECK(mosquitto_bridge({.access = access, .out = {"a\nb"}}).error() == InputErrc::usage);
    const auto unit = service_unit({.description = "Reports", .command = "/usr/bin/report --once"});
    REQUIRE(unit);
    CHECK_THAT(*unit, ContainsSubstring("\nExecStart=/usr/bin/report --once\n") &&
                          ContainsSubstring("\nAfter=network-online.target time-sync.target\n"));
    const auto greengrass = greengrass_lite(
        {.access = access, .region = "eu-central-1", .credential_endpoint = "c.credentials", .role_alias = "logs"});
    REQUIRE(greengrass);
    CHECK_THAT(*greengrass, ContainsSubstring("  privateKeyPath: \"/etc/trustx/identity-key.pem\"\n") &&
                                ContainsSubstring("      iotRoleAlias: \"logs\"\n") &&
                                ContainsSubstring("  thingName: \"gw-1\"\n"));
    auto far = access;
    far.roots_file = "/" + std::string(126, 'a');
    CHECK(greengrass_lite(
              {.access = far, .region = "eu-central-1", .credential_endpoint = "c.credentials", .role_alias = "logs"})
              .error() == InputErrc::usage);
}

// Nucleus lite itself is in no distribution. It reads by libyaml, as Debian's python3-yaml does.
TEST_CASE("Greengrass nucleus lite's file is YAML with its names, and each value is the text that was given", "[aws]") {
    const std::string odd = "/srv/a \"b\" #c: \\d 'e' {f} \u00e9";
    const BrokerAccess access{.endpoint = "a-ats.iot.eu-central-1.amazonaws.com",
                              .thing = "no",
                              .key_file = odd,
                              .certificate_file = "1e3",
                              .roots_file = "~"};
    const auto made = greengrass_lite({.access = access,
                                       .region = "eu-central-1",
                                       .credential_endpoint = "c.credentials.iot.eu-central-1.amazonaws.com",
                                       .role_alias = "12",
                                       .root = "- true"});
    REQUIRE(made);
    const TempDir directory;
    trustx::test::write_file(directory / "config.yaml", *made);
    trustx::test::write_file(directory / "read.py",
                             "import json, sys, yaml\n"
                             "print(json.dumps(yaml.load(open('config.yaml', 'rb'), yaml.CSafeLoader)))\n");
    const auto read = trustx::test::run("/usr/bin/python3", {"-B", "read.py"}, {.directory = directory.path()});
    INFO(read.both());
    if (read.err.find("No module named 'yaml'") != std::string::npos) {
        WARN("python3-yaml is not installed; run tools/setup-debian test");
        return;
    }
    CHECK(json::parse(read.out) == json{{"system",
                                         {{"privateKeyPath", odd},
                                          {"certificateFilePath", "1e3"},
                                          {"rootCaPath", "~"},
                                          {"rootPath", "- true"},
                                          {"thingName", "no"}}},
                                        {"services",
                                         {{"aws.greengrass.NucleusLite",
                                           {{"componentType", "NUCLEUS"},
                                            {"configuration",
                                             {{"awsRegion", "eu-central-1"},
                                              {"iotCredEndpoint", "c.credentials.iot.eu-central-1.amazonaws.com"},
                                              {"iotDataEndpoint", "a-ats.iot.eu-central-1.amazonaws.com"},
                                              {"iotRoleAlias", "12"},
                                              {"runWithDefault", {{"posixUser", "gg_component:gg_component"}}},
                                              {"greengrassDataPlanePort", "8443"}}}}}}}});
}

TEST_CASE("A delivery manifest becomes an allow-list, whatever its form", "[aws]") {
    const TempDir directory;
    const trustx::test::CertificateAuthority named{directory.path(), "0A0B"};
    const auto pem = trustx::test::read_file(named.certificate());
    const auto chips = parse_delivery(pem, "chips.pem");
    REQUIRE(chips);
    REQUIRE(chips->size() == 1);
    CHECK(chips->front().serial == "0A0B");
    const auto id = chips->front().certificate_id;
    const auto line = [&](const json& members) { return members.dump() + "\n"; };
    const auto read =
        parse_delivery(line({{"uid", "01"}, {"slot", "E0F1"}, {"certificateId", id_a}}) + "\n" +
                           line({{"certificate", pem}, {"serial", "7"}, {"recipe", "x"}, {"thing", "gw-7"}}) +
                           line({{"uid", "01"}, {"slot", "E0F1"}, {"certificateId", id_b}}),
                       "delivery.jsonl");
    REQUIRE(read);
    const auto devices = named_devices(*read, "gw-");
    REQUIRE(devices);
    CHECK(text_of(*devices) == text_of(AllowedDevices{{id_b, {"gw-01", "01"}}, {id, {"gw-7", "7"}}}));
    CHECK(parse_allowed_devices(text_of(*devices), "f").value().at(id).thing == "gw-7");
}

TEST_CASE("A delivery manifest that says two things is refused", "[aws]") {
    const TempDir directory;
    const auto pem = trustx::test::read_file(trustx::test::CertificateAuthority{directory.path(), "x"}.certificate());
    for (const auto& content : {json{{"certificate", pem}, {"certificateId", id_a}}.dump(), json{{"uid", "1"}}.dump(),
                                std::string{"{"}, std::string{"x"}, std::string{}}) {
        INFO(content);
        CHECK(parse_delivery(content, "f").error() == InputErrc::malformed);
    }
    CHECK(named_devices({{.certificate_id = id_a}, {.certificate_id = id_a}}, "").error() == InputErrc::usage);
    for (const char* list : {"[]", "{\"a\":[]}", "{\"a\":{\"thing\":1}}", ""}) {
        INFO(list);
        CHECK(parse_allowed_devices(list, "f").error() == InputErrc::malformed);
        CHECK(parse_allowed_claims(std::string{list} == "[]" ? "{\"a\":{}}" : "{\"a\":[1]}", "f").error() ==
              InputErrc::malformed);
    }
}

TEST_CASE("A changed list is uploaded as it is now, and nothing is made again", "[aws]") {
    const trustx::test::TempDir files;
    const auto write = [&](const std::string& name, const std::string& text) {
        trustx::test::write_file(files / name, text);
        std::filesystem::permissions(files / name, std::filesystem::perms::owner_all);
    };
    write("aws", "#!/bin/sh\necho \"$AWS_DEFAULT_REGION $*\" >>\"$(dirname \"$0\")/calls\"\n");
    for (const auto* serial : {"1", "2"}) {
        const auto documents = jitr_documents(
            {.scope = scope, .ca_certificate_id = id_b, .policy = "p", .devices = {{id_a, {"gw-1", serial}}}});
        REQUIRE(documents);
        for (const auto& each : *documents) {
            write(each.name, each.text);
        }
        const std::string path = files.path().string() + ":" + std::getenv("PATH");
        const auto done = trustx::test::run(files / "deploy", {"--update"}, {.environment = {{"PATH", path}}});
        INFO(done.both());
        REQUIRE(done.status == 0);
    }
    const std::string of_function = " --function-name trustx_jitr";
    const std::string calls = "eu-central-1 lambda update-function-configuration" + of_function +
                              " --memory-size 128\neu-central-1 lambda wait function-updated" + of_function +
                              "\neu-central-1 lambda update-function-code" + of_function +
                              " --zip-file fileb://jitr.zip\n";
    CHECK(trustx::test::read_file(files / "calls") == calls + calls);
    const auto uploaded = trustx::test::run("python3", {"-m", "zipfile", "-e", files / "jitr.zip", files / "uploaded"});
    REQUIRE(uploaded.status == 0);
    CHECK(trustx::test::read_file(files / "uploaded" / "jitr.py") == trustx::test::read_file(files / "jitr.py"));
}

TEST_CASE("What a function needs in an account is written as a whole", "[aws]") {
    const auto documents =
        jitr_documents({.scope = scope, .ca_certificate_id = id_b, .policy = "p", .devices = {{id_a, {"gw-1", "1"}}}});
    REQUIRE(documents);
    std::map<std::string, std::string> texts;
    for (const auto& each : *documents) {
        texts[each.name] = each.text;
        CHECK(each.is_program == (each.name == "deploy"));
    }
    const auto rule = json::parse(texts.at("rule.json"));
    CHECK(
        rule.at("actions") ==
        json::parse(R"([{"lambda":{"functionArn":"arn:aws:lambda:eu-central-1:123456789012:function:trustx_jitr"}}])"));
    CHECK(rule.at("sql") == jitr_sql(id_b).value());
    CHECK_THAT(texts.at("jitr.py"), ContainsSubstring(id_a));
    for (const char* command : {"aws iam create-role ", "aws lambda create-function ", "aws iot create-topic-rule "}) {
        CHECK_THAT(texts.at("deploy"), ContainsSubstring(command));
    }
    CHECK(jitr_documents({.scope = scope, .name = "a b", .ca_certificate_id = id_b, .policy = "p"}).error() ==
          InputErrc::usage);
    CHECK(hook_documents({.scope = {.region = "x; rm", .account = "123456789012"}, .template_name = "t"}).error() ==
          InputErrc::usage);
    CHECK(hook_documents({.scope = scope, .template_name = "t", .claims = {{id_a, {{"gw-1", "1"}}}}}));
}

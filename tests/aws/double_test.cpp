// SPDX-License-Identifier: Apache-2.0
// Every call against the double of AWS IoT, what is generated included; and what was sent, judged by AWS's own model.
#include "../mqtt/certificate_authority.hpp"
#include "aws/account/account.hpp"
#include "aws/control/api_client.hpp"
#include "aws/control/arn.hpp"
#include "aws/control/calls/ca_certificates.hpp"
#include "aws/control/calls/certificates.hpp"
#include "aws/control/calls/operations.hpp"
#include "aws/control/calls/policies.hpp"
#include "aws/control/calls/provisioning.hpp"
#include "aws/control/calls/things.hpp"
#include "aws/documents/allow_list.hpp"
#include "aws/documents/policy.hpp"
#include "aws/documents/provisioning_template.hpp"
#include "aws/http/curl_client.hpp"
#include "packages.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

using namespace trustx::aws;
using namespace std::chrono_literals;
using trustx::Deadline;
using trustx::SystemClock;
using trustx::test::CertificateAuthority;
using trustx::test::Process;
using trustx::test::TempDir;

namespace {

// Double is the program, as long as this lives.
struct Double {
    explicit Double(const TempDir& directory)
        : process{"node",
                  {(trustx::test::source_directory() / "tests/aws/double/main.mjs").string(), "--state",
                   directory.path().string(), "--ready-fd", "1", "--keep"}} {
        process.wait_for_line("ready", trustx::test::patience(60s));
        facts = nlohmann::json::parse(trustx::test::read_file(directory / "facts.json"));
    }

    [[nodiscard]] Environment environment() const {
        const std::map<std::string, std::string> variables{
            {"AWS_ACCESS_KEY_ID", facts.at("accessKeyId")},
            {"AWS_SECRET_ACCESS_KEY", facts.at("secretAccessKey")},
            {"AWS_REGION", facts.at("region")},
            {"AWS_ENDPOINT_URL_IOT", facts.at("control").at("url")},
            {"AWS_ENDPOINT_URL_IOT_DATA_PLANE", facts.at("data").at("url")},
            {"AWS_CA_BUNDLE", facts.at("ca")}};
        return [variables](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional{found->second};
        };
    }

    Process process;
    nlohmann::json facts;
};

const TempDir& state() {
    static const TempDir directory;
    return directory;
}

// the_double is one for all tests here: its start takes a second.
const Double& the_double() {
    static const Double service{state()};
    return service;
}

// Operator is somebody with the account's key.
struct Operator {
    explicit Operator(const Double& service)
        : account{Account::load({}, service.environment()).value()},
          http{{.ca_file = account.ca_bundle()}, clock},
          control{surroundings(), iot_endpoint(account).value(), source()},
          data{surroundings(), data_endpoint(account, "").value(), source()},
          scope{.region = service.facts.at("region"), .account = service.facts.at("account")} {}

    [[nodiscard]] Deadline patient() const { return Deadline::after(clock, trustx::test::patience(60s)); }

    template <class Call>
    auto ask(const Call& call) {
        auto answer = control.call(call, patient());
        INFO(Call::info.name << ": " << (answer ? std::string{"ok"} : answer.error().message()));
        REQUIRE(answer);
        return *std::move(answer);
    }
    template <class Call>
    std::error_code refusal(const Call& call) {
        const auto answer = control.call(call, patient());
        INFO(Call::info.name);
        REQUIRE_FALSE(answer);
        return answer.error().code();
    }

    SystemClock clock{};
    Account account;
    CurlClient http;
    ApiClient control;
    ApiClient data;
    PolicyScope scope;

 private:
    Surroundings surroundings() {
        return {.http = http,
                .clock = clock,
                .wall_clock = [] { return std::chrono::system_clock::now(); },
                .random = [] { return 0.5; }};
    }
    CredentialSource source() {
        return [this](const Deadline& deadline) {
            return account.credentials(clock, std::chrono::system_clock::now(), deadline);
        };
    }
};

std::string request_for(const TempDir& directory, const std::string& name) {
    const auto file = (directory / (name + ".csr")).string();
    trustx::test::openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj",
                           "/CN=" + name, "-keyout", (directory / (name + ".key")).string(), "-out", file});
    return trustx::test::read_file(file);
}

template <class Items, class Match>
bool contains(const Items& items, Match match) {
    return std::any_of(items.begin(), items.end(), match);
}

void enrol_by_csr(Operator& user, const TempDir& directory) {
    CHECK_THAT(user.ask(DescribeEndpoint{}), ContainsSubstring("localhost"));
    CHECK_FALSE(user.ask(DescribeEndpoint{EndpointType::credential_provider}).empty());
    user.ask(CreateThingType{.name = "gateway"});
    user.ask(CreateThingGroup{.name = "all"});
    const auto thing = user.ask(CreateThing{.name = "gw:1", .type_name = "gateway", .attributes = {{"serial", "7"}}});
    CHECK(parse_arn(thing.arn)->account == user.scope.account);
    CHECK(user.refusal(CreateThing{.name = "gw:1", .attributes = {{"serial", "8"}}}) ==
          ApiErrc::resource_already_exists);
    user.ask(UpdateThing{.name = "gw:1", .attributes = {{"place", "roof"}}});
    CHECK(user.ask(DescribeThing{.name = "gw:1"}).attributes == Attributes{{"serial", "7"}, {"place", "roof"}});
    user.ask(AddThingToThingGroup{.group = "all", .thing = "gw:1"});

    const auto certificate = user.ask(CreateCertificateFromCsr{.csr_pem = request_for(directory, "gw1")});
    CHECK(certificate.id.size() == 64);
    const auto description = user.ask(DescribeCertificate{.id = certificate.id});
    CHECK(description.status == CertificateStatus::inactive);
    CHECK(description.pem == certificate.pem);
    CHECK(description.not_after.has_value());
    const auto listed = user.ask(ListCertificates{.page_size = 1});
    REQUIRE(listed.items.size() == 1);
    CHECK(listed.items[0].id == certificate.id);

    user.ask(AttachThingPrincipal{.thing = "gw:1", .principal = certificate.arn});
    CHECK(contains(user.ask(ListThingPrincipals{.thing = "gw:1"}).items, [&](const ThingPrincipal& each) {
        return each.principal == certificate.arn && each.association == Association::exclusive;
    }));
    CHECK(user.ask(ListPrincipalThings{.principal = certificate.arn}).items == std::vector<std::string>{"gw:1"});

    // The generated policy, tested before anything is active.
    user.ask(CreatePolicy{.name = "trustx-gateway", .document = device_policy({.scope = user.scope}).value()});
    CHECK(user.refusal(CreatePolicy{.name = "other", .document = "{}"}) == ApiErrc::malformed_policy);
    const auto arn = [&](const std::string& resource) {
        return Arn{"aws", "iot", user.scope.region, user.scope.account, resource}.text();
    };
    const auto answers =
        user.ask(TestAuthorization{.principal = certificate.arn,
                                   .client_id = "gw:1",
                                   .questions = {{AuthAction::connect, {arn("client/gw:1")}},
                                                 {AuthAction::connect, {arn("client/gw:2")}},
                                                 {AuthAction::publish, {arn("topic/dt/gw:1/a")}},
                                                 {AuthAction::publish, {arn("topic/dt/gw:2/a")}},
                                                 {AuthAction::subscribe, {arn("topicfilter/cmd/gw:1/#")}},
                                                 {AuthAction::receive, {arn("topic/cmd/gw:1/a")}}},
                                   .policies_to_add = {"trustx-gateway"}});
    std::vector<bool> allowed;
    std::transform(answers.begin(), answers.end(), std::back_inserter(allowed),
                   [](const AuthAnswer& each) { return each.decision == AuthDecision::allowed; });
    CHECK(allowed == std::vector<bool>{true, false, true, false, true, true});

    user.ask(AttachPolicy{.policy = "trustx-gateway", .target = certificate.arn});
    CHECK(contains(user.ask(ListAttachedPolicies{.target = certificate.arn}).items,
                   [](const NamedArn& each) { return each.name == "trustx-gateway"; }));
    CHECK(user.ask(ListTargetsForPolicy{.policy = "trustx-gateway"}).items == std::vector{certificate.arn});
    CHECK(contains(user.ask(GetEffectivePolicies{.principal = certificate.arn, .thing = "gw:1"}),
                   [](const EffectivePolicy& each) { return each.name == "trustx-gateway"; }));
    user.ask(UpdateCertificate{.id = certificate.id, .status = CertificateStatus::active});
    CHECK_FALSE(user.ask(GetThingConnectivityData{.thing = "gw:1"}).connected);

    // And taken away again, in the order that the service wants.
    CHECK(user.refusal(DeleteCertificate{.id = certificate.id}) == ApiErrc::certificate_state);
    user.ask(UpdateCertificate{.id = certificate.id, .status = CertificateStatus::inactive});
    CHECK(user.refusal(DeleteCertificate{.id = certificate.id}) == ApiErrc::delete_conflict);
    user.ask(DetachPolicy{.policy = "trustx-gateway", .target = certificate.arn});
    user.ask(DetachThingPrincipal{.thing = "gw:1", .principal = certificate.arn});
    user.ask(DeleteCertificate{.id = certificate.id});
    CHECK(user.refusal(DescribeCertificate{.id = certificate.id}) == ApiErrc::resource_not_found);
    user.ask(DeleteThing{.name = "gw:1"});
}

void change_policy(Operator& user) {
    const auto document = device_policy({.scope = user.scope, .retain = true}).value();
    CHECK(user.ask(CreatePolicyVersion{.name = "trustx-gateway", .document = document}).version == "2");
    CHECK(user.ask(GetPolicy{.name = "trustx-gateway"}).version == "2");
    for (const auto& version : user.ask(ListPolicyVersions{.name = "trustx-gateway"})) {
        if (!version.is_default) {
            user.ask(DeletePolicyVersion{.name = "trustx-gateway", .version = version.id});
        }
    }
    CHECK(user.ask(ListPolicyVersions{.name = "trustx-gateway"}).size() == 1);
    user.ask(CreatePolicy{.name = "claim",
                          .document = claim_policy({.scope = user.scope, .template_name = "fleet"}).value()});
    user.ask(DeletePolicy{.name = "claim"});
}

void register_things(Operator& user, const TempDir& directory, const CertificateAuthority& authority,
                     const std::string& device_pem) {
    const auto by_csr = user.ask(RegisterThing{
        .template_body = provisioning_template({.use = TemplateUse::register_csr, .policy = "trustx-gateway"}).value(),
        .parameters = {{"ThingName", "gw-2"}, {"SerialNumber", "0102"}, {"CSR", request_for(directory, "gw2")}}});
    const auto id = std::string{parse_arn(by_csr.resource_arns.at("certificate"))->name()};
    CHECK(user.ask(DescribeCertificate{.id = id}).status == CertificateStatus::inactive);
    CHECK(user.ask(DescribeThing{.name = "gw-2"}).attributes.at("serialNumber") == "0102");
    CHECK(contains(user.ask(ListThingPrincipals{.thing = "gw-2"}).items,
                   [](const ThingPrincipal& each) { return each.association == Association::exclusive; }));

    const auto ca_pem = trustx::test::read_file(authority.certificate());
    CHECK(user.ask(GetRegistrationCode{}).size() == 64);
    const auto ca = user.ask(
        RegisterCaCertificate{.ca_certificate_pem = ca_pem, .mode = CertificateMode::sni_only, .active = true});
    CHECK(user.ask(DescribeCaCertificate{.id = ca.id}).active);
    const auto by_certificate = user.ask(RegisterThing{
        .template_body =
            provisioning_template({.use = TemplateUse::register_certificate, .policy = "trustx-gateway"}).value(),
        .parameters = {
            {"ThingName", "gw-3"}, {"SerialNumber", "0103"}, {"Certificate", device_pem}, {"CACertificate", ca_pem}}});
    const auto own = std::string{parse_arn(by_certificate.resource_arns.at("certificate"))->name()};
    CHECK(user.ask(DescribeCertificate{.id = own}).ca_certificate_id == ca.id);
    CHECK(user.refusal(RegisterCertificate{.certificate_pem = device_pem, .ca_certificate_pem = ca_pem}) ==
          ApiErrc::resource_already_exists);
    CHECK(user.refusal(RegisterCertificateWithoutCa{.certificate_pem = device_pem}) ==
          ApiErrc::resource_already_exists);
    CHECK(contains(user.ask(ListCertificatesByCa{.ca_id = ca.id}).items,
                   [&own](const ListedCertificate& each) { return each.id == own; }));

    const auto jitp = provisioning_template({.use = TemplateUse::jitp, .policy = "trustx-gateway"}).value();
    user.ask(UpdateCaCertificate{
        .id = ca.id,
        .auto_registration = true,
        .registration =
            RegistrationConfig{.template_body = jitp, .role_arn = "arn:aws:iam::123456789012:role/provisioning"}});
    CHECK(user.ask(DescribeCaCertificate{.id = ca.id}).registration->template_body == jitp);
    user.ask(UpdateCaCertificate{.id = ca.id, .active = false, .remove_registration = true});
}

void keep_templates(Operator& user) {
    const std::string role = "arn:aws:iam::123456789012:role/provisioning";
    const auto body = provisioning_template({.use = TemplateUse::fleet, .policy = "trustx-gateway"}).value();
    user.ask(CreateProvisioningTemplate{.name = "fleet", .body = body, .role_arn = role});
    CHECK(user.ask(DescribeProvisioningTemplate{.name = "fleet"}).body == body);
    const auto version = user.ask(CreateProvisioningTemplateVersion{.name = "fleet", .body = body});
    CHECK(user.ask(ListProvisioningTemplateVersions{.name = "fleet"}).items.size() == 2);
    user.ask(UpdateProvisioningTemplate{.name = "fleet", .default_version = 1});
    user.ask(DeleteProvisioningTemplateVersion{.name = "fleet", .version = version.id});
    const auto claim = user.ask(CreateProvisioningClaim{.template_name = "fleet"});
    CHECK_THAT(std::string{claim.private_key_pem.view()}, ContainsSubstring("PRIVATE KEY"));
    CHECK(claim.expiration.has_value());
    user.ask(DeleteProvisioningTemplate{.name = "fleet"});
}

void keep_the_rest(Operator& user) {
    user.ask(CreateRoleAlias{.alias = "logs", .role_arn = "arn:aws:iam::123456789012:role/logs"});
    CHECK(user.ask(DescribeRoleAlias{.alias = "logs"}).duration == 3600s);
    user.ask(DeleteRoleAlias{.alias = "logs"});
    const TopicRule rule{.sql = jitr_sql(std::string(64, 'a')).value(),
                         .function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:jitr"};
    user.ask(CreateTopicRule{.name = "jitr", .rule = rule});
    user.ask(ReplaceTopicRule{.name = "jitr", .rule = rule});
    CHECK(user.ask(GetTopicRule{.name = "jitr"}).function_arn == rule.function_arn);
    user.ask(DeleteTopicRule{.name = "jitr"});
    const auto keys = user.ask(CreateKeysAndCertificate{});
    CHECK_FALSE(keys.private_key_pem.empty());
    user.ask(DeleteCertificate{.id = keys.certificate.id});
    const auto gone = user.data.call(DeleteConnection{.client_id = "nobody"}, user.patient());
    REQUIRE_FALSE(gone);
    CHECK(gone.error() == ApiErrc::resource_not_found);
}

// judge has the tests' oracle read what was sent.
void judge(const TempDir& directory) {
    const auto program = trustx::test::source_directory() / "tests/aws/oracle/judge.py";
    const auto verdict =
        trustx::test::run("/usr/bin/python3", {"-B", program.string(), "--packages", trustx::test::packages().string(),
                                               "--least", "60", directory.path().string()});
    INFO(verdict.both());
    CHECK((verdict.ok() || verdict.status == 77));
    std::cout << verdict.out;
}

bool packages_are_there() {
    const bool there = std::filesystem::exists(trustx::test::packages() / "installed");
    if (!there) {
        std::cout << "SKIPPED: no npm packages; tests/aws/setup installs them\n";
    }
    return there;
}

}  // namespace

TEST_CASE("The double takes every call, and AWS's model has nothing against one", "[.][double]") {
    if (!packages_are_there()) {
        return;
    }
    const TempDir directory;
    CertificateAuthority authority{directory.path(), "ca"};
    request_for(directory, "gw3");
    const auto device = authority.issue_client(directory / "gw3.csr");
    Operator user{the_double()};
    enrol_by_csr(user, directory);
    change_policy(user);
    register_things(user, directory, authority, trustx::test::read_file(device));
    keep_templates(user);
    keep_the_rest(user);
    judge(state());
}

TEST_CASE("The double refuses who may not, and the errors have their codes", "[.][double]") {
    if (!packages_are_there()) {
        return;
    }
    Operator user{the_double()};
    const auto with = [&](const Credentials& credentials, const std::string& region) {
        ApiEndpoint endpoint = user.control.endpoint();
        endpoint.region = region;
        ApiClient client{{.http = user.http,
                          .clock = user.clock,
                          .wall_clock = [] { return std::chrono::system_clock::now(); },
                          .random = [] { return 0.5; }},
                         endpoint,
                         [&credentials](const Deadline&) -> trustx::Result<Credentials> { return credentials; }};
        const auto answer = client.call(DescribeEndpoint{}, user.patient());
        REQUIRE_FALSE(answer);
        return answer.error().code();
    };
    const Credentials right{
        .access_key_id = the_double().facts.at("accessKeyId"),
        .secret_access_key = SecretText{the_double().facts.at("secretAccessKey").get<std::string>()}};
    CHECK(with({.access_key_id = right.access_key_id, .secret_access_key = SecretText{"wrong"}}, user.scope.region) ==
          ApiErrc::signature_mismatch);
    CHECK(with({.access_key_id = "AKIDUNKNOWN", .secret_access_key = right.secret_access_key}, user.scope.region) ==
          ApiErrc::unknown_credentials);
    CHECK(with(right, "us-east-1") == ApiErrc::signature_mismatch);
}

TEST_CASE("A clock that is a year off is made up for at the double", "[.][double]") {
    if (!packages_are_there()) {
        return;
    }
    Operator user{the_double()};
    ApiClient client{{.http = user.http,
                      .clock = user.clock,
                      .wall_clock = [] { return std::chrono::system_clock::now() - 24h * 365; },
                      .random = [] { return 0.5; }},
                     user.control.endpoint(),
                     [&user](const Deadline& deadline) {
                         return user.account.credentials(user.clock, std::chrono::system_clock::now(), deadline);
                     }};
    CHECK(client.call(DescribeEndpoint{}, user.patient()));
    CHECK(std::chrono::abs(client.clock_offset() - 24h * 365) < 60s);
}

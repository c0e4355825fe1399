// SPDX-License-Identifier: Apache-2.0
// From the provisioning line to the cloud: who may register is what `trustx provision` wrote into its delivery
// manifest, and nobody else of the same authority (aws-iot.md sections 7.5 and 7.6).
#include "../../mqtt/certificate_authority.hpp"
#include "aws/documents/policy.hpp"
#include "aws/documents/provisioning_template.hpp"
#include "gateway.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace trustx;
using namespace trustx::test;

namespace {

using Arguments = Gateway::Arguments;
using nlohmann::json;

constexpr const char* account_of_line = "123456789012";

// DeliveryLine is an authority that makes chips by a recipe; each order has a manifest of its own.
struct DeliveryLine {
    explicit DeliveryLine(const std::string& name) : authority{files.path(), name}, name_{name} {}

    void provision(const Gateway& gateway, const std::string& manifest) const {
        const auto recipe = files / (manifest + ".toml");
        write_file(recipe, "name = \"lot\"\nmanifest = \"" + manifest + ".jsonl\"\n[ca]\ncertificate = \"" + name_ +
                               ".pem\"\nkey = \"" + name_ +
                               "-key.pem\"\ndays = 3650\n[slot.E0F1]\nusage = \"sign,auth\"\nsubject = \"CN={uid}\"\n");
        must_succeed(gateway.trustx({"provision", "--apply", recipe, "--state-dir", files / "state"}));
    }
    [[nodiscard]] std::string file(const std::string& name) const { return files / name; }
    [[nodiscard]] json first_delivery(const std::string& manifest) const {
        const auto text = read_file(files / (manifest + ".jsonl"));
        return json::parse(text.substr(0, text.find('\n')));
    }
    // allow_list makes one of a manifest, and gives its file.
    [[nodiscard]] std::string allow_list(const Gateway& gateway, const std::string& manifest,
                                         const Arguments& more = {}) const {
        Arguments arguments{"aws",      "make", "allow-list", file(manifest + ".jsonl"),
                            "--prefix", "lot-", "--out",      file("allowed.json")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        must_succeed(gateway.trustx(arguments));
        return file("allowed.json");
    }

    TempDir files;
    CertificateAuthority authority;

 private:
    std::string name_;
};

// leaf_of is the first certificate of a delivery, which those of its issuers follow.
std::string leaf_of(const json& delivery) {
    constexpr std::string_view end = "-----END CERTIFICATE-----\n";
    const auto chain = delivery.at("certificate").get<std::string>();
    return chain.substr(0, chain.find(end) + end.size());
}

std::string function_arn(const std::string& name) {
    return std::string{"arn:aws:lambda:eu-central-1:"} + account_of_line + ":function:" + name;
}

void make_delivery_policy(const AwsDouble& cloud, const std::string& name) {
    const aws::DevicePolicy policy{.scope = {.region = "eu-central-1", .account = account_of_line}};
    cloud.call("POST", "/policies/" + name, {{"policyDocument", aws::device_policy(policy).value()}});
}

Outcome enroll_delivered(const Gateway& gateway, const AwsDouble& cloud, const std::string& thing,
                         const Arguments& method, const std::string& wait) {
    Arguments arguments{"aws",           "enroll",     "--thing",      thing,    "--ca",
                        cloud.ca_file(), "--endpoint", cloud.broker(), "--wait", wait};
    arguments.insert(arguments.end(), method.begin(), method.end());
    return gateway.trustx(
        arguments, {{"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", ""}, {"AWS_EC2_METADATA_DISABLED", "true"}});
}

}  // namespace

TEST_CASE("chips in the manifest of the line register themselves, and others of its authority do not", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const DeliveryLine line{"line-jitr"};
    const Gateway listed{*cloud, "line-jitr"};
    const Gateway foreign{*cloud, "line-jitr-foreign", "B"};
    line.provision(listed, "ours");
    line.provision(foreign, "theirs");
    make_delivery_policy(*cloud, "line-jitr");
    const auto ca =
        cloud
            ->call("POST", "/cacertificate?allowAutoRegistration=true&setAsActive=true",
                   {{"certificateMode", "SNI_ONLY"}, {"caCertificate", read_file(line.authority.certificate())}})
            .at("certificateId")
            .get<std::string>();
    must_succeed(listed.trustx({"aws", "make", "jitr", "--ca-id", ca, "--policy", "line-jitr", "--name", "line_jitr",
                                "--allow-list", line.allow_list(listed, "ours"), "--account", account_of_line, "--out",
                                line.file("jitr")}));
    cloud->control("POST", "/functions",
                   {{"arn", function_arn("line_jitr")},
                    {"file", line.file("jitr/jitr.py")},
                    {"handler", "jitr.handler"},
                    {"permissions", json::parse(read_file(line.file("jitr/permissions.json")))}});
    cloud->call("POST", "/rules/line_jitr", json::parse(read_file(line.file("jitr/rule.json"))));

    const auto thing = "lot-" + line.first_delivery("ours").at("uid").get<std::string>();
    const Arguments jit{"--method", "jit", "--slot", "E0F1"};
    must_succeed(enroll_delivered(listed, *cloud, thing, jit, "60"));
    CHECK(listed.registered().at("status") == "ACTIVE");
    const auto theirs = line.first_delivery("theirs");
    const auto other = "lot-" + theirs.at("uid").get<std::string>();
    const auto refused = enroll_delivered(foreign, *cloud, other, jit, "8");
    INFO(refused.both());
    CHECK(refused.status == 10);
    CHECK(cloud->things().contains(thing));
    CHECK_FALSE(cloud->things().contains(other));
    CHECK(cloud->certificates().at(theirs.at("certificateId").get<std::string>()).at("status") != "ACTIVE");
}

TEST_CASE("the hook of claims admits the chips of the line's manifest, and no others", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const DeliveryLine line{"line-hook"};
    const Gateway listed{*cloud, "line-hook"};
    const Gateway foreign{*cloud, "line-hook-foreign", "B"};
    line.provision(listed, "ours");
    line.provision(foreign, "theirs");
    must_succeed(listed.trustx({"aws", "make", "provisioning-hook", "--template", "line", "--name", "line_hook",
                                "--allow-list", line.allow_list(listed, "ours", {"--claims"}), "--account",
                                account_of_line, "--out", line.file("hook")}));
    cloud->control("POST", "/functions",
                   {{"arn", function_arn("line_hook")},
                    {"file", line.file("hook/provisioning_hook.py")},
                    {"handler", "provisioning_hook.handler"}});
    make_delivery_policy(*cloud, "line-hook");
    cloud->call("POST", "/provisioning-templates",
                {{"templateName", "line"},
                 {"enabled", true},
                 {"provisioningRoleArn", "arn:aws:iam::123456789012:role/provisioning"},
                 {"preProvisioningHook", {{"targetArn", function_arn("line_hook")}}},
                 {"templateBody",
                  aws::provisioning_template({.use = aws::TemplateUse::fleet, .policy = "line-hook"}).value()}});
    cloud->call("POST", "/policies/line-claims",
                {{"policyDocument", aws::claim_policy({.scope = {.region = "eu-central-1", .account = account_of_line},
                                                       .template_name = "line"})
                                        .value()}});
    for (const auto* manifest : {"ours", "theirs"}) {
        const auto claim =
            cloud->call("POST", "/certificate/register-no-ca",
                        {{"certificatePem", leaf_of(line.first_delivery(manifest))}, {"status", "ACTIVE"}});
        cloud->call("PUT", "/target-policies/line-claims", {{"target", claim.at("certificateArn")}});
    }
    const auto thing = "lot-" + line.first_delivery("ours").at("uid").get<std::string>();
    const auto other = "lot-" + line.first_delivery("theirs").at("uid").get<std::string>();
    const Arguments claim{"--method", "claim", "--template", "line", "--claim-slot", "E0F1", "--slot", "E0F2"};
    must_succeed(enroll_delivered(listed, *cloud, thing, claim, "60"));
    CHECK(listed.registered().at("status") == "ACTIVE");
    const auto refused = enroll_delivered(foreign, *cloud, other, claim, "60");
    INFO(refused.both());
    CHECK(refused.status == 8);
    CHECK(cloud->things().contains(thing));
    CHECK_FALSE(cloud->things().contains(other));
    must_succeed(foreign.trustx({"aws", "abandon"}));
}

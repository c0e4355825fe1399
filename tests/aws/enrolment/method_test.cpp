// SPDX-License-Identifier: Apache-2.0
// Each method of `trustx aws enroll` from a blank chip, or one with the identity of its factory, to messages in both
// directions: the built programs, a simulated chip, and the double of AWS IoT.
#include "../../mqtt/certificate_authority.hpp"
#include "aws/documents/allow_list.hpp"
#include "aws/documents/policy.hpp"
#include "aws/documents/provisioning_template.hpp"
#include "cli/exit_code.hpp"
#include "gateway.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <string>

using namespace trustx;
using namespace trustx::test;

namespace {

using Arguments = Gateway::Arguments;

const std::string role = "arn:aws:iam::123456789012:role/provisioning";
const std::string function_prefix = "arn:aws:lambda:eu-central-1:123456789012:function:";
const std::string gateway_policy = "trustx-gateway";

aws::PolicyScope scope() {
    return {.region = "eu-central-1", .account = "123456789012"};
}

// Without any credentials: what a gateway of a fleet has.
const Gateway::Variables no_credentials{
    {"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", ""}, {"AWS_EC2_METADATA_DISABLED", "true"}};

// Operator is who prepares the account, without any chip.
class Operator {
 public:
    explicit Operator(AwsDouble& cloud) : cloud_{cloud} {}

    [[nodiscard]] std::string file(const std::string& name) const { return files_ / name; }
    [[nodiscard]] CertificateAuthority authority(const std::string& name) const { return {files_.path(), name}; }
    [[nodiscard]] Arguments options_for(const std::string& authority) const {
        return {"--authority-cert", file(authority + ".pem"), "--authority-key", file(authority + "-key.pem")};
    }

    void make_gateway_policy() const {
        if (!cloud_.control("GET", "/state").at("policies").contains(gateway_policy)) {
            make_policy(gateway_policy, aws::device_policy({.scope = scope()}).value());
        }
    }
    void make_policy(const std::string& name, const std::string& document) const {
        cloud_.call("POST", "/policies/" + name, {{"policyDocument", document}});
    }

    // register_authority gives the CA's id.
    [[nodiscard]] std::string register_authority(nlohmann::json body, const std::string& certificate) const {
        body["caCertificate"] = certificate;
        return cloud_.call("POST", "/cacertificate?allowAutoRegistration=true&setAsActive=true", body)
            .at("certificateId");
    }
    [[nodiscard]] std::string register_sni_only(const std::string& certificate) const {
        return register_authority({{"certificateMode", "SNI_ONLY"}}, certificate);
    }

    void make_template(const std::string& name, const nlohmann::json& more = nlohmann::json::object()) const {
        make_gateway_policy();
        nlohmann::json body{{"templateName", name},
                            {"enabled", true},
                            {"provisioningRoleArn", role},
                            {"templateBody", template_for(aws::TemplateUse::fleet)}};
        body.update(more);
        cloud_.call("POST", "/provisioning-templates", body);
    }
    // let_claim makes a certificate a claim for one template.
    void let_claim(const std::string& arn, const std::string& name) const {
        make_policy("claims-" + name, aws::claim_policy({.scope = scope(), .template_name = name}).value());
        cloud_.call("PUT", "/target-policies/claims-" + name, {{"target", arn}});
    }
    [[nodiscard]] static std::string template_for(aws::TemplateUse use) {
        return aws::provisioning_template({.use = use, .policy = gateway_policy}).value();
    }

    // deliver is what a vendor does before the chip is sold: a key in E0F1, and its certificate beside it. It gives the
    // certificate's file.
    [[nodiscard]] std::string deliver(const Gateway& gateway, CertificateAuthority& vendor,
                                      const std::string& name) const {
        must_succeed(gateway.trustx({"keygen", "E0F1", "--out", file(name + "-key.pem")}));
        auto variables = gateway.environment();
        variables.merge(foreign_program_environment());
        must_succeed(
            run("openssl",
                {"req", "-new", "-key", file(name + "-key.pem"), "-subj", "/CN=" + name, "-out", file(name + ".csr")},
                {.environment = variables}));
        write_file(file(name + ".pem"), read_file(vendor.issue_client(file(name + ".csr"))));
        must_succeed(gateway.trustx({"cert", "write", "E0E1", file(name + ".pem"), "--key", file(name + "-key.pem")}));
        return file(name + ".pem");
    }

    // make_function gives the ARN of a Lambda function with this text.
    [[nodiscard]] std::string make_function(const std::string& name, const std::string& text) const {
        write_file(file(name), text);
        const auto arn = function_prefix + name.substr(0, name.find('.'));
        cloud_.control("POST", "/functions", {{"arn", arn}, {"file", file(name)}, {"handler", "handler"}});
        return arn;
    }

    // register_on_connect lets a function decide about the certificates of a CA.
    void register_on_connect(const std::string& rule, const std::string& ca,
                             const std::map<std::string, aws::AllowedDevice>& devices) const {
        const auto arn = make_function(rule + ".py", aws::jitr_function(devices, gateway_policy).value());
        cloud_.call("POST", "/rules/" + rule,
                    {{"sql", aws::jitr_sql(ca).value()},
                     {"actions", nlohmann::json::array({{{"lambda", {{"functionArn", arn}}}}})}});
    }

 private:
    AwsDouble& cloud_;
    TempDir files_;
};

std::string id_of(const std::string& certificate_file) {
    const auto text = openssl({"x509", "-in", certificate_file, "-noout", "-fingerprint", "-sha256"});
    std::string id;
    for (const char digit : text.substr(text.find('=') + 1)) {
        if (std::isxdigit(static_cast<unsigned char>(digit)) != 0) {
            id += static_cast<char>(std::tolower(digit));
        }
    }
    return id;
}

std::string uid_of(const Gateway& gateway) {
    return nlohmann::json::parse(gateway.trustx({"info", "--json"}).out).at("uid");
}

// factory_certificate writes the chip's own certificate into a file.
void factory_certificate(const Gateway& gateway, const std::string& file) {
    must_succeed(gateway.trustx({"cert", "read", "E0E0", "--out", file}));
}

Arguments with(Arguments arguments, const Arguments& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

// decided gives the status of a certificate once a function has decided about it.
std::string decided(const AwsDouble& cloud, const std::string& id) {
    const auto end = std::chrono::steady_clock::now() + patience(std::chrono::seconds(30));
    std::string status;
    do {
        status = cloud.certificates().at(id).at("status");
    } while (status == "PENDING_ACTIVATION" && std::chrono::steady_clock::now() < end);
    return status;
}

void must_be_gateway(const Gateway& gateway) {
    CHECK(gateway.registered().at("status") == "ACTIVE");
    gateway.must_exchange_messages();
}

}  // namespace

TEST_CASE("a certificate of an authority that is registered with a verification certificate is enrolled", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    auto authority = op.authority("own-default");
    const auto code = cloud->call("GET", "/registrationcode").at("registrationCode").get<std::string>();
    openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-batch", "-subj",
             "/CN=" + code, "-keyout", op.file("code-key.pem"), "-out", op.file("code.csr")});
    const auto verification = read_file(authority.issue(op.file("code.csr"), "basicConstraints = CA:FALSE\n"));
    static_cast<void>(
        op.register_authority({{"verificationCertificate", verification}}, read_file(authority.certificate())));
    const Gateway gateway{*cloud, "own-default"};
    must_succeed(gateway.enroll("own-ca", op.options_for("own-default")));
    must_be_gateway(gateway);
}

TEST_CASE("a certificate of an authority that is registered without one is enrolled", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    static_cast<void>(op.register_sni_only(read_file(op.authority("own-sni").certificate())));
    const Gateway gateway{*cloud, "own-sni"};
    must_succeed(gateway.enroll("own-ca", op.options_for("own-sni")));
    must_be_gateway(gateway);
}

TEST_CASE("an authority does not issue by a clock that is a year off", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    static_cast<void>(op.register_sni_only(read_file(op.authority("own-year").certificate())));
    const auto set_clock = [cloud](std::chrono::hours offset) {
        const auto now = (std::chrono::system_clock::now() + offset).time_since_epoch();
        cloud->control("POST", "/clock", {{"set", std::chrono::duration_cast<std::chrono::milliseconds>(now).count()}});
    };
    constexpr std::chrono::hours year{366 * 24};
    const Gateway warned{*cloud, "own-year"};
    const Gateway late{*cloud, "own-year-late"};
    const Gateway alone{*cloud, "own-year-alone"};
    set_clock(-year);
    const auto first = warned.enroll("own-ca", op.options_for("own-year"));
    // With an endpoint that is told, no call has shown the clock when the certificate is issued.
    const Arguments told = with(op.options_for("own-year"), {"--endpoint", cloud->broker()});
    const auto second = late.enroll("own-ca", told);
    // Who has no credentials makes no calls, and is told the time all the same.
    const auto third = alone.enroll("jit", told, no_credentials);
    set_clock(std::chrono::hours{0});
    INFO(first.both() << second.both() << third.both());
    for (const auto& outcome : {first, second, third}) {
        CHECK(outcome.status == static_cast<int>(cli::ExitCode::clock));
    }
    must_succeed(warned.trustx({"aws", "resume"}));
    must_be_gateway(warned);
    must_succeed(late.trustx({"aws", "abandon"}));
    must_succeed(late.enroll("own-ca", op.options_for("own-year")));
    must_be_gateway(late);
    // Nothing was issued by the wrong clock: what is resumed then gets good dates, and only waits to be admitted.
    const auto resumed = alone.trustx({"aws", "resume", "--wait", "0"}, no_credentials);
    INFO(resumed.both());
    CHECK(resumed.status == static_cast<int>(cli::ExitCode::not_activated));
    const auto dates = openssl({"x509", "-in", alone.identity("identity-chain.pem"), "-noout", "-checkend", "0"});
    CHECK_THAT(dates, ContainsSubstring("will not expire"));
}

TEST_CASE("the certificate from the factory is enrolled, and its key is the one that connects", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    const Gateway gateway{*cloud, "from-the-factory"};
    factory_certificate(gateway, op.file("factory.pem"));
    must_succeed(gateway.enroll("factory-cert"));
    CHECK(gateway.status().at("identity").at("certificateId") == id_of(op.file("factory.pem")));
    must_be_gateway(gateway);
}

TEST_CASE("the certificate from the factory is refused where a template lets in every chip of its vendor", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    op.make_gateway_policy();
    Gateway gateway{*cloud, "vendor-with-template"};
    const nlohmann::json registration{{"templateBody", Operator::template_for(aws::TemplateUse::jitp)},
                                      {"roleArn", role}};
    const auto ca = op.register_authority({{"certificateMode", "SNI_ONLY"}, {"registrationConfig", registration}},
                                          gateway.chip().control({"ca"}));
    const auto refused = gateway.enroll("factory-cert");
    INFO(refused.both());
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, ContainsSubstring(ca));
    CHECK_FALSE(cloud->things().contains("vendor-with-template"));
}

TEST_CASE("a claim in files leads to an identity in the chip, without any credentials", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    op.make_template("lot");
    const auto made = cloud->call("POST", "/keys-and-certificate?setAsActive=true");
    op.let_claim(made.at("certificateArn"), "lot");
    write_file(op.file("claim.pem"), made.at("certificatePem"));
    write_file(op.file("claim-key.pem"), made.at("keyPair").at("PrivateKey"));
    const Gateway gateway{*cloud, "claim-file"};
    must_succeed(gateway.enroll("claim",
                                {"--template", "lot", "--endpoint", cloud->broker(), "--claim-cert",
                                 op.file("claim.pem"), "--claim-key", op.file("claim-key.pem")},
                                no_credentials));
    must_be_gateway(gateway);
    // And another one in the same way, after which the operator ends the first.
    const auto first = gateway.status().at("identity").at("certificateId").get<std::string>();
    must_succeed(gateway.trustx({"aws", "rotate", "--via", "claim", "--template", "lot", "--wait", "60", "--claim-cert",
                                 op.file("claim.pem"), "--claim-key", op.file("claim-key.pem")},
                                no_credentials));
    CHECK(gateway.status().at("identity").at("keyObject") == "E0F2");
    must_succeed(gateway.trustx({"aws", "retire", "--thing", "claim-file", "--certificate", first, "--force"}));
    must_be_gateway(gateway);
}

TEST_CASE("a template gets the parameters that it declares, and without one the refusal names the way out", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    auto body = nlohmann::json::parse(Operator::template_for(aws::TemplateUse::fleet));
    body["Parameters"]["Location"] = {{"Type", "String"}};
    body["Resources"]["thing"]["Properties"]["AttributePayload"]["location"] = {{"Ref", "Location"}};
    op.make_template("located", {{"templateBody", body.dump()}});
    const Gateway gateway{*cloud, "located"};
    const auto refused = gateway.enroll("claim", {"--template", "located"});
    INFO(refused.both());
    CHECK(refused.status == 8);
    CHECK_THAT(refused.err, ContainsSubstring("--parameter NAME=VALUE"));
    must_succeed(gateway.trustx({"aws", "abandon"}));
    must_succeed(gateway.enroll("claim", {"--template", "located", "--parameter", "Location=hall/7"}));
    CHECK(cloud->things().at("located").at("attributes").at("location") == "hall/7");

    // What a template refers to and does not declare, nobody can give.
    body["Parameters"].erase("Location");
    cloud->control("POST", "/state",
                   {{"path", {"templates", "located", "versions", 1, "body"}}, {"value", body.dump()}});
    const Gateway other{*cloud, "undeclared"};
    const auto undeclared = other.enroll("claim", {"--template", "located", "--parameter", "Location=hall/7"});
    INFO(undeclared.both());
    CHECK(undeclared.status == 8);
    CHECK_THAT(undeclared.err, ContainsSubstring("Location") && ContainsSubstring("correct the template"));
    must_succeed(other.trustx({"aws", "abandon"}));
    CHECK_FALSE(cloud->things().contains("undeclared"));
}

namespace {

// ProvidedAccount is an account whose requests by claims go to a certificate provider: a function that issues.
class ProvidedAccount {
 public:
    ProvidedAccount(AwsDouble& cloud, const Operator& op, const std::string& name, const std::string& function)
        : cloud_{cloud}, path_{"/certificate-providers/" + name} {
        op.make_template(name);
        cloud.call("POST", path_,
                   {{"lambdaFunctionArn", op.make_function(name + ".py", function)},
                    {"accountDefaultForOperations", {"CreateCertificateFromCsr"}}});
    }
    ~ProvidedAccount() { cloud_.call("DELETE", path_); }
    ProvidedAccount(const ProvidedAccount&) = delete;
    ProvidedAccount& operator=(const ProvidedAccount&) = delete;

 private:
    AwsDouble& cloud_;
    std::string path_;
};

// issuing_function lets the openssl tool issue with an authority's files; what follows the certificate is `more`.
std::string issuing_function(const Operator& op, const std::string& authority, const std::string& more) {
    return R"(import subprocess
def handler(event, context):
    certificate = subprocess.run(
        ['openssl', 'x509', '-req', '-CA', ')" +
           op.file(authority + ".pem") + "', '-CAkey', '" + op.file(authority + "-key.pem") +
           R"(', '-set_serial', '77', '-days', '30'],
        input=event['certificateSigningRequest'].encode(), stdout=subprocess.PIPE, check=True).stdout.decode()
    return {'certificatePem': certificate + )" +
           more + "}\n";
}

}  // namespace

TEST_CASE("a certificate of the account's certificate provider is taken like one of AWS's", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    const auto authority = op.authority("private");
    for (const auto* more : {"''", "open('PRIVATE').read()"}) {
        CAPTURE(more);
        auto words = std::string{more};
        if (const auto at = words.find("PRIVATE"); at != std::string::npos) {
            words.replace(at, 7, authority.certificate());
        }
        const auto name = words == "''" ? std::string{"provided"} : std::string{"provided-chain"};
        const ProvidedAccount account{*cloud, op, name, issuing_function(op, "private", words)};
        const Gateway gateway{*cloud, name};
        const auto enrolled = gateway.enroll("claim", {"--template", name});
        must_succeed(enrolled);
        // It ends long before AWS's own would: who issued it and until when is said.
        CHECK_THAT(enrolled.err, ContainsSubstring("is issued by CN=private") && ContainsSubstring("valid until"));
        CHECK(gateway.status().at("identity").at("certificateId") == id_of(gateway.identity("identity-chain.pem")));
        CHECK_THAT(openssl({"x509", "-in", gateway.identity("identity-chain.pem"), "-noout", "-issuer"}),
                   ContainsSubstring("private"));
        must_be_gateway(gateway);
    }
}

TEST_CASE("a certificate provider that fails, or issues what is of no use, is named", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    static_cast<void>(op.authority("useless"));
    struct Provider {
        const char* name;
        std::string function;
        cli::ExitCode exit;
        const char* words;
    };
    for (const auto& [name, function, exit, words] :
         {Provider{"provider-fails", "def handler(event, context):\n    raise Exception('the CA is away')\n",
                   cli::ExitCode::cloud, "the log of its function"},
          Provider{"provider-silent", "def handler(event, context):\n    return {}\n", cli::ExitCode::cloud,
                   "the log of its function"},
          Provider{"provider-large", issuing_function(op, "useless", "certificate * 5"), cli::ExitCode::mismatch,
                   "no chain"}}) {
        CAPTURE(name);
        const ProvidedAccount account{*cloud, op, name, function};
        const Gateway gateway{*cloud, name};
        const auto refused = gateway.trustx({"aws", "enroll", "--method", "claim", "--thing", name, "--ca",
                                             cloud->ca_file(), "--wait", "0", "--template", name});
        INFO(refused.both());
        CHECK(refused.status == static_cast<int>(exit));
        CHECK_THAT(refused.err, ContainsSubstring(words));
        CHECK_FALSE(cloud->things().contains(name));
        must_succeed(gateway.trustx({"aws", "abandon"}));
    }
}

TEST_CASE("a claim that was revoked gets nothing, and that is said", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    op.make_template("revoked");
    const auto made = cloud->call("POST", "/keys-and-certificate?setAsActive=true");
    op.let_claim(made.at("certificateArn"), "revoked");
    cloud->call("PUT", "/certificates/" + made.at("certificateId").get<std::string>() + "?newStatus=REVOKED");
    write_file(op.file("claim.pem"), made.at("certificatePem"));
    write_file(op.file("claim-key.pem"), made.at("keyPair").at("PrivateKey"));
    const Gateway gateway{*cloud, "revoked-claim"};
    const auto refused =
        gateway.trustx({"aws", "enroll", "--method", "claim", "--thing", "revoked-claim", "--ca", cloud->ca_file(),
                        "--wait", "3", "--template", "revoked", "--endpoint", cloud->broker(), "--claim-cert",
                        op.file("claim.pem"), "--claim-key", op.file("claim-key.pem")},
                       no_credentials);
    INFO(refused.both());
    CHECK(refused.status == 8);
    CHECK_THAT(refused.err, ContainsSubstring("claim"));
    CHECK_FALSE(cloud->things().contains("revoked-claim"));
    must_succeed(gateway.trustx({"aws", "abandon"}, no_credentials));
}

TEST_CASE("the identity from the factory is a claim that the hook knows by its chip", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    const Gateway gateway{*cloud, "claim-slot"};
    factory_certificate(gateway, op.file("factory.pem"));
    const auto claim = cloud->call("POST", "/certificate/register-no-ca",
                                   {{"certificatePem", read_file(op.file("factory.pem"))}, {"status", "ACTIVE"}});
    const auto hook = op.make_function(
        "hook.py", aws::provisioning_hook({{claim.at("certificateId"), {{"claim-slot", uid_of(gateway)}}}}).value());
    op.make_template("hooked", {{"preProvisioningHook", {{"targetArn", hook}}}});
    op.let_claim(claim.at("certificateArn"), "hooked");
    const Arguments options{"--template", "hooked", "--endpoint", cloud->broker(), "--claim-slot", "E0F0"};
    must_succeed(gateway.enroll("claim", options, no_credentials));
    must_be_gateway(gateway);
    // Another chip with the same claim would be refused by the hook; one whose claim is not known by the broker.
    const Gateway stranger{*cloud, "claim-stranger"};
    const auto refused = stranger.trustx(with({"aws", "enroll", "--method", "claim", "--thing", "claim-stranger",
                                               "--ca", cloud->ca_file(), "--wait", "3"},
                                              options),
                                         no_credentials);
    INFO(refused.both());
    CHECK(refused.status == 8);
    CHECK_FALSE(cloud->things().contains("claim-stranger"));
    must_succeed(stranger.trustx({"aws", "abandon"}, no_credentials));
}

TEST_CASE("a claim that AWS makes leads to an identity in the chip, and its key stays in memory", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    op.make_template("trusted");
    const Gateway gateway{*cloud, "claim-aws"};
    must_succeed(gateway.enroll("claim", {"--template", "trusted"}));
    must_be_gateway(gateway);
}

TEST_CASE("a claim that was killed while the cloud works is resumed, and leaves one identity", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    op.make_template("killed");
    const Arguments options{"--template", "killed"};
    std::size_t number = 0;
    for (const std::string operation : {"CreateCertificateFromCsr", "RegisterThing"}) {
        CAPTURE(operation);
        const auto thing = "claim-killed-" + std::to_string(++number);
        const Gateway gateway{*cloud, thing};
        const auto fault = cloud->control(
            "POST", "/faults",
            {{"where", "service"}, {"operation", operation}, {"times", 1}, {"action", {{"hold", "after"}}}});
        auto process = gateway.start_to_enroll("claim", options);
        cloud->wait_until_held(fault, process);
        static_cast<void>(process.kill9());
        cloud->release(fault);
        must_succeed(gateway.trustx({"aws", "resume"}));
        CHECK(gateway.registered().at("status") == "ACTIVE");
    }
}

TEST_CASE("a first connection provisions by a template", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    op.make_gateway_policy();
    const nlohmann::json registration{{"templateBody", Operator::template_for(aws::TemplateUse::jitp)},
                                      {"roleArn", role}};
    static_cast<void>(op.register_authority({{"certificateMode", "SNI_ONLY"}, {"registrationConfig", registration}},
                                            read_file(op.authority("jitp").certificate())));
    const Gateway gateway{*cloud, "jitp"};
    must_succeed(gateway.enroll("jit", with(op.options_for("jitp"), {"--endpoint", cloud->broker()}), no_credentials));
    must_be_gateway(gateway);
}

TEST_CASE("a first connection lets in who is on the list, with the identity from the factory", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    op.make_gateway_policy();
    Gateway gateway{*cloud, "jitr"};
    factory_certificate(gateway, op.file("factory.pem"));
    const auto ca = op.register_sni_only(gateway.chip().control({"ca"}));
    op.register_on_connect("jitr", ca, {{id_of(op.file("factory.pem")), {.thing = "jitr"}}});
    must_succeed(gateway.enroll("jit", {"--endpoint", cloud->broker()}, no_credentials));
    must_be_gateway(gateway);
}

TEST_CASE("chips of a vendor enrol themselves where they are on the list, and a foreign one does not", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    const Operator op{*cloud};
    op.make_gateway_policy();
    auto vendor = op.authority("vendor");
    const Gateway listed{*cloud, "zero-touch"};
    const Gateway foreign{*cloud, "zero-touch-foreign"};
    const auto delivered = op.deliver(listed, vendor, "listed");
    static_cast<void>(op.deliver(foreign, vendor, "foreign"));
    const auto ca = op.register_sni_only(read_file(vendor.certificate()));
    op.register_on_connect("zero_touch", ca, {{id_of(delivered), {.thing = "zero-touch"}}});
    const Arguments options{"--endpoint", cloud->broker(), "--slot", "E0F1"};
    must_succeed(listed.enroll("jit", options, no_credentials));
    must_be_gateway(listed);
    const auto refused = foreign.trustx(with({"aws", "enroll", "--method", "jit", "--thing", "zero-touch-foreign",
                                              "--ca", cloud->ca_file(), "--wait", "8"},
                                             options),
                                        no_credentials);
    INFO(refused.both());
    CHECK(refused.status == 10);
    CHECK_FALSE(cloud->things().contains("zero-touch-foreign"));
    CHECK(decided(*cloud, id_of(op.file("foreign.pem"))) == "INACTIVE");
}

// SPDX-License-Identifier: Apache-2.0
#include "fake_cloud.hpp"

#include "aws/http/http_error.hpp"
#include "common/openssl/handles.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/lower_case.hpp"
#include "common/x509/certificate.hpp"

#include <algorithm>
#include <ctime>
#include <stdexcept>

#include <openssl/pem.h>
#include <openssl/x509.h>

namespace trustx::test {
namespace {

using nlohmann::json;
using Parts = std::vector<std::string>;

std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            plain += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

Parts split(std::string_view text, char separator) {
    Parts parts;
    for (;;) {
        const auto at = text.find(separator);
        if (!text.substr(0, at).empty()) {
            parts.push_back(decoded(text.substr(0, at)));
        }
        if (at == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(at + 1);
    }
}

std::map<std::string, std::string> parameters(std::string_view query) {
    std::map<std::string, std::string> values;
    for (const auto& pair : split(query, '&')) {
        const auto at = pair.find('=');
        values[pair.substr(0, at)] = at == std::string::npos ? "" : pair.substr(at + 1);
    }
    return values;
}

std::string id_of(const std::string& pem) {
    const auto chain = x509::parse_certificate_file(text::as_bytes(pem), "test");
    return text::lower_case(chain.value().front().fingerprint());
}

openssl::Handle<X509_REQ, X509_REQ_free> parsed_request(const std::string& pem) {
    const auto bio = openssl::reading(text::as_bytes(pem));
    return openssl::Handle<X509_REQ, X509_REQ_free>{PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr)};
}

}  // namespace

std::optional<PublicKey> requested_key(const std::string& csr) {
    const auto request = parsed_request(csr);
    if (!request || X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) != 1) {
        return std::nullopt;
    }
    unsigned char* info = nullptr;
    const int length = i2d_PUBKEY(X509_REQ_get0_pubkey(request.get()), &info);
    const openssl::Memory owner{info};
    const auto key = PublicKey::from_subject_public_key_info({info, static_cast<std::size_t>(length)});
    return key ? std::optional{*key} : std::nullopt;
}

struct FakeCloud::Call {
    aws::Method method;
    Parts path;
    std::map<std::string, std::string> query;
    std::map<std::string, std::string> headers;
    json body;

    [[nodiscard]] bool is(aws::Method wanted, const Parts& wanted_path) const {
        return method == wanted && path == wanted_path;
    }
    [[nodiscard]] std::string name() const {
        std::string text{aws::method_name(method)};
        for (const auto& part : path) {
            text += "/" + part;
        }
        return text;
    }
};

std::string FakeCloud::arn_of(const std::string& id) {
    return std::string{"arn:aws:iot:"} + region + ":" + account + ":cert/" + id;
}

FakeCloud::Answer FakeCloud::failed(int status, const std::string& name) {
    return {.status = status, .body = {{"message", "no: " + name}}, .error = name};
}

Result<aws::HttpResponse> FakeCloud::send(const aws::HttpRequest& request, const Deadline& /*deadline*/) {
    Call call{.method = request.method,
              .path = split(request.url.path, '/'),
              .query = parameters(request.url.query),
              .headers = {},
              .body = request.body.empty() ? json::object() : json::parse(request.body)};
    for (const auto& header : request.headers) {
        call.headers[text::lower_case(header.name)] = header.value;
    }
    if (trap_.enter("http " + call.name())) {
        return fail(aws::HttpErrc::connect_failed, "no network");
    }
    const auto answer = throttled > 0 ? (--throttled, failed(400, "ThrottlingException")) : route(call);
    if (trap_.leave()) {
        return fail(aws::HttpErrc::connection_lost, "the connection was lost");
    }
    const auto text = answer.body.dump();
    aws::HttpResponse response{.status = answer.status, .headers = {}, .body = {text.begin(), text.end()}};
    if (!answer.error.empty()) {
        response.headers.push_back({"x-amzn-errortype", answer.error});
    }
    return response;
}

FakeCloud::Answer FakeCloud::route(const Call& call) {
    if (call.is(aws::Method::get, {"endpoint"})) {
        return {.body = {{"endpointAddress", "prefix-ats.iot.eu-central-1.amazonaws.com"}}};
    }
    if (call.is(aws::Method::post, {"test-authorization"})) {
        return test_authorization(call);
    }
    if (call.path.empty()) {
        return failed(403, "MissingAuthenticationToken");  // who asks for the time alone
    }
    const auto& first = call.path.front();
    if (first == "things") {
        return call.path.size() > 2 ? on_principals(call) : on_things(call);
    }
    if (first == "certificates") {
        return on_certificates(call);
    }
    if (first == "certificate") {
        return register_certificate(call);
    }
    if (first.starts_with("cacertificate")) {
        return authorities(call);
    }
    if (first == "provisioning-templates") {
        return claim();
    }
    if (first == "policies") {
        return on_policies(call);
    }
    return on_target_policies(call);
}

FakeCloud::Answer FakeCloud::on_things(const Call& call) {
    if (call.path.size() == 1) {
        return register_thing(call);
    }
    const auto& name = call.path[1];
    const json described{{"thingName", name},
                         {"thingArn", std::string{"arn:aws:iot:"} + region + ":" + account + ":thing/" + name},
                         {"thingId", "1"},
                         {"attributes", json::object()},
                         {"version", 1}};
    if (call.method == aws::Method::post) {
        if (things.contains(name)) {
            return failed(409, "ResourceAlreadyExistsException");
        }
        things[name] = call.body;
        return {.body = described};
    }
    if (!things.contains(name)) {
        return failed(404, "ResourceNotFoundException");
    }
    if (call.method == aws::Method::delete_) {
        const bool attached =
            std::ranges::any_of(certificates, [&](const auto& entry) { return entry.second.things.contains(name); });
        if (attached) {
            return failed(400, "InvalidRequestException");
        }
        things.erase(name);
        return {};
    }
    return {.body = described};
}

FakeCloud::Certificate* FakeCloud::by_arn(const std::string& arn) {
    const auto found = certificates.find(arn.substr(arn.rfind('/') + 1));
    return found == certificates.end() ? nullptr : &found->second;
}

FakeCloud::Answer FakeCloud::on_principals(const Call& call) {
    const auto& thing = call.path[1];
    if (!things.contains(thing)) {
        return failed(404, "ResourceNotFoundException");
    }
    if (call.method == aws::Method::get) {
        auto listed = json::array();
        for (const auto& [id, certificate] : certificates) {
            if (certificate.things.contains(thing)) {
                listed.push_back({{"principal", arn_of(id)}, {"thingPrincipalType", "EXCLUSIVE_THING"}});
            }
        }
        for (const auto& arn : others_principals) {
            listed.push_back({{"principal", arn}, {"thingPrincipalType", "NON_EXCLUSIVE_THING"}});
        }
        return {.body = {{"thingPrincipalObjects", listed}}};
    }
    auto* certificate = by_arn(call.headers.at("x-amzn-principal"));
    if (certificate == nullptr) {
        return failed(404, "ResourceNotFoundException");
    }
    if (call.method == aws::Method::put) {
        certificate->things.insert(thing);
        if (another_is_faster) {
            others_principals.insert(arn_of("0f"));
        }
    } else {
        certificate->things.erase(thing);
    }
    return {};
}

std::string FakeCloud::issue(const std::string& csr) {
    if (!issues.empty()) {
        return add(issues, "INACTIVE");
    }
    const auto wanted = requested_key(csr);
    const auto key = wanted && issue_for_another_key ? SoftwareKey{Curve::p256}.public_key() : wanted;
    if (!key) {
        return {};
    }
    const auto serial = std::to_string(certificates.size());
    const auto der = ca_.issue({.subject = *key, .common_name = "issued " + serial, .issuer_name = "AWS"});
    return add(pem("CERTIFICATE", der), "INACTIVE");
}

std::string FakeCloud::add(const std::string& pem, const std::string& status) {
    const auto chain = x509::parse_certificate_file(text::as_bytes(pem), "test");
    const auto id = text::lower_case(chain.value().front().fingerprint());
    certificates[id] = {.pem = chain.value().front().pem(), .status = status, .created = std::time(nullptr)};
    return id;
}

FakeCloud::Answer FakeCloud::register_certificate(const Call& call) {
    const auto before = certificates.size();
    const auto registered = certificates;
    const auto id = add(call.body.at("certificatePem"), call.body.at("status"));
    if (certificates.size() == before) {
        certificates = registered;
        return failed(409, "ResourceAlreadyExistsException");
    }
    certificates[id].ca_pem = call.body.value("caCertificatePem", "");
    return {.body = {{"certificateArn", arn_of(id)}, {"certificateId", id}}};
}

FakeCloud::Answer FakeCloud::describe_ca(const std::string& id) const {
    for (const auto& [leaf, certificate] : certificates) {
        if (!certificate.ca_pem.empty() && id_of(certificate.ca_pem) == id) {
            return {.body = {{"certificateDescription",
                              {{"certificateArn", "arn:aws:iot:r:a:cacert/" + id},
                               {"certificateId", id},
                               {"certificatePem", certificate.ca_pem}}}}};
        }
    }
    return failed(404, "ResourceNotFoundException");
}

FakeCloud::Answer FakeCloud::on_certificates(const Call& call) {
    if (call.path.size() > 1) {
        return on_certificate(call, call.path[1]);
    }
    if (call.method == aws::Method::get) {
        auto listed = json::array();
        for (const auto& [id, certificate] : certificates) {
            listed.push_back({{"certificateArn", arn_of(id)},
                              {"certificateId", id},
                              {"status", certificate.status},
                              {"creationDate", certificate.created}});
        }
        return {.body = {{"certificates", listed}}};
    }
    if (!refusal.empty()) {
        return failed(400, refusal);
    }
    const auto id = issue(call.body.at("certificateSigningRequest"));
    if (id.empty()) {
        return failed(400, "InvalidRequestException");
    }
    certificates[id].status = call.query.at("setAsActive") == "true" ? "ACTIVE" : "INACTIVE";
    return {.body = {{"certificateArn", arn_of(id)}, {"certificateId", id}, {"certificatePem", certificates[id].pem}}};
}

FakeCloud::Answer FakeCloud::on_certificate(const Call& call, const std::string& id) {
    const auto found = certificates.find(id);
    if (found == certificates.end()) {
        return failed(404, "ResourceNotFoundException");
    }
    auto& certificate = found->second;
    if (call.method == aws::Method::put) {
        certificate.status = call.query.at("newStatus");
        return {};
    }
    if (call.method == aws::Method::delete_) {
        if (certificate.status == "ACTIVE") {
            return failed(406, "CertificateStateException");
        }
        if (!certificate.policies.empty() || !certificate.things.empty()) {
            return failed(409, "DeleteConflictException");
        }
        certificates.erase(found);
        return {};
    }
    return {.body = {{"certificateDescription",
                      {{"certificateArn", arn_of(id)},
                       {"certificateId", id},
                       {"status", certificate.status},
                       {"certificatePem", certificate.pem},
                       {"caCertificateId", certificate.ca_pem.empty() ? "" : id_of(certificate.ca_pem)},
                       {"ownedBy", account},
                       {"creationDate", certificate.created},
                       {"certificateMode", "DEFAULT"}}}}};
}

FakeCloud::Answer FakeCloud::on_policies(const Call& call) {
    const auto& name = call.path.at(1);
    const bool present = policies.contains(name);
    if (call.method == aws::Method::get && !present) {
        return failed(404, "ResourceNotFoundException");
    }
    if (call.method == aws::Method::post) {
        if (present) {
            return failed(409, "ResourceAlreadyExistsException");
        }
        policies[name] = call.body.at("policyDocument");
    }
    return {.body = {{"policyName", name},
                     {"policyArn", std::string{"arn:aws:iot:"} + region + ":" + account + ":policy/" + name},
                     {"policyDocument", policies[name]},
                     {"policyVersionId", "1"},
                     {"defaultVersionId", "1"}}};
}

FakeCloud::Answer FakeCloud::on_target_policies(const Call& call) {
    if (call.path.at(0) == "principals") {
        const auto* certificate = by_arn(call.headers.at("x-amzn-principal"));
        return certificate == nullptr ? failed(404, "ResourceNotFoundException")
                                      : Answer{.body = {{"things", certificate->things}}};
    }
    if (call.path.at(0) == "attached-policies") {
        const auto* certificate = by_arn(call.path.at(1));
        auto listed = json::array();
        for (const auto& name : certificate == nullptr ? std::set<std::string>{} : certificate->policies) {
            listed.push_back({{"policyName", name}, {"policyArn", "arn:aws:iot:r:a:policy/" + name}});
        }
        return certificate == nullptr ? failed(404, "ResourceNotFoundException")
                                      : Answer{.body = {{"policies", listed}}};
    }
    if (call.path.at(0) != "target-policies") {
        throw std::runtime_error("the fake cloud has no call " + call.name());
    }
    auto* certificate = by_arn(call.body.at("target"));
    if (certificate == nullptr || !policies.contains(call.path.at(1))) {
        return failed(404, "ResourceNotFoundException");
    }
    if (call.method == aws::Method::put) {
        certificate->policies.insert(call.path[1]);
    } else {
        certificate->policies.erase(call.path[1]);
    }
    return {};
}

// register_thing evaluates nothing: the double does that. The names of resources are those of our template.
FakeCloud::Answer FakeCloud::register_thing(const Call& call) {
    const auto body = json::parse(call.body.at("templateBody").get<std::string>());
    const auto& given = call.body.at("parameters");
    if (!refusal.empty()) {
        return failed(400, refusal);
    }
    const auto id = issue(given.at("CSR"));
    if (id.empty()) {
        return failed(400, "InvalidRequestException");
    }
    const auto& resources = body.at("Resources");
    auto& certificate = certificates[id];
    certificate.status = resources.at("certificate").at("Properties").at("Status");
    const std::string thing = given.at("ThingName");
    things.try_emplace(thing, json::object());
    certificate.things.insert(thing);
    certificate.policies.insert(resources.at("policy").at("Properties").at("PolicyName").get<std::string>());
    return {.body = {{"certificatePem", certificate.pem}, {"resourceArns", {{"certificate", arn_of(id)}}}}};
}

FakeCloud::Answer FakeCloud::authorities(const Call& call) const {
    constexpr const char* id = "ca";
    const json named{{"certificateArn", arn_of(id)}, {"certificateId", id}, {"status", "ACTIVE"}};
    if (call.path.size() == 1) {
        return {.body = {{"certificates", jitp_authority.empty() ? json::array() : json::array({named})}}};
    }
    if (call.path[1] != id) {
        return describe_ca(call.path[1]);
    }
    auto described = named;
    described.update({{"certificatePem", jitp_authority},
                      {"ownedBy", account},
                      {"autoRegistrationStatus", "ENABLE"},
                      {"certificateMode", "SNI_ONLY"}});
    return {.body = {{"certificateDescription", described}, {"registrationConfig", {{"templateName", "all"}}}}};
}

// claim makes one that lives for five minutes; the broker below takes any.
FakeCloud::Answer FakeCloud::claim() {
    const SoftwareKey key{Curve::p256};
    return {.body = {{"certificateId", "c1"},
                     {"certificatePem", pem("CERTIFICATE", key.certificate("claim"))},
                     {"expiration", std::time(nullptr) + 300},
                     {"keyPair", {{"PublicKey", "public"}, {"PrivateKey", secret}}}}};
}

FakeCloud::Answer FakeCloud::test_authorization(const Call& call) const {
    auto results = json::array();
    for (const auto& question : call.body.at("authInfos")) {
        const bool connects = question.at("actionType") == "CONNECT";
        const bool beside = question.at("resources").at(0).get<std::string>().ends_with("-check");
        const bool allowed = !connects || (allows_connect && (allows_client_beside || !beside));
        results.push_back({{"authInfo", question},
                           {"authDecision", allowed ? "ALLOWED" : "IMPLICIT_DENY"},
                           {"missingContextValues", json::array()}});
    }
    return {.body = {{"authResults", results}}};
}

}  // namespace trustx::test

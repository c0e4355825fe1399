// SPDX-License-Identifier: Apache-2.0
#include "patient.hpp"

#include "common/files/input_error.hpp"
#include "common/keys/key_file.hpp"
#include "common/x509/certificate.hpp"
#include "pki/request.hpp"

#include <openssl/objects.h>

namespace trustx::test {
namespace {

using aws::doctor::Checked;

constexpr ObjectId slot{0xE0F1};
constexpr long year = 365L * 24 * 60 * 60;

Checked<void> ended(const std::optional<std::error_code>& code) {
    return code ? Checked<void>{tl::unexpected{aws::doctor::Failure{Error{*code, "injected"}}}} : Checked<void>{};
}

tl::unexpected<Error> read_only() {
    return fail(InputErrc::unwritable, "a diagnosis writes nothing");
}

nlohmann::json texts(const std::string& list, const std::vector<std::string>& values) {
    return {{list, values}};
}

}  // namespace

Result<void> PatientFiles::make_directory(const std::string& /*path*/, files::Access /*access*/) {
    return read_only();
}

Result<std::optional<std::string>> PatientFiles::read(const std::string& path) {
    if (unreadable.contains(path)) {
        return fail(InputErrc::unreadable, "cannot read " + path);
    }
    const auto found = contents.find(path);
    return found == contents.end() ? std::optional<std::string>{} : found->second;
}

Result<void> PatientFiles::write(const std::string& /*path*/, std::string_view /*content*/, files::Access /*access*/) {
    return read_only();
}

Result<void> PatientFiles::append(const std::string& /*path*/, std::string_view /*lines*/, files::Access /*access*/) {
    return read_only();
}

Result<void> PatientFiles::remove(const std::string& /*path*/) {
    return read_only();
}

Result<void> PatientFiles::remove_directory(const std::string& /*path*/) {
    return read_only();
}

Result<void> PatientFiles::link(const std::string& /*path*/, const std::string& /*target*/) {
    return read_only();
}

Result<std::optional<std::string>> PatientFiles::link_target(const std::string& /*path*/) {
    return std::optional<std::string>{};
}

Result<std::unique_ptr<files::FileStore::Lock>> PatientFiles::lock(const std::string& /*path*/) {
    return read_only();
}

Result<std::unique_ptr<files::FileStore::Held>> PatientFiles::hold(std::string_view /*content*/) {
    return read_only();
}

Checked<void> PatientGateway::provider() {
    return ended(provider_fails);
}

Checked<Uid> PatientGateway::chip(const aws::doctor::KeyFile& /*key*/) {
    if (auto end = ended(chip_fails); !end) {
        return tl::unexpected{std::move(end).error()};
    }
    return uid;
}

Checked<void> PatientGateway::signature(const aws::doctor::KeyFile& /*key*/) {
    return ended(signature_fails);
}

Result<std::vector<Bytes>> PatientGateway::certificates(ObjectId object) {
    return objects[object];
}

mqtt::ProbeResult PatientNetwork::probe(const mqtt::ProbeTarget& target) {
    if (target.signature_algorithms.starts_with("ECDSA")) {
        return ecdsa.value_or(usual);
    }
    return target.signature_algorithms.starts_with("RSA") ? rsa.value_or(usual) : usual;
}

aws::doctor::Meeting PatientBroker::meet(const aws::Presented& presented, std::chrono::milliseconds /*watch*/) {
    met.push_back(presented);
    return meeting;
}

std::pair<int, nlohmann::json> PatientCloud::answer(const std::string& path) const {
    if (path == "/endpoint") {
        return {200, {{"endpointAddress", endpoint}}};
    }
    if (path.starts_with("/certificates/")) {
        const bool known = path == "/certificates/" + certificate;
        const nlohmann::json description{
            {"certificateArn", "arn:aws:iot:eu-central-1:123456789012:cert/" + certificate},
            {"certificateId", certificate},
            {"status", status}};
        return known ? std::pair{200, nlohmann::json{{"certificateDescription", description}}}
                     : std::pair{404, nlohmann::json{{"message", "no"}}};
    }
    if (path.starts_with("/cacertificate/")) {
        const nlohmann::json description{{"certificateArn", "arn:aws:iot:eu-central-1:123456789012:cacert/" + ca},
                                         {"certificateId", ca},
                                         {"status", ca_status},
                                         {"autoRegistrationStatus", ca_auto_registration},
                                         {"certificateMode", "DEFAULT"}};
        return path == "/cacertificate/" + ca ? std::pair{200, nlohmann::json{{"certificateDescription", description}}}
                                              : std::pair{404, nlohmann::json{{"message", "no"}}};
    }
    if (path == "/effective-policies") {
        nlohmann::json list{{"effectivePolicies", nlohmann::json::array()}};
        for (const auto& name : policies) {
            list["effectivePolicies"].push_back({{"policyName", name}});
        }
        return {200, list};
    }
    if (path == "/test-authorization") {
        const nlohmann::json info{{"actionType", "CONNECT"}, {"resources", {"client/x"}}};
        return {200, {{"authResults", {{{"authInfo", info}, {"authDecision", decision}}}}}};
    }
    if (path == "/principals/things") {
        return {200, texts("things", things)};
    }
    return disconnect_reason.empty()
               ? std::pair{400, nlohmann::json{{"message", "no"}}}
               : std::pair{200, nlohmann::json{{"connected", false}, {"disconnectReason", disconnect_reason}}};
}

Result<aws::HttpResponse> PatientCloud::send(const aws::HttpRequest& request, const Deadline& /*deadline*/) {
    ++requests;
    if (!reachable) {
        return fail(aws::HttpErrc::connect_failed, "no network");
    }
    const auto [status_code, body] =
        refusal.empty() ? answer(request.url.path) : std::pair{400, nlohmann::json{{"message", "no"}}};
    const auto text = body.dump();
    aws::HttpResponse response{.status = status_code, .headers = {}, .body = {text.begin(), text.end()}};
    if (status_code != 200) {
        const auto* usual = status_code == 404 ? "ResourceNotFoundException" : "NotConfiguredException";
        response.headers.push_back({"x-amzn-errortype", refusal.empty() ? usual : refusal});
    }
    return response;
}

Patient::Patient() : cloud_error{Error{aws::AccountErrc::no_credentials, "there are none"}} {
    gateway.uid.bytes.fill(0xA5);
    const KeyReference reference{
        .key = slot, .public_key = key.public_key(), .coprocessor = gateway.uid, .device = {}, .label = {}};
    const aws::Identity identity{.endpoint = {.host = "prefix-ats.iot.eu-central-1.amazonaws.com"},
                                 .region = "eu-central-1",
                                 .account = "123456789012",
                                 .thing = "gateway-1",
                                 .certificate_id = {},
                                 .slot = slot};
    content("aws.json") = identity.text();
    content("identity-key.pem") = keys::key_file_text(reference);
    content("amazon-roots.pem") = pem("CERTIFICATE", authority(10 * year));
    hold(certificate(-60, 10 * year));
    network.usual.tls_version = "TLSv1.3";
    network.usual.root = "CN=root";
    network.time = now;
    cloud.endpoint = identity.endpoint.text();
}

Bytes Patient::certificate(long begins, long ends) const {
    return root.issue({.subject = key.public_key(), .issuer_name = "root", .begins = begins, .ends = ends});
}

Bytes Patient::authority(long ends) const {
    return root.issue({.subject = root.public_key(),
                       .common_name = "root",
                       .issuer_name = "root",
                       .ends = ends,
                       .extensions = {{NID_basic_constraints, "critical,CA:TRUE"}}});
}

void Patient::hold(const Bytes& certificate) {
    content("identity-chain.pem") = pem("CERTIFICATE", certificate);
    cloud.certificate = pki::certificate_id(x509::Certificate::parse(certificate, "test").value());
    rewrite_identity("certificateId", cloud.certificate);
    gateway.objects[*paired_certificate(slot)] = {certificate};
}

void Patient::come_by_jit() {
    const auto ca = authority(10 * year);
    content("identity-chain.pem") += pem("CERTIFICATE", ca);
    cloud.ca = pki::certificate_id(x509::Certificate::parse(ca, "test").value());
    cloud.certificate.clear();
    rewrite_identity("enrolment", "jit");
}

void Patient::rewrite_identity(const std::string& member, const std::string& value) {
    auto json = nlohmann::json::parse(content("aws.json"));
    json[member] = value;
    content("aws.json") = json.dump();
}

void Patient::interrupt(const std::string& step, aws::Phase phase, aws::Task task) {
    aws::Journal journal{
        .order = {.task = task, .thing = "gateway-1"}, .chip = gateway.uid.hex(), .phase = phase, .step = step};
    disk.contents[directories.state + "/enroll.journal"] = journal.text();
}

aws::doctor::Report Patient::examine() {
    aws::ApiClient client{
        {.http = cloud, .clock = clock_, .wall_clock = std::chrono::system_clock::now, .random = [] { return 0.5; }},
        {.service = aws::Service::iot, .url = {.host = "iot.eu-central-1.amazonaws.com"}, .region = "eu-central-1"},
        [](const Deadline& /*deadline*/) -> Result<aws::Credentials> {
            return aws::Credentials{.access_key_id = "AKIDEXAMPLE", .secret_access_key = aws::SecretText{"secret"}};
        }};
    const auto error = cloud_error;
    return aws::doctor::examine({.gateway = gateway,
                                 .files = disk,
                                 .network = network,
                                 .broker = broker,
                                 .cloud = error ? Result<aws::ApiClient*>{tl::unexpected{*error}} : &client,
                                 .clock = clock_,
                                 .now = [this] { return now; }},
                                {.directories = directories, .settings = settings, .cloud_wanted = cloud_wanted});
}

}  // namespace trustx::test

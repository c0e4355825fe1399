// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include "common/keys/key_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/x509/certificate.hpp"
#include "pki/request.hpp"

#include <algorithm>

namespace trustx::test {
namespace {

constexpr const char* ca_file = "/ca.pem";

aws::Credentials credentials() {
    return {.access_key_id = "AKIDEXAMPLE",
            .secret_access_key = aws::SecretText{"secret"},
            .session_token = {},
            .expiration = {},
            .account_id = {},
            .source = "test"};
}

// certificates_in reads PEM; none where there is none.
std::vector<x509::Certificate> certificates_in(const std::string& pem) {
    auto parsed = x509::parse_certificate_file(text::as_bytes(pem), "test");
    return parsed ? *std::move(parsed) : std::vector<x509::Certificate>{};
}

}  // namespace

bool FakeBroker::accepts(const aws::Presented& presented) const {
    const auto chain = certificates_in(files_.files[presented.certificate_file].content);
    const auto key = keys::parse_key_file(text::as_bytes(files_.files[presented.key_file].content), "test");
    if (chain.empty() || !key || key->coprocessor != chip_.identity || !chip_.keys.contains(key->key)) {
        return false;
    }
    const auto registered = cloud_.certificates.find(pki::certificate_id(chain.front()));
    return chain.front().public_key().value() == chip_.keys.at(key->key).public_key() &&
           registered != cloud_.certificates.end() && registered->second.status == "ACTIVE" &&
           !registered->second.policies.empty() && registered->second.things.contains(presented.client_id);
}

bool FakeBroker::register_first(const aws::Presented& presented) {
    const auto chain = certificates_in(files_.files[presented.certificate_file].content);
    if (!just_in_time || chain.empty()) {
        return false;
    }
    auto& registered = cloud_.certificates;
    const auto id = pki::certificate_id(chain.front());
    if (!registered.contains(id)) {
        cloud_.add(chain.front().pem(), "PENDING_ACTIVATION");
        return true;
    }
    if (registered[id].status == "PENDING_ACTIVATION") {
        registered[id].status = "ACTIVE";
        registered[id].things = {presented.client_id};
        registered[id].policies = {"trustx-gateway"};
        cloud_.policies.try_emplace("trustx-gateway", "{}");
        cloud_.things.try_emplace(presented.client_id, nlohmann::json::object());
    }
    return false;
}

Result<std::string> FakeIssuer::issue(const std::string& request) {
    if (trap_.enter("issuer issue")) {
        return fail(Errc::no_chip, "the authority does not answer");
    }
    const auto key = requested_key(request);
    if (!key || trap_.leave()) {
        return fail(Errc::no_chip, "the authority does not answer");
    }
    return pem("CERTIFICATE", certificate_for(*key)) + pem("CERTIFICATE", key_.authority_certificate("authority"));
}

Bytes FakeIssuer::certificate_for(const PublicKey& key) const {
    return key_.issue({.subject = key, .issuer_name = "authority"});
}

Result<aws::Acceptance> FakeBroker::connect(const aws::Presented& presented, const Deadline& /*deadline*/) {
    const aws::Acceptance closed{.answer = aws::Acceptance::Answer::later, .why = "closed"};
    if (trap_.enter("mqtt connect")) {
        return closed;
    }
    if (refusals > 0) {
        --refusals;
        return closed;
    }
    if (register_first(presented)) {
        return closed;
    }
    if (!accepts(presented)) {
        return aws::Acceptance{.answer = aws::Acceptance::Answer::never, .why = "refused"};
    }
    ++accepted;
    return trap_.leave() ? closed : aws::Acceptance{};
}

World::World(aws::EnrolmentMethod method) {
    order = {.method = method,
             .thing = "gateway-1",
             .slot = aws::usual_slot(method),
             .region = FakeCloud::region,
             .ca_file = ca_file};
    if (method == aws::EnrolmentMethod::jit) {
        order.endpoint = "broker.example";
        broker.just_in_time = true;
    }
    if (method == aws::EnrolmentMethod::factory_cert) {
        const auto key = chip.keys.try_emplace(order.slot, Curve::p256).first->second.public_key();
        held_at_first_ = {issuer.certificate_for(key)};
        chip.objects[*paired_certificate(order.slot)] = held_at_first_;
    }
    const SoftwareKey authority{Curve::p256};
    files.files[ca_file] = {.content = pem("CERTIFICATE", authority.authority_certificate("root")),
                            .access = files::Access::everybody};
}

Result<void> World::run(const std::function<Result<void>(aws::Enrolment&)>& what) {
    aws::ApiClient client{
        {.http = cloud, .clock = clock, .wall_clock = std::chrono::system_clock::now, .random = [] { return 0.5; }},
        {.service = aws::Service::iot,
         .url = {.host = "iot.eu-central-1.amazonaws.com", .query = {}},
         .region = FakeCloud::region},
        [](const Deadline& /*deadline*/) -> Result<aws::Credentials> { return credentials(); }};
    aws::Enrolment enrolment{{.chip = chip,
                              .files = files,
                              .cloud = client,
                              .broker = {.mqtt = broker,
                                         .clock = clock,
                                         .random = [] { return 0.5; },
                                         .note = [this](std::string_view text) { notes.emplace_back(text); },
                                         .wait = std::chrono::seconds{600}},
                              .now = std::chrono::system_clock::now,
                              .issuer = &issuer},
                             directories};
    return what(enrolment);
}

Result<void> World::enroll() {
    return run([this](aws::Enrolment& enrolment) { return enrolment.enroll(order); });
}

Result<void> World::resume() {
    return run([](aws::Enrolment& enrolment) { return enrolment.resume(); });
}

Result<void> World::abandon() {
    return run([](aws::Enrolment& enrolment) { return enrolment.abandon(); });
}

Result<void> World::go_on() {
    return journal() ? resume() : enroll();
}

bool World::survives(const std::function<void()>& run) {
    try {
        run();
        return true;
    } catch (const Killed&) {
        return false;
    }
}

std::string World::file(const std::string& path) const {
    const auto found = files.files.find(path);
    return found == files.files.end() ? std::string{} : found->second.content;
}

std::optional<aws::Journal> World::journal() const {
    const auto text = file(directories.state + "/enroll.journal");
    return text.empty() ? std::nullopt : std::optional{aws::Journal::parse(text, "journal").value()};
}

std::string World::violation() const {
    const auto object = *paired_certificate(order.slot);
    const auto held = chip.objects.find(object);
    const auto in_chip = held == chip.objects.end() ? std::vector<Bytes>{} : held->second;
    if (chip.keys_made > 1) {
        return "a second key was made: the first is lost";
    }
    if (cloud.things.size() > 1) {
        return "two things";
    }
    std::size_t active = 0;
    for (const auto& [id, certificate] : cloud.certificates) {
        const auto parsed = certificates_in(certificate.pem);
        active += certificate.status == "ACTIVE" ? 1U : 0U;
        if (certificate.status == "ACTIVE" && (in_chip.empty() || in_chip.front() != parsed.at(0).der())) {
            return "an active certificate that the chip does not hold: " + id;
        }
    }
    if (active > 1) {
        return "two active certificates";
    }
    if (in_chip.empty()) {
        return {};
    }
    const auto key = x509::Certificate::parse(in_chip.front(), "test").value().public_key().value();
    return key == chip.keys.at(order.slot).public_key() ? "" : "the chip holds a certificate for another key";
}

std::string World::missing_when_enrolled() const {
    if (cloud.certificates.size() != 1) {
        return std::to_string(cloud.certificates.size()) + " certificates in the cloud";
    }
    const auto& [id, certificate] = *cloud.certificates.begin();
    const auto identity = aws::Identity::parse(file(directories.summary_file()), "aws.json");
    if (certificate.status != "ACTIVE" || certificate.things != std::set<std::string>{order.thing} ||
        certificate.policies != std::set<std::string>{order.policy}) {
        return "the certificate is not active and attached to thing and policy";
    }
    if (!identity || identity->certificate_id != id || identity->thing != order.thing) {
        return "aws.json does not name thing and certificate";
    }
    if (!file(directories.chain_file()).starts_with(certificate.pem) || file(directories.key_file()).empty() ||
        file(directories.roots_file()).empty()) {
        return "files are missing";
    }
    if (broker.accepted == 0) {
        return "no connection was made";
    }
    const auto last = journal();
    return last && last->phase == aws::Phase::done ? violation() : "the journal does not say that it is done";
}

std::string World::left_when_abandoned() const {
    if (!cloud.certificates.empty()) {
        return "a certificate";
    }
    // A thing that a template of the service's made is not this enrolment's to delete.
    if (!cloud.things.empty() && !broker.just_in_time) {
        return "a thing";
    }
    const auto held = chip.objects.find(*paired_certificate(order.slot));
    if (held != chip.objects.end() && held->second != held_at_first_) {
        return "a certificate in the chip";
    }
    for (const auto& [path, content] : files.files) {
        if (path != ca_file) {
            return path;
        }
    }
    return violation();
}

}  // namespace trustx::test

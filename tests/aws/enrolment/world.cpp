// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include "aws/documents/policy.hpp"
#include "aws/enrolment/error.hpp"
#include "common/keys/key_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/x509/certificate.hpp"
#include "pki/request.hpp"

#include <algorithm>

namespace trustx::test {
namespace {

constexpr const char* ca_file = "/ca.pem";
constexpr const char* claim_certificate = "/claim.pem";
constexpr const char* claim_key = "/claim-key.pem";

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
    const auto chain = certificates_in(files_.content(presented.certificate_file));
    const auto key = keys::parse_key_file(text::as_bytes(files_.content(presented.key_file)), "test");
    if (chain.empty() || !key || key->coprocessor != chip_.identity || !chip_.keys.contains(key->key)) {
        return false;
    }
    const auto registered = cloud_.certificates.find(pki::certificate_id(chain.front()));
    return chain.front().public_key().value() == chip_.keys.at(key->key).public_key() &&
           registered != cloud_.certificates.end() && registered->second.status == "ACTIVE" &&
           !registered->second.policies.empty() && may_connect(registered->second, presented.client_id);
}

bool FakeBroker::may_connect(const FakeCloud::Certificate& certificate, const std::string& client) const {
    const auto is_name = [&](const std::string& thing) {
        return client == thing || (cloud_.allows_client_beside && client == aws::client_beside(thing));
    };
    return std::ranges::any_of(certificate.things, is_name);
}

bool FakeBroker::register_first(const aws::Presented& presented) {
    const auto chain = certificates_in(files_.content(presented.certificate_file));
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
    return pem("CERTIFICATE", certificate_for(*key)) + own_certificate();
}

std::string FakeIssuer::own_certificate() const {
    return pem("CERTIFICATE", key_.authority_certificate("authority"));
}

Bytes FakeIssuer::certificate_for(const PublicKey& key) const {
    return key_.issue({.subject = key, .issuer_name = "authority"});
}

Result<aws::Acceptance> FakeBroker::connect(const aws::Presented& presented, const Deadline& /*deadline*/) {
    const aws::Acceptance closed{.answer = aws::Acceptance::Answer::later, .why = "closed"};
    if (trap_.enter("mqtt connect")) {
        return closed;
    }
    if (untrusted) {
        return aws::Acceptance{.answer = aws::Acceptance::Answer::never,
                               .why = "not trusted",
                               .fault = aws::EnrolmentErrc::broker_untrusted};
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
    last_client = presented.client_id;
    return trap_.leave() ? closed : aws::Acceptance{};
}

namespace {

// FakeTalk is a connection that a claim opened. A fault closes it.
class FakeTalk final : public aws::Conversation {
 public:
    FakeTalk(Trap& trap, FakeBroker& broker, std::size_t number) : trap_{trap}, broker_{broker}, number_{number} {}

    Result<aws::Reply> ask(const std::string& topic, const std::string& request,
                           const Deadline& /*deadline*/) override {
        const aws::Reply none{.kind = aws::Reply::Kind::none, .text = "closed"};
        if (closed_ || trap_.enter("mqtt ask " + topic)) {
            closed_ = true;
            return none;
        }
        auto reply = broker_.answer(number_, topic, request);
        closed_ = trap_.leave();
        return closed_ ? none : reply;
    }

 private:
    Trap& trap_;
    FakeBroker& broker_;
    std::size_t number_;
    bool closed_ = false;
};

aws::Reply rejected(int status, const std::string& code) {
    const nlohmann::json body{{"statusCode", status}, {"errorCode", code}, {"errorMessage", "no"}};
    return {.kind = aws::Reply::Kind::rejected, .text = body.dump()};
}

aws::Reply granted(const nlohmann::json& body) {
    return {.kind = aws::Reply::Kind::accepted, .text = body.dump()};
}

}  // namespace

// The claim's own certificate is looked at only to the point that its files are there.
Result<aws::Opened> FakeBroker::open(const aws::Presented& presented, const Deadline& /*deadline*/) {
    const aws::Acceptance closed{.answer = aws::Acceptance::Answer::later, .why = "closed"};
    if (trap_.enter("mqtt open")) {
        return aws::Opened{.acceptance = closed};
    }
    const bool complete = !certificates_in(files_.files[presented.certificate_file].content).empty() &&
                          !files_.files[presented.key_file].content.empty() &&
                          !files_.files[presented.ca_file].content.empty();
    if (untrusted) {
        return aws::Opened{.acceptance = {.answer = aws::Acceptance::Answer::never,
                                          .why = "not trusted",
                                          .fault = aws::EnrolmentErrc::broker_untrusted}};
    }
    if (!complete || !takes_claims || !presented.client_id.starts_with("claim-")) {
        return aws::Opened{.acceptance = {.answer = aws::Acceptance::Answer::never, .why = "refused"}};
    }
    if (trap_.leave()) {
        return aws::Opened{.acceptance = closed};
    }
    return aws::Opened{.acceptance = {}, .conversation = std::make_unique<FakeTalk>(trap_, *this, ++connections_)};
}

aws::Reply FakeBroker::answer(std::size_t connection, const std::string& topic, const std::string& request) {
    if (throttled > 0) {
        --throttled;
        return rejected(429, "Throttled");
    }
    return topic == "$aws/certificates/create-from-csr/json" ? issue(connection, request)
           : topic == "$aws/provisioning-templates/gateways/provision/json"
               ? provision(connection, request)
               : aws::Reply{.kind = aws::Reply::Kind::none, .text = "closed: " + topic};
}

aws::Reply FakeBroker::issue(std::size_t connection, const std::string& request) {
    const auto id = cloud_.issue(nlohmann::json::parse(request).at("certificateSigningRequest"));
    if (id.empty()) {
        return rejected(400, "InvalidCertificateSigningRequest");
    }
    auto& certificate = cloud_.certificates[id];
    certificate.status = "PENDING_ACTIVATION";
    certificate.expires = true;
    const auto token = "token of " + id;
    tokens_[token] = {.certificate = id, .connection = connection};
    return granted({{"certificateId", id}, {"certificatePem", certificate.pem}, {"certificateOwnershipToken", token}});
}

aws::Reply FakeBroker::provision(std::size_t connection, const std::string& request) {
    const auto body = nlohmann::json::parse(request);
    const auto token = tokens_.find(body.at("certificateOwnershipToken").get<std::string>());
    if (token == tokens_.end() || (token_is_bound && token->second.connection != connection)) {
        return rejected(400, "InvalidCertificateOwnershipToken");
    }
    if (!rejection.empty()) {
        return rejected(403, rejection);
    }
    parameters = body.at("parameters");
    const std::string asked = parameters.at("ThingName");
    const auto thing = thing_named.empty() ? asked : thing_named;
    auto& certificate = cloud_.certificates.at(token->second.certificate);
    certificate = {.pem = certificate.pem,
                   .status = "ACTIVE",
                   .created = certificate.created,
                   .policies = {"trustx-gateway"},
                   .things = {thing}};
    cloud_.policies.try_emplace("trustx-gateway", "{}");
    cloud_.things.try_emplace(thing, nlohmann::json::object());
    tokens_.erase(token);
    return granted({{"deviceConfiguration", nlohmann::json::object()}, {"thingName", thing}});
}

void World::use_factory_identity() {
    order.authority_certificate.clear();
    order.authority_key.clear();
    order.slot = order.usual_slot();
    const auto key = chip.keys.try_emplace(order.slot, Curve::p256).first->second.public_key();
    held_at_first_ = {issuer.certificate_for(key)};
    chip.objects[*paired_certificate(order.slot)] = held_at_first_;
}

void World::prepare_claim(ClaimKind kind) {
    order.template_name = "gateways";
    order.endpoint = "broker.example";
    const SoftwareKey key{Curve::p256};
    switch (kind) {
        case ClaimKind::file:
            order.claim_certificate = claim_certificate;
            order.claim_key = claim_key;
            files.files[claim_certificate] = {.content = pem("CERTIFICATE", key.certificate("claim")),
                                              .access = files::Access::owner};
            files.files[claim_key] = {.content = "a key", .access = files::Access::owner};
            break;
        case ClaimKind::slot:
            order.claim_slot = aws::factory_slot;
            chip.objects[*paired_certificate(aws::factory_slot)] = {issuer.certificate_for(
                chip.keys.try_emplace(aws::factory_slot, Curve::p256).first->second.public_key())};
            break;
        case ClaimKind::aws:
            order.endpoint.clear();
            break;
    }
}

World::World(aws::EnrolmentMethod method, ClaimKind claim) {
    order = {.method = method, .thing = "gateway-1", .region = FakeCloud::region, .ca_file = ca_file};
    if (method == aws::EnrolmentMethod::jit) {
        order.endpoint = "broker.example";
        order.authority_certificate = "/authority.pem";
        order.authority_key = "/authority-key.pem";
        broker.just_in_time = true;
    }
    if (method == aws::EnrolmentMethod::claim) {
        prepare_claim(claim);
    }
    if (method == aws::EnrolmentMethod::factory_cert) {
        use_factory_identity();
    }
    const SoftwareKey authority{Curve::p256};
    files.files[ca_file] = {.content = pem("CERTIFICATE", authority.authority_certificate("root")),
                            .access = files::Access::everybody};
}

Result<void> World::with_seams(const std::function<Result<void>(const aws::Seams&)>& what) {
    aws::ApiClient client{
        {.http = cloud, .clock = clock, .wall_clock = std::chrono::system_clock::now, .random = [] { return 0.5; }},
        {.service = aws::Service::iot,
         .url = {.host = "iot.eu-central-1.amazonaws.com", .query = {}},
         .region = FakeCloud::region},
        [](const Deadline& /*deadline*/) -> Result<aws::Credentials> { return credentials(); }};
    return what({.chip = chip,
                 .files = files,
                 .cloud = client,
                 .broker = {.mqtt = broker,
                            .clock = clock,
                            .random = [] { return 0.5; },
                            .note = [this](std::string_view text) { notes.emplace_back(text); },
                            .wait = std::chrono::seconds{600}},
                 .now = std::chrono::system_clock::now,
                 .issuer = &issuer});
}

Result<void> World::run(const std::function<Result<void>(aws::Enrolment&)>& what) {
    return with_seams([&](const aws::Seams& seams) {
        aws::Enrolment enrolment{seams, directories};
        return what(enrolment);
    });
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

std::map<std::string, FakeCloud::Certificate> World::certificates() const {
    auto staying = cloud.certificates;
    std::erase_if(staying, [](const auto& entry) { return entry.second.expires; });
    return staying;
}

std::string World::file(const std::string& path) const {
    return files.content(path);
}

std::optional<aws::Journal> World::journal() const {
    const auto text = file(directories.state + "/enroll.journal");
    return text.empty() ? std::nullopt : std::optional{aws::Journal::parse(text, "journal").value()};
}

bool World::works() const {
    return broker.accepts({.endpoint = {},
                           .client_id = order.thing,
                           .certificate_file = directories.chain_file(),
                           .key_file = directories.key_file(),
                           .ca_file = directories.roots_file()});
}

std::string World::violation() const {
    const auto object = *paired_certificate(order.slot);
    const auto held = chip.objects.find(object);
    const auto in_chip = held == chip.objects.end() ? std::vector<Bytes>{} : held->second;
    for (const auto& [path, written] : files.files) {
        if (!path.starts_with("memory:") && written.content.find(FakeCloud::secret) != std::string::npos) {
            return "a key of AWS's is in " + path;
        }
    }
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
    const auto registered = certificates();
    if (registered.size() != 1) {
        return std::to_string(registered.size()) + " certificates in the cloud";
    }
    const auto& [id, certificate] = *registered.begin();
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
    for (const auto& [path, written] : files.files) {
        if (path.starts_with("memory:")) {
            return "something is held in memory still";
        }
    }
    const auto last = journal();
    return last && last->phase == aws::Phase::done ? violation() : "the journal does not say that it is done";
}

std::string World::left_when_abandoned() const {
    if (!certificates().empty()) {
        return "a certificate";
    }
    // A thing that a template of the service's made is not this enrolment's to delete.
    const bool by_template = broker.just_in_time || order.method == aws::EnrolmentMethod::claim;
    if (!cloud.things.empty() && !by_template) {
        return "a thing";
    }
    const auto held = chip.objects.find(*paired_certificate(order.slot));
    if (held != chip.objects.end() && held->second != held_at_first_) {
        return "a certificate in the chip";
    }
    for (const auto& [path, content] : files.files) {
        if (path != ca_file && path != order.claim_certificate && path != order.claim_key) {
            return path;
        }
    }
    return files.links.empty() ? violation() : files.links.begin()->first;
}

}  // namespace trustx::test

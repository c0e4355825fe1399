// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/journal.hpp"

#include "common/files/input_error.hpp"
#include "common/keys/public_key_file.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr int format = 1;

struct PhaseName {
    Phase phase;
    const char* text;
};

constexpr std::array phase_names{PhaseName{Phase::enrolling, "enrolling"}, PhaseName{Phase::abandoning, "abandoning"},
                                 PhaseName{Phase::done, "done"}};

std::string certificates_text(const std::vector<Bytes>& certificates) {
    std::string text;
    for (const auto& certificate : certificates) {
        text += openssl::pem_text("CERTIFICATE", certificate);
    }
    return text;
}

Result<std::vector<Bytes>> parse_certificates(const std::string& text) {
    std::vector<Bytes> certificates;
    if (text.empty()) {
        return certificates;
    }
    TRY(const auto parsed, x509::parse_certificate_file(text::as_bytes(text), "the certificates in it"));
    for (const auto& certificate : parsed) {
        certificates.push_back(certificate.der());
    }
    return certificates;
}

OrderedJson order_json(const Order& order) {
    return {{"method", name_of(order.method)},
            {"thing", order.thing},
            {"slot", order.slot.hex()},
            {"policy", order.policy},
            {"region", order.region},
            {"account", order.account},
            {"endpoint", order.endpoint},
            {"caFile", order.ca_file},
            {"authorityCertificate", order.authority_certificate},
            {"authorityKey", order.authority_key},
            {"deviceName", order.device_name},
            {"existingThing", order.existing_thing},
            {"replace", order.replace}};
}

OrderedJson facts_json(const Facts& facts) {
    OrderedJson json{{"endpoint", facts.endpoint},
                     {"request", facts.request},
                     {"asked", facts.asked},
                     {"partition", facts.partition},
                     {"account", facts.account},
                     {"certificateId", facts.certificate_id},
                     {"certificateArn", facts.certificate_arn},
                     {"certificate", facts.certificate}};
    if (facts.slot_was_empty) {
        json["slotWasEmpty"] = *facts.slot_was_empty;
    }
    if (facts.public_key) {
        json["publicKey"] = keys::public_key_pem(*facts.public_key);
    }
    if (facts.certificate_existed) {
        json["certificateExisted"] = *facts.certificate_existed;
    }
    if (facts.thing_existed) {
        json["thingExisted"] = *facts.thing_existed;
    }
    if (facts.held) {
        json["held"] = certificates_text(*facts.held);
    }
    return json;
}

template <class T>
std::optional<T> optional_value(const OrderedJson& json, const char* name) {
    const auto found = json.find(name);
    return found == json.end() ? std::nullopt : std::optional{found->get<T>()};
}

Result<Order> read_order(const OrderedJson& json) {
    TRY(const auto method, parse_method(json.at("method").get<std::string>()));
    TRY(const auto slot, ObjectId::parse(json.at("slot").get<std::string>()));
    Order order{.method = method,
                .thing = json.at("thing"),
                .slot = slot,
                .policy = json.at("policy"),
                .region = json.at("region"),
                .account = json.at("account"),
                .endpoint = json.at("endpoint"),
                .ca_file = json.at("caFile"),
                .authority_certificate = json.at("authorityCertificate"),
                .authority_key = json.at("authorityKey"),
                .device_name = json.at("deviceName"),
                .existing_thing = json.at("existingThing"),
                .replace = json.at("replace")};
    TRYV(order.check());
    return order;
}

Result<Facts> read_facts(const OrderedJson& json) {
    Facts facts{.endpoint = json.at("endpoint"),
                .slot_was_empty = optional_value<bool>(json, "slotWasEmpty"),
                .public_key = {},
                .request = json.at("request"),
                .asked = json.at("asked"),
                .partition = json.at("partition"),
                .account = json.at("account"),
                .certificate_id = json.at("certificateId"),
                .certificate_arn = json.at("certificateArn"),
                .certificate = json.at("certificate"),
                .certificate_existed = optional_value<bool>(json, "certificateExisted"),
                .thing_existed = optional_value<bool>(json, "thingExisted"),
                .held = {}};
    if (const auto key = optional_value<std::string>(json, "publicKey")) {
        TRY(facts.public_key, keys::parse_public_key(text::as_bytes(*key), "the public key in it"));
    }
    if (const auto held = optional_value<std::string>(json, "held")) {
        TRY(facts.held, parse_certificates(*held));
    }
    return facts;
}

Result<Phase> read_phase(const std::string& text) {
    const auto* const found = std::ranges::find(phase_names, text, &PhaseName::text);
    if (found == phase_names.end()) {
        return fail(InputErrc::malformed, "the phase `" + text + "`");
    }
    return found->phase;
}

// read_journal throws nlohmann's exceptions for what is missing or of another type.
Result<Journal> read_journal(const OrderedJson& json) {
    if (json.at("format") != format) {
        return fail(InputErrc::malformed, "it has the format " + json.at("format").dump() +
                                              ", and this program reads " + std::to_string(format));
    }
    TRY(auto order, read_order(json.at("order")));
    TRY(const auto phase, read_phase(json.at("phase")));
    TRY(auto facts, read_facts(json.at("facts")));
    return Journal{.order = std::move(order),
                   .chip = json.at("chip"),
                   .begun = json.at("begun").get<std::time_t>(),
                   .phase = phase,
                   .step = json.at("step"),
                   .facts = std::move(facts)};
}

}  // namespace

std::string Journal::text() const {
    const OrderedJson json{{"format", format},
                           {"phase", std::ranges::find(phase_names, phase, &PhaseName::phase)->text},
                           {"step", step},
                           {"begun", begun},
                           {"chip", chip},
                           {"order", order_json(order)},
                           {"facts", facts_json(facts)}};
    return json.dump(2) + "\n";
}

Result<Journal> Journal::parse(const std::string& text, const std::string& name) {
    const auto unusable = [&name](const std::string& why) {
        return fail(InputErrc::malformed, name + " is no journal that can be resumed: " + why +
                                              "; nothing was changed. Move it away to begin again");
    };
    try {
        auto journal = read_journal(OrderedJson::parse(text));
        return journal ? std::move(journal) : unusable(journal.error().message());
    } catch (const nlohmann::json::exception& error) {
        return unusable(error.what());
    }
}

Result<std::unique_ptr<FileStore::Lock>> JournalFile::lock() {
    TRYV(files_.make_directory(directory_, Access::owner));
    return files_.lock(directory_ + "/enroll.lock");
}

Result<std::optional<Journal>> JournalFile::load() {
    TRY(const auto content, files_.read(path()));
    if (!content) {
        return std::optional<Journal>{};
    }
    TRY(auto journal, Journal::parse(*content, path()));
    return std::optional{std::move(journal)};
}

}  // namespace trustx::aws

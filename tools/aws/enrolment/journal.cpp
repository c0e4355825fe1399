// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/journal.hpp"

#include "aws/enrolment/error.hpp"
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

constexpr std::array phase_names{files::PhaseName<Phase>{Phase::enrolling, "enrolling"},
                                 files::PhaseName<Phase>{Phase::abandoning, "abandoning"},
                                 files::PhaseName<Phase>{Phase::done, "done"}};

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

// How each type of member is in the file. The forms of read throw nlohmann's exceptions for what is of another type.
OrderedJson written(const std::string& value) {
    return value;
}
OrderedJson written(bool value) {
    return value;
}
OrderedJson written(ObjectId value) {
    return value.hex();
}
OrderedJson written(EnrolmentMethod value) {
    return name_of(value);
}
OrderedJson written(Task value) {
    return name_of(value);
}
OrderedJson written(const std::vector<std::string>& value) {
    return value;
}
OrderedJson written(const Parameters& value) {
    return value;
}
OrderedJson written(const PublicKey& value) {
    return keys::public_key_pem(value);
}
OrderedJson written(const std::vector<Bytes>& value) {
    return certificates_text(value);
}

Result<void> read(const OrderedJson& json, std::string& value) {
    value = json.get<std::string>();
    return {};
}
Result<void> read(const OrderedJson& json, bool& value) {
    value = json.get<bool>();
    return {};
}
Result<void> read(const OrderedJson& json, ObjectId& value) {
    TRY(value, ObjectId::parse(json.get<std::string>()));
    return {};
}
Result<void> read(const OrderedJson& json, EnrolmentMethod& value) {
    TRY(value, parse_method(json.get<std::string>()));
    return {};
}
Result<void> read(const OrderedJson& json, Task& value) {
    TRY(value, parse_task(json.get<std::string>()));
    return {};
}
Result<void> read(const OrderedJson& json, std::vector<std::string>& value) {
    value = json.get<std::vector<std::string>>();
    return {};
}
Result<void> read(const OrderedJson& json, Parameters& value) {
    value = json.get<Parameters>();
    return {};
}
Result<void> read(const OrderedJson& json, PublicKey& value) {
    TRY(value, keys::parse_public_key(text::as_bytes(json.get<std::string>()), "the public key in it"));
    return {};
}
Result<void> read(const OrderedJson& json, std::vector<Bytes>& value) {
    TRY(value, parse_certificates(json.get<std::string>()));
    return {};
}

template <class T>
void write_member(OrderedJson& json, const char* name, const T& value) {
    json[name] = written(value);
}
template <class T>
Result<void> read_member(const OrderedJson& json, const char* name, T& value) {
    return read(json.at(name), value);
}

// A member that may be unknown is left out then.
template <class T>
void write_member(OrderedJson& json, const char* name, const std::optional<T>& value) {
    if (value) {
        json[name] = written(*value);
    }
}
template <class T>
Result<void> read_member(const OrderedJson& json, const char* name, std::optional<T>& value) {
    const auto found = json.find(name);
    return found == json.end() ? Result<void>{} : read(*found, value.emplace());
}

// Field is a member of a record, and its name in the file.
template <class Record>
struct Field {
    const char* name;
    void (*write)(OrderedJson& json, const char* name, const Record& record);
    Result<void> (*read)(const OrderedJson& json, const char* name, Record& record);
};

template <auto Member, class Record>
constexpr Field<Record> field_of(const char* name) {
    return {name,
            [](OrderedJson& json, const char* key, const Record& record) { write_member(json, key, record.*Member); },
            [](const OrderedJson& json, const char* key, Record& record) {
                return read_member(json, key, record.*Member);
            }};
}
template <auto Member>
constexpr auto of_order = field_of<Member, Order>;
template <auto Member>
constexpr auto of_facts = field_of<Member, Facts>;

constexpr std::array order_fields{of_order<&Order::task>("task"),
                                  of_order<&Order::method>("method"),
                                  of_order<&Order::thing>("thing"),
                                  of_order<&Order::slot>("slot"),
                                  of_order<&Order::policy>("policy"),
                                  of_order<&Order::rules>("rules"),
                                  of_order<&Order::clients>("clients"),
                                  of_order<&Order::region>("region"),
                                  of_order<&Order::account>("account"),
                                  of_order<&Order::endpoint>("endpoint"),
                                  of_order<&Order::ca_file>("caFile"),
                                  of_order<&Order::authority_certificate>("authorityCertificate"),
                                  of_order<&Order::authority_key>("authorityKey"),
                                  of_order<&Order::template_name>("template"),
                                  of_order<&Order::parameters>("parameters"),
                                  of_order<&Order::claim_certificate>("claimCertificate"),
                                  of_order<&Order::claim_key>("claimKey"),
                                  of_order<&Order::claim_slot>("claimSlot"),
                                  of_order<&Order::device_name>("deviceName"),
                                  of_order<&Order::existing_thing>("existingThing"),
                                  of_order<&Order::replace>("replace"),
                                  of_order<&Order::revoke>("revoke"),
                                  of_order<&Order::delete_thing>("deleteThing")};

constexpr std::array facts_fields{of_facts<&Facts::endpoint>("endpoint"),
                                  of_facts<&Facts::region>("region"),
                                  of_facts<&Facts::roots>("roots"),
                                  of_facts<&Facts::slot_was_empty>("slotWasEmpty"),
                                  of_facts<&Facts::public_key>("publicKey"),
                                  of_facts<&Facts::request>("request"),
                                  of_facts<&Facts::asked>("asked"),
                                  of_facts<&Facts::token>("token"),
                                  of_facts<&Facts::certificates_before>("certificatesBefore"),
                                  of_facts<&Facts::partition>("partition"),
                                  of_facts<&Facts::account>("account"),
                                  of_facts<&Facts::certificate_id>("certificateId"),
                                  of_facts<&Facts::certificate_arn>("certificateArn"),
                                  of_facts<&Facts::certificate>("certificate"),
                                  of_facts<&Facts::certificate_existed>("certificateExisted"),
                                  of_facts<&Facts::thing_existed>("thingExisted"),
                                  of_facts<&Facts::others>("others"),
                                  of_facts<&Facts::held>("held"),
                                  of_facts<&Facts::previous_set>("previousSet"),
                                  of_facts<&Facts::set>("set"),
                                  of_facts<&Facts::old_certificate_id>("oldCertificateId"),
                                  of_facts<&Facts::old_certificate_arn>("oldCertificateArn"),
                                  of_facts<&Facts::old_slot>("oldSlot"),
                                  of_facts<&Facts::old_key>("oldKey"),
                                  of_facts<&Facts::policies>("policies"),
                                  of_facts<&Facts::key_before>("keyBefore"),
                                  of_facts<&Facts::client_id>("clientId"),
                                  of_facts<&Facts::challenge>("challenge")};

template <class Record, std::size_t Count>
OrderedJson record_json(const std::array<Field<Record>, Count>& fields, const Record& record) {
    auto json = OrderedJson::object();
    for (const auto& field : fields) {
        field.write(json, field.name, record);
    }
    return json;
}

template <class Record, std::size_t Count>
Result<Record> read_record(const std::array<Field<Record>, Count>& fields, const OrderedJson& json) {
    Record record{};
    for (const auto& field : fields) {
        TRYV(field.read(json, field.name, record));
    }
    return record;
}

constexpr int journal_format = 2;

// What journals of format 1 may lack: versions that wrote it knew less.
constexpr std::array later_in_order{"task",        "template", "claimCertificate", "claimKey", "parameters", "revoke",
                                    "deleteThing", "rules",    "clients"};
constexpr std::array later_in_facts{
    "region",   "roots",    "token",    "certificatesBefore", "set", "oldCertificateId", "oldCertificateArn",
    "policies", "clientId", "challenge"};

template <class Names>
void complete(OrderedJson& json, const OrderedJson& defaults, const Names& names) {
    for (const auto* name : names) {
        if (!json.contains(name)) {
            json[name] = defaults.at(name);
        }
    }
}

// today is the name now of a step of format 1.
std::string today(const std::string& step) {
    return step == "no-files" ? "remove-files" : step == "old-key" ? "spare-key" : step;
}

// upgraded brings a journal of format 1 to this one. What it lacks has the values that mean what versions did then.
OrderedJson upgraded(OrderedJson json) {
    complete(json.at("order"), record_json(order_fields, Order{}), later_in_order);
    complete(json.at("facts"), record_json(facts_fields, Facts{}), later_in_facts);
    json["step"] = today(json.at("step"));
    return json;
}

// read_journal throws nlohmann's exceptions for what is missing or of another type.
Result<Journal> read_journal(const OrderedJson& source, int format) {
    const auto json = format == 1 ? upgraded(source) : source;
    TRY(auto order, read_record(order_fields, json.at("order")));
    TRYV(order.check());
    TRY(const auto phase, files::read_phase(phase_names, json));
    TRY(auto facts, read_record(facts_fields, json.at("facts")));
    return Journal{.order = std::move(order),
                   .chip = json.at("chip"),
                   .begun = json.at("begun").get<std::time_t>(),
                   .phase = phase,
                   .step = json.at("step"),
                   .facts = std::move(facts)};
}

}  // namespace

std::string Journal::text() const {
    const OrderedJson json{{"format", journal_format},
                           {"phase", files::phase_word(phase_names, phase)},
                           {"step", step},
                           {"begun", begun},
                           {"chip", chip},
                           {"order", record_json(order_fields, order)},
                           {"facts", record_json(facts_fields, facts)}};
    return json.dump(2) + "\n";
}

Result<Journal> Journal::parse(const std::string& text, const std::string& name) {
    return files::parse_journal(
        {.text = text,
         .name = name,
         .newest = journal_format,
         .remedy = "Nothing was changed. Put a copy from before back, or move it away to begin again; then delete what "
                   "it had begun in the account, such as an inactive certificate"},
        read_journal);
}

JournalFile::JournalFile(files::FileStore& files, const std::string& directory, const std::string& name)
    : files::JournalFile<Journal>{
          files, directory, name + ".journal", name + ".lock", {EnrolmentErrc::busy, "is at the same work"}} {}

}  // namespace trustx::aws

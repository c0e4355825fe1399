// SPDX-License-Identifier: Apache-2.0
#include "provisioning/journal.hpp"

#include "common/keys/public_key_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "provisioning/error.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace trustx::provisioning {
namespace {

constexpr int journal_format = 1;

constexpr std::array phase_names{files::PhaseName<Phase>{Phase::applying, "applying"},
                                 files::PhaseName<Phase>{Phase::done, "done"},
                                 files::PhaseName<Phase>{Phase::scrap, "scrap"}};

nlohmann::ordered_json slot_json(const SlotFacts& facts) {
    return {{"key", facts.key ? keys::public_key_pem(*facts.key) : ""},
            {"request", facts.request},
            {"certificate", facts.chain},
            {"proven", facts.proven}};
}

Result<SlotFacts> read_slot(const nlohmann::ordered_json& json) {
    SlotFacts facts{.key = {},
                    .request = json.at("request"),
                    .chain = json.at("certificate"),
                    .proven = json.at("proven").get<bool>()};
    if (const auto key = json.at("key").get<std::string>(); !key.empty()) {
        TRY(facts.key, keys::parse_public_key(text::as_bytes(key), "its key"));
    }
    return facts;
}

Result<Journal> read_journal(const nlohmann::ordered_json& json, int /*format*/) {
    TRY(const auto phase, files::read_phase(phase_names, json));
    Journal journal{.chip = json.at("chip"),
                    .recipe = json.at("recipe"),
                    .digest = json.at("digest"),
                    .phase = phase,
                    .step = json.at("step"),
                    .listed = json.at("listed").get<bool>()};
    for (const auto& [name, value] : json.at("slots").items()) {
        TRY(const auto slot, ObjectId::parse(name));
        TRY(journal.slots[slot], read_slot(value));
    }
    for (const auto& name : json.at("written")) {
        TRY(const auto object, ObjectId::parse(name.get<std::string>()));
        journal.written.insert(object);
    }
    for (const auto& [name, value] : json.at("replaced").items()) {
        TRY(const auto object, ObjectId::parse(name));
        journal.replaced[object] = value.get<std::string>();
    }
    return journal;
}

}  // namespace

std::string Journal::text() const {
    nlohmann::ordered_json json{{"format", journal_format},
                                {"phase", files::phase_word(phase_names, phase)},
                                {"step", step},
                                {"chip", chip},
                                {"recipe", recipe},
                                {"digest", digest},
                                {"slots", nlohmann::ordered_json::object()},
                                {"written", nlohmann::ordered_json::array()},
                                {"replaced", nlohmann::ordered_json::object()},
                                {"listed", listed}};
    for (const auto& [slot, facts] : slots) {
        json["slots"][slot.hex()] = slot_json(facts);
    }
    for (const auto object : written) {
        json["written"].push_back(object.hex());
    }
    for (const auto& [object, content] : replaced) {
        json["replaced"][object.hex()] = content;
    }
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<Journal> Journal::parse(const std::string& text, const std::string& name) {
    return files::parse_journal({.text = text,
                                 .name = name,
                                 .newest = journal_format,
                                 .remedy = "Move it away: the work is then taken up by what the chip holds"},
                                read_journal);
}

JournalFile::JournalFile(files::FileStore& files, const std::string& directory, const Uid& uid)
    : files::JournalFile<Journal>{files,
                                  directory,
                                  uid.hex() + ".json",
                                  uid.hex() + ".lock",
                                  {ProvisioningErrc::busy, "provisions this chip"}} {}

}  // namespace trustx::provisioning

// SPDX-License-Identifier: Apache-2.0
#include "provisioning/journal.hpp"

#include "common/files/input_error.hpp"
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

struct PhaseName {
    Phase phase;
    const char* text;
};

constexpr std::array phase_names{PhaseName{Phase::applying, "applying"}, PhaseName{Phase::done, "done"},
                                 PhaseName{Phase::scrap, "scrap"}};

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

Result<Phase> read_phase(const std::string& name) {
    const auto found = std::ranges::find(phase_names, name, &PhaseName::text);
    return found == phase_names.end() ? fail(InputErrc::malformed, "an unknown phase") : Result<Phase>{found->phase};
}

Result<Journal> read_journal(const nlohmann::ordered_json& json) {
    if (json.at("format") != journal_format) {
        return fail(InputErrc::malformed, "its format is that of another version");
    }
    TRY(const auto phase, read_phase(json.at("phase").get<std::string>()));
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
                                {"phase", std::ranges::find(phase_names, phase, &PhaseName::phase)->text},
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
    const auto unusable = [&name](const std::string& why) {
        return fail(InputErrc::malformed, name + " is no journal that can be taken up: " + why +
                                              ". Move it away: the work is then taken up by what the chip holds");
    };
    try {
        auto journal = read_journal(nlohmann::ordered_json::parse(text));
        return journal ? std::move(journal) : unusable(journal.error().message());
    } catch (const nlohmann::json::exception& error) {
        return unusable(error.what());
    }
}

Result<std::unique_ptr<files::FileStore::Lock>> JournalFile::lock() {
    TRYV(files_.make_directory(directory_, files::Access::owner));
    const auto path = directory_ + "/" + uid_ + ".lock";
    TRY(auto lock, files_.lock(path));
    if (lock == nullptr) {
        return fail(ProvisioningErrc::busy,
                    "another process provisions this chip (it holds " + path + "); wait until it has ended");
    }
    return lock;
}

Result<std::optional<Journal>> JournalFile::load() {
    TRY(const auto content, files_.read(path()));
    if (!content) {
        return std::optional<Journal>{};
    }
    TRY(auto journal, Journal::parse(*content, path()));
    return std::optional{std::move(journal)};
}

}  // namespace trustx::provisioning

// SPDX-License-Identifier: Apache-2.0
#include "provisioning/recipe.hpp"

#include "common/files/hex_input.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"
#include "firmware/lowest_version.hpp"
#include "pki/certificate_rules.hpp"
#include "pki/subject.hpp"
#include "provisioning/toml_section.hpp"

#include <trustx/bytes.hpp>
#include <trustx/objects.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include <openssl/evp.h>

namespace trustx::provisioning {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view uid_word = "{uid}";
constexpr KeyUsage signing = KeyUsage::authentication | KeyUsage::sign;

// The condition that trust anchors have from the factory (chip-objects.md section 1).
const Bytes factory_condition{0xE1, 0xFC, 0x07};

std::string sha256(ByteView bytes) {
    std::array<std::uint8_t, 32> digest{};
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
        throw std::bad_alloc{};
    }
    return text::lower_case(to_hex(digest));
}

// Reader reads one recipe, and collects what its digest is about.
class Reader {
 public:
    Reader(const TomlSection& top, const std::string& path)
        : top_{top}, directory_{fs::path{"."} / fs::path{path}.parent_path()} {}

    Result<Recipe> run(std::string_view text);

 private:
    Result<void> head();
    Result<void> authority();
    Result<void> slots();
    Result<void> anchors();
    Result<void> objects();
    Result<void> check_whole();

    Result<SlotPart> slot(const TomlSection& section);
    Result<ObjectPart> anchor(const TomlSection& section);
    Result<ObjectPart> object(const TomlSection& section);
    Result<std::optional<Bytes>> content(const TomlSection& section);
    Result<ObjectId> object_of(const TomlSection& section, std::initializer_list<ObjectKind> kinds, const char* what);
    Result<Bytes> file(const TomlSection& section, std::string_view name, const std::string& path);
    [[nodiscard]] std::string found(const std::string& path) const {
        return path.empty() ? path : (directory_ / path).string();
    }

    const TomlSection& top_;
    fs::path directory_;
    Recipe recipe_;
    std::string digested_;
    std::set<ObjectId> seen_;
};

// A condition must be one that the chip can evaluate.
Result<void> take_condition(const TomlSection& section, const char* name, std::optional<Bytes>& condition) {
    TRY(const auto words, section.text(name));
    if (words) {
        TRY(condition, section.placed(name, parse_access(*words)));
    }
    return {};
}

Result<Rules> rules_of(const TomlSection& section) {
    Rules rules;
    TRYV(take_condition(section, "change", rules.conditions.change_access));
    TRYV(take_condition(section, "read", rules.conditions.read_access));
    TRY(const auto state, section.text("life_cycle"));
    if (state) {
        TRY(rules.life_cycle, section.placed("life_cycle", parse_life_cycle_state(*state)));
    }
    const auto allowed = {LifeCycleState::initialisation, LifeCycleState::operational};
    if (rules.life_cycle && std::ranges::find(allowed, *rules.life_cycle) == allowed.end()) {
        return section.wrong("life_cycle", "a recipe raises to initialisation or operational and to nothing else");
    }
    return rules;
}

Result<KeyUsage> usage_of(const TomlSection& section) {
    TRY(const auto list, section.text("usage"));
    return list ? section.placed("usage", parse_key_usage(*list)) : Result<KeyUsage>{signing};
}

Result<Curve> curve_of(const TomlSection& section) {
    TRY(const auto name, section.text("curve"));
    const auto curve = curve_named(name.value_or("P-256"));
    return curve ? Result<Curve>{*curve} : section.wrong("curve", "the chip knows P-256 and P-384");
}

// check_subject tries it with a UID of the right length.
Result<void> check_subject(const TomlSection& section, const SlotPart& part) {
    if (part.subject.empty()) {
        return {};
    }
    if ((part.usage & signing) == KeyUsage::none) {
        return section.wrong("subject", "a request for a certificate needs a key with the usage sign or auth");
    }
    const auto subject = part.subject_of(Uid{});
    if (subject.find_first_of("{}") != std::string::npos) {
        return section.wrong("subject", "{uid} is the only word in braces");
    }
    TRYV(section.placed("subject", pki::Subject::parse(subject)));
    return {};
}

Result<ObjectId> Reader::object_of(const TomlSection& section, std::initializer_list<ObjectKind> kinds,
                                   const char* what) {
    TRY(const auto object, section.placed("", ObjectId::parse(section.key())));
    const auto* info = describe(object);
    if (info == nullptr || std::ranges::find(kinds, info->kind) == kinds.end()) {
        return section.wrong("", object.hex() + " is not " + what);
    }
    if (!seen_.insert(object).second) {
        return section.wrong("", object.hex() + " is in the recipe twice");
    }
    return object;
}

Result<Bytes> Reader::file(const TomlSection& section, std::string_view name, const std::string& path) {
    TRY(auto bytes, section.placed(name, files::read_input(found(path))));
    digested_ += text::as_text(bytes);
    return bytes;
}

Result<void> Reader::head() {
    TRYV(top_.only({"name", "manifest", "lifetime", "ca", "slot", "anchor", "object"}));
    TRY(const auto name, top_.text("name"));
    TRY(const auto manifest, top_.text("manifest"));
    constexpr std::int64_t most_years = 100;
    TRY(const auto years, top_.number("lifetime", most_years));
    if (!name || name->empty()) {
        return top_.wrong("name", "a recipe needs a name, which the manifest repeats");
    }
    recipe_.name = *name;
    recipe_.manifest = found(manifest.value_or(""));
    recipe_.lifetime = std::chrono::days{years.value_or(10) * 365};
    return {};
}

Result<void> Reader::authority() {
    TRY(const auto section, top_.section("ca"));
    if (!section) {
        return {};
    }
    TRYV(section->only({"certificate", "key", "days", "command", "timeout"}));
    AuthorityPart part;
    TRY(const auto certificate, section->text("certificate"));
    TRY(const auto key, section->text("key"));
    constexpr std::int64_t most_days = 36500;
    TRY(const auto days, section->number("days", most_days));
    TRY(part.command, section->words("command"));
    constexpr std::int64_t most_seconds = 3600;
    TRY(const auto timeout, section->number("timeout", most_seconds));
    const bool by_files = certificate && key && part.command.empty();
    const bool by_command = !key && !days && !part.command.empty();
    if (!by_files && !by_command) {
        return section->wrong("",
                              "name `certificate` and `key`, or a `command` (and what it issues with as "
                              "`certificate`)");
    }
    part.certificate = found(certificate.value_or(""));
    part.key = found(key.value_or(""));
    part.validity = std::chrono::days{days.value_or(part.validity.count())};
    part.timeout = std::chrono::seconds{timeout.value_or(part.timeout.count())};
    if (certificate) {
        TRY(const auto content, file(*section, "certificate", *certificate));
        TRY(part.trusted, section->placed("certificate", x509::parse_certificate_file(content, *certificate)));
    }
    recipe_.authority = std::move(part);
    return {};
}

Result<SlotPart> Reader::slot(const TomlSection& section) {
    TRYV(section.only({"curve", "usage", "subject", "replace", "change", "life_cycle"}));
    SlotPart part;
    TRY(part.slot, object_of(section, {ObjectKind::key}, "a key slot"));
    if (part.slot == object::device_key_1) {
        return section.wrong("", "the key in E0F0 is the factory's, and nothing can be done about it");
    }
    TRY(part.curve, curve_of(section));
    TRY(part.usage, usage_of(section));
    TRY(const auto subject, section.text("subject"));
    TRY(part.replace, section.flag("replace"));
    TRY(part.rules, rules_of(section));
    part.subject = subject.value_or("");
    TRYV(check_subject(section, part));
    return part;
}

Result<void> Reader::slots() {
    TRY(const auto sections, top_.sections("slot"));
    for (const auto& section : sections) {
        TRY(auto part, slot(section));
        if (!part.subject.empty() && !recipe_.authority) {
            return section.wrong("subject", "who issues the certificate? The recipe has no [ca]");
        }
        recipe_.slots.push_back(std::move(part));
    }
    return {};
}

Result<x509::Certificate> anchor_in(const Bytes& content, const std::string& name) {
    TRY(auto certificates, x509::parse_certificate_file(content, name));
    auto& certificate = certificates.front();
    if (certificates.size() > 1) {
        return fail(InputErrc::check_failed, name + " has more than one certificate, and a trust anchor is one");
    }
    TRYV(certificate.public_key());
    TRYV(pki::check_version(certificate, name));
    TRYV(pki::check_anchor(certificate, name));
    return std::move(certificate);
}

Result<ObjectPart> Reader::anchor(const TomlSection& section) {
    TRYV(section.only({"certificate", "replace", "update_path", "change", "read", "life_cycle"}));
    ObjectPart part;
    TRY(part.object, object_of(section, {ObjectKind::trust_anchor}, "a trust anchor, E0E8 or E0EF"));
    TRY(part.replace, section.flag("replace"));
    TRY(part.rules, rules_of(section));
    TRY(const auto update_path, section.text("update_path"));
    TRY(const auto path, section.text("certificate"));
    part.update_path = update_path.value_or("");
    if (path) {
        TRY(const auto content, file(section, "certificate", *path));
        TRY(part.certificate, section.placed("certificate", anchor_in(content, *path)));
        part.content = part.certificate->der();
        TRYV(section.placed("certificate", check_write(part.object, 0, part.content->size())));
    }
    const auto condition = part.rules.conditions.change_access.value_or(factory_condition);
    LifeCycles states;
    states.object = part.rules.life_cycle.value_or(LifeCycleState::creation);
    if (is_closed(condition, states) && part.update_path.empty()) {
        return section.wrong("",
                             "this closes the trust anchor: once its authority ends or is lost, no device can get "
                             "another one. Keep it open, or name the `update_path`: the other anchor, which then "
                             "stays open, or \"replace-chip\"");
    }
    return part;
}

Result<void> Reader::anchors() {
    TRY(const auto sections, top_.sections("anchor"));
    for (const auto& section : sections) {
        TRY(auto part, anchor(section));
        if (!part.update_path.empty() && part.update_path != replace_chip) {
            TRY(const auto other, section.placed("update_path", ObjectId::parse(part.update_path)));
            if (other == part.object || describe(other) == nullptr ||
                describe(other)->kind != ObjectKind::trust_anchor) {
                return section.wrong("update_path", "not the other trust anchor");
            }
            part.update_path = other.hex();
        }
        recipe_.objects.push_back(std::move(part));
    }
    return {};
}

Result<std::optional<Bytes>> Reader::content(const TomlSection& section) {
    TRY(const auto words, section.content("text"));
    TRY(const auto hex, section.text("hex"));
    TRY(const auto path, section.text("file"));
    if ((words ? 1 : 0) + (hex ? 1 : 0) + (path ? 1 : 0) > 1) {
        return section.wrong("", "one of `text`, `hex` and `file` is its content, not several");
    }
    std::optional<Bytes> bytes;
    if (words) {
        bytes = Bytes{words->begin(), words->end()};
    } else if (hex) {
        TRY(bytes, section.placed("hex", files::parse_hex(text::as_bytes(*hex), "it")));
    } else if (path) {
        TRY(bytes, file(section, "file", *path));
    }
    if (bytes && bytes->empty()) {
        return section.wrong("", "its content is empty: leave it out");
    }
    return bytes;
}

Result<ObjectPart> Reader::object(const TomlSection& section) {
    TRYV(section.only({"text", "hex", "file", "change", "read", "life_cycle"}));
    ObjectPart part;
    TRY(part.object, object_of(section, {ObjectKind::data, ObjectKind::certificate, ObjectKind::system},
                               "an object for data, for certificates or of the system"));
    TRY(part.rules, rules_of(section));
    TRY(part.content, content(section));
    if (part.content && describe(part.object)->kind == ObjectKind::certificate) {
        return section.wrong("", "its certificate comes from [slot." + paired_key(part.object)->hex() +
                                     "]; here are only its conditions and its life cycle");
    }
    if (part.content) {
        if (firmware::parse_record(*part.content).content == firmware::Content::unfinished) {
            return section.wrong("",
                                 "the line of a lowest version of firmware ends in a newline: "
                                 "text = \"trustx-firmware-version=7\\n\"");
        }
        TRYV(section.placed("", check_write(part.object, 0, part.content->size())));
    }
    return part;
}

Result<void> Reader::objects() {
    TRY(const auto sections, top_.sections("object"));
    for (const auto& section : sections) {
        TRY(auto part, object(section));
        recipe_.objects.push_back(std::move(part));
    }
    return {};
}

Result<void> Reader::check_whole() {
    if (recipe_.slots.empty() && recipe_.objects.empty()) {
        return top_.wrong("",
                          "the recipe says nothing about a chip: it needs [slot.E0F1], [anchor.E0E8] or "
                          "[object.F1D0]");
    }
    for (const auto& part : recipe_.objects) {
        const auto other = std::ranges::find_if(
            recipe_.objects, [&](const ObjectPart& each) { return each.object.hex() == part.update_path; });
        if (other != recipe_.objects.end() && !other->update_path.empty()) {
            return top_.wrong("anchor", "each trust anchor is the update path of the other, and both are closed");
        }
    }
    return {};
}

Result<Recipe> Reader::run(std::string_view text) {
    digested_ = text;
    TRYV(head());
    TRYV(authority());
    TRYV(slots());
    TRYV(anchors());
    TRYV(objects());
    TRYV(check_whole());
    recipe_.digest = sha256(text::as_bytes(digested_));
    return std::move(recipe_);
}

}  // namespace

std::string SlotPart::subject_of(const Uid& uid) const {
    auto text = subject;
    for (auto at = text.find(uid_word); at != std::string::npos; at = text.find(uid_word)) {
        text.replace(at, uid_word.size(), uid.hex());
    }
    return text;
}

bool is_closed(const std::optional<Bytes>& change_access, const LifeCycles& states) {
    const auto allowed = permission(change_access, states);
    return allowed == Permission::never || allowed == Permission::later;
}

Result<Recipe> Recipe::parse(std::string_view text, const std::string& path) {
    TRY(const auto top, TomlSection::parse(text, path));
    return Reader{top, path}.run(text);
}

Result<Recipe> Recipe::read(const std::string& path) {
    TRY(const auto content, files::read_input(path));
    return parse(text::as_text(content), path);
}

}  // namespace trustx::provisioning

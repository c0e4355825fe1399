// SPDX-License-Identifier: Apache-2.0
// A recipe: what every chip of a product gets. It is a file in TOML, which people write and review; trustx-recipe(5)
// describes it. Everything that can be judged without a chip is judged here.
#pragma once

#include "common/x509/certificate.hpp"

#include <trustx/key.hpp>
#include <trustx/metadata_plan.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>
#include <trustx/uid.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::provisioning {

// Rules are who may do what with an object, and the state that it is raised to.
struct Rules {
    MetadataChange conditions{};
    std::optional<LifeCycleState> life_cycle{};
};

// SlotPart is a key, and the certificate for it.
struct SlotPart {
    ObjectId slot;
    Curve curve = Curve::p256;
    KeyUsage usage = KeyUsage::authentication | KeyUsage::sign;
    std::string subject{};  // RFC 4514, with {uid} for the chip's UID; empty: no certificate
    bool replace = false;   // a certificate for another key may be replaced
    Rules rules{};

    [[nodiscard]] std::string subject_of(const Uid& uid) const;
};

// ObjectPart is the content of an object, and its rules; a trust anchor where it has a certificate.
struct ObjectPart {
    ObjectId object;
    std::optional<Bytes> content{};
    std::optional<x509::Certificate> certificate{};
    bool replace = false;     // another trust anchor may be replaced
    std::string update_path;  // of a trust anchor that is closed: the other anchor, or `replace-chip`
    Rules rules{};
};

inline constexpr std::string_view replace_chip = "replace-chip";

// AuthorityPart is who issues certificates: files, or a program.
struct AuthorityPart {
    std::string certificate{};  // a file
    std::string key{};          // a file
    std::chrono::days validity{3650};
    std::vector<std::string> command{};
    std::chrono::seconds timeout{60};
    std::vector<x509::Certificate> trusted{};  // what is in the file `certificate`
};

struct Recipe {
    std::string name{};
    std::string digest{};                      // SHA-256 of the recipe and of the files that objects are made from
    std::string manifest{};                    // a file; empty: none
    std::chrono::days lifetime{10 * 365};      // of a device: what ends before is warned of
    std::optional<AuthorityPart> authority{};  // there is one where a slot has a subject
    std::vector<SlotPart> slots{};
    std::vector<ObjectPart> objects{};  // trust anchors among them

    // read reads a recipe; files that it names are found from its directory. Errors: InputErrc::unreadable;
    // InputErrc::malformed with file and line; InputErrc::usage and InputErrc::check_failed for what cannot be meant.
    static Result<Recipe> read(const std::string& path);
    // parse is the same for text.
    static Result<Recipe> parse(std::string_view text, const std::string& path);
};

// is_closed says that nobody can write an object any more in these states.
bool is_closed(const std::optional<Bytes>& change_access, const LifeCycles& states);

}  // namespace trustx::provisioning

// SPDX-License-Identifier: Apache-2.0
// Metadata in words and in JSON.
#pragma once

#include <trustx/key.hpp>
#include <trustx/metadata.hpp>
#include <trustx/object_id.hpp>

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace trustx::cli {

// life_cycle_text names the state; an absent one counts as operational and stays so (chip-objects.md section 2).
std::string life_cycle_text(const Metadata& metadata);

// key_text is "P-256, usage auth,sign", or "no key".
std::string key_text(Curve curve, std::optional<KeyUsage> usage);
std::string key_text(const Metadata& metadata);

// explain says everything, one fact on each line.
std::string explain(ObjectId object, const Metadata& metadata);

// to_json is the same for programs.
nlohmann::ordered_json to_json(ObjectId object, const Metadata& metadata);

}  // namespace trustx::cli

// SPDX-License-Identifier: Apache-2.0
#include "firmware/lowest_version.hpp"

#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "firmware/error.hpp"
#include "firmware/manifest.hpp"

#include <trustx/metadata_plan.hpp>
#include <trustx/objects.hpp>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace trustx::firmware {
namespace {

constexpr std::string_view label = "trustx-firmware-version=";
constexpr std::size_t most_digits = 16;  // of highest_version

bool is_number(std::string_view text) {
    return text.size() <= most_digits &&
           std::all_of(text.begin(), text.end(), [](char letter) { return letter >= '0' && letter <= '9'; });
}

Result<VersionObject> read_version_object(LockedDevice& device, ObjectId object) {
    TRY(auto metadata, device.run(GetMetadata{.object = object}));
    TRY(const auto states, read_life_cycles(device, metadata));
    TRY(const auto content, read_object(device, object));
    const auto change = permission(metadata.change_access, states);
    return VersionObject{
        .object = object, .record = parse_record(content), .metadata = std::move(metadata), .change = change};
}

// objects_option repeats what a command has to be told where they are not the usual ones.
std::string objects_option(const LowestVersion& lowest) {
    std::string list;
    std::vector<ObjectId> objects;
    for (const auto& object : lowest.objects) {
        list += (list.empty() ? "" : ",") + object.object.hex();
        objects.push_back(object.object);
    }
    return objects == version_objects() ? "" : " --objects " + list;
}

bool holds(const VersionObject& object, std::optional<std::uint64_t> version) {
    return object.record.content == Content::version && object.record.version == version;
}

// target is where the next version goes: an object without a version before one with a lower version, and the one with
// the present version only when it is the last.
const VersionObject* target(const LowestVersion& lowest) {
    const auto rank = [present = lowest.version()](const VersionObject& object) -> std::uint64_t {
        if (object.record.content != Content::version) {
            return 0;
        }
        return holds(object, present) ? highest_version + 1 : object.record.version + 1;
    };
    const VersionObject* best = nullptr;
    for (const auto& object : lowest.objects) {
        if (object.change == Permission::granted && (best == nullptr || rank(object) < rank(*best))) {
            best = &object;
        }
    }
    return best;
}

// close_object makes the conditions what they have to be, and the state what makes them final. Everybody may read.
Result<void> close_object(LockedDevice& device, const VersionObject& object) {
    TRY(const auto metadata, device.run(GetMetadata{.object = object.object}));
    TRY(const auto states, read_life_cycles(device, metadata));
    TRY(auto change, parse_access("LcsO < operational"));
    TRY(auto read, parse_access("always"));
    TRY(const auto plan,
        plan_metadata(object.object, metadata,
                      MetadataChange{.change_access = std::move(change), .read_access = std::move(read)}, states));
    TRYV(apply_metadata(device, plan));
    TRYV(raise_object_life_cycle(device, object.object, LifeCycleState::operational));
    TRY(const auto after, read_version_object(device, object.object));
    return after.fixed()
               ? Result<void>{}
               : fail(Errc::verify_mismatch, object.object.hex() + " is operational and can be written still");
}

Result<void> write_version(LockedDevice& device, ObjectId object, std::uint64_t version) {
    const auto text = record_text(version);
    return write_object(device, object, text::as_bytes(text));
}

}  // namespace

const std::vector<ObjectId>& version_objects() {
    static const std::vector<ObjectId> objects{ObjectId{0xF1DC}, ObjectId{0xF1DD}, ObjectId{0xF1DE}, ObjectId{0xF1DF}};
    return objects;
}

Result<std::vector<ObjectId>> parse_version_objects(const std::string& list) {
    std::vector<ObjectId> objects;
    std::istringstream words{list};
    for (std::string word; std::getline(words, word, ',');) {
        const auto object = ObjectId::parse(word);
        const auto* info = object ? describe(*object) : nullptr;
        if (info == nullptr || info->kind != ObjectKind::data) {
            return fail(InputErrc::usage, "`" + word + "` is no data object; name some of F1D0 to F1DF, with commas");
        }
        if (std::find(objects.begin(), objects.end(), *object) != objects.end()) {
            return fail(InputErrc::usage, word + " is named twice");
        }
        objects.push_back(*object);
    }
    return objects.empty() ? fail(InputErrc::usage, "the list of objects is empty; name some of F1D0 to F1DF")
                           : Result<std::vector<ObjectId>>{std::move(objects)};
}

std::string record_text(std::uint64_t version) {
    return std::string{label} + std::to_string(version) + "\n";
}

// The factory leaves objects full of zeros (chip-objects.md section 1.5).
Record parse_record(ByteView bytes) {
    while (!bytes.empty() && bytes.back() == 0) {
        bytes = bytes.first(bytes.size() - 1);
    }
    const std::string text{bytes.begin(), bytes.end()};
    if (text.empty()) {
        return {};
    }
    if (label.starts_with(text) ||
        (text.starts_with(label) && is_number(std::string_view{text}.substr(label.size())))) {
        return {.content = Content::unfinished};
    }
    std::uint64_t version = 0;
    const auto* begin = text.data() + std::min(label.size(), text.size());
    std::from_chars(begin, text.data() + text.size(), version);
    return text == record_text(version) && version <= highest_version
               ? Record{.content = Content::version, .version = version}
               : Record{.content = Content::foreign};
}

bool lowers(ByteView before, ByteView after) {
    const auto present = parse_record(before);
    const auto next = parse_record(after);
    return present.content == Content::version && next.content == Content::version && next.version < present.version;
}

std::optional<std::uint64_t> LowestVersion::version() const {
    std::optional<std::uint64_t> highest;
    for (const auto& object : objects) {
        if (object.record.content == Content::version) {
            highest = std::max(highest, std::optional{object.record.version});
        }
    }
    return highest;
}

std::optional<std::uint64_t> LowestVersion::fixed() const {
    LowestVersion kept;
    std::copy_if(objects.begin(), objects.end(), std::back_inserter(kept.objects),
                 [](const auto& object) { return object.fixed(); });
    return kept.version();
}

std::size_t LowestVersion::open() const {
    return static_cast<std::size_t>(std::count_if(
        objects.begin(), objects.end(), [](const auto& object) { return object.change == Permission::granted; }));
}

std::optional<ObjectId> LowestVersion::unfinished() const {
    const auto found = std::find_if(objects.begin(), objects.end(),
                                    [](const auto& object) { return object.record.content == Content::unfinished; });
    return found == objects.end() ? std::nullopt : std::optional{found->object};
}

Result<LowestVersion> read_lowest_version(LockedDevice& device, const std::vector<ObjectId>& objects) {
    LowestVersion lowest;
    for (const auto object : objects) {
        TRY(auto read, read_version_object(device, object));
        if (read.record.content == Content::foreign) {
            return fail(InputErrc::check_failed,
                        object.hex() +
                            " holds something that is no version of firmware, and nothing is known of the lowest "
                            "version then. If nobody else needs that, clear it: head -c 140 /dev/zero | trustx object "
                            "write " +
                            object.hex() +
                            " -; if others do, name all objects of the lowest version by --objects, in every command");
        }
        lowest.objects.push_back(std::move(read));
    }
    return lowest;
}

Result<void> check_version(const LowestVersion& lowest, std::uint64_t version) {
    const auto least = lowest.version();
    if (!least) {
        const auto unfinished = lowest.unfinished();
        return fail(
            InputErrc::nothing_there,
            "the chip holds no lowest version of firmware, so none is let in" +
                (unfinished ? "; " + unfinished->hex() +
                                  " has the beginning of one, without the newline at its end, as an interrupted "
                                  "write leaves it"
                            : "") +
                "; `trustx firmware version --raise N" + objects_option(lowest) + "` writes the first");
    }
    if (version < *least) {
        return fail(FirmwareErrc::too_old, "version " + std::to_string(version) + " is too old: the chip holds " +
                                               std::to_string(*least) + " as the lowest that is still allowed");
    }
    return {};
}

Result<std::string> raise_lowest_version(LockedDevice& device, const std::vector<ObjectId>& objects,
                                         std::uint64_t version, bool close) {
    TRY(const auto lowest, read_lowest_version(device, objects));
    const auto present = lowest.version();
    if (present && version < *present) {
        return fail(FirmwareErrc::too_old, "the lowest version is " + std::to_string(*present) +
                                               ", and nothing lowers it to " + std::to_string(version));
    }
    if (present == version && (!close || lowest.fixed() == version)) {
        return std::string{};
    }
    const auto holder = std::find_if(lowest.objects.begin(), lowest.objects.end(), [version](const auto& object) {
        return holds(object, version) && object.change == Permission::granted;
    });
    const auto* chosen = holder != lowest.objects.end() ? &*holder : target(lowest);
    if (chosen == nullptr) {
        return fail(InputErrc::refused,
                    "none of the objects for the lowest version can be written any more; name others "
                    "beside them by --objects, here and wherever it is checked");
    }
    const auto name = chosen->object.hex();
    if (!holds(*chosen, version)) {
        TRYV(write_version(device, chosen->object, version));
    }
    TRYV(close ? close_object(device, *chosen) : Result<void>{});
    return "the lowest version is " + std::to_string(version) + ", in " + name + (close ? ", permanently" : "");
}

}  // namespace trustx::firmware

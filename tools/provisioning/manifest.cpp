// SPDX-License-Identifier: Apache-2.0
#include "provisioning/manifest.hpp"

#include "common/files/input_error.hpp"
#include "common/text/json_words.hpp"
#include "common/try.hpp"

#include <map>
#include <utility>

#include <nlohmann/json.hpp>

namespace trustx::provisioning {
namespace {

constexpr int manifest_format = 1;

Result<Delivery> read_delivery(const nlohmann::ordered_json& json) {
    if (json.at("format") != manifest_format) {
        return fail(InputErrc::malformed, "its format is that of another version");
    }
    TRY(const auto slot, ObjectId::parse(json.at("slot").get<std::string>()));
    return Delivery{.uid = json.at("uid"),
                    .slot = slot,
                    .certificate_id = json.at("certificateId"),
                    .certificate = json.at("certificate"),
                    .public_key = json.at("publicKey"),
                    .recipe = json.at("recipe"),
                    .time = json.at("time")};
}

// Table keeps the last delivery for each key, in the place of the first.
class Table {
 public:
    void add(Delivery delivery) {
        const auto [place, fresh] = places_.try_emplace({delivery.uid, delivery.slot}, deliveries_.size());
        if (fresh) {
            deliveries_.push_back(std::move(delivery));
        } else {
            deliveries_[place->second] = std::move(delivery);
        }
    }
    std::vector<Delivery> take() && { return std::move(deliveries_); }

 private:
    std::map<std::pair<std::string, ObjectId>, std::size_t> places_{};
    std::vector<Delivery> deliveries_{};
};

}  // namespace

std::string Delivery::line() const {
    const nlohmann::ordered_json json{
        {"format", manifest_format}, {"uid", uid},   {"slot", slot.hex()},      {"certificateId", certificate_id},
        {"recipe", recipe},          {"time", time}, {"publicKey", public_key}, {"certificate", certificate}};
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<Delivery> Delivery::parse(std::string_view line) {
    try {
        return read_delivery(nlohmann::ordered_json::parse(line));
    } catch (const nlohmann::json::exception& error) {
        return fail(InputErrc::malformed, text::json_words(error));
    }
}

Result<void> add_to_manifest(files::FileStore& files, const std::string& path,
                             const std::vector<Delivery>& deliveries) {
    TRY(const auto lock, files.lock(path + ".lock"));
    if (lock == nullptr) {
        return fail(InputErrc::unwritable, "another process is writing to " + path + "; repeat this");
    }
    std::string lines;
    for (const auto& delivery : deliveries) {
        lines += delivery.line();
    }
    return files.append(path, lines, files::Access::everybody);
}

Result<std::vector<Delivery>> parse_manifest(std::string_view text, const std::string& name) {
    Table table;
    for (std::size_t number = 1; text.find('\n') != std::string_view::npos; ++number) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() + 1);
        if (line.find_first_not_of(" \r\t") == std::string_view::npos) {
            continue;
        }
        auto delivery = Delivery::parse(line);
        if (!delivery) {
            return fail(InputErrc::malformed, name + ":" + std::to_string(number) +
                                                  ": no line of a manifest: " + delivery.error().operation());
        }
        table.add(*std::move(delivery));
    }
    return std::move(table).take();
}

}  // namespace trustx::provisioning

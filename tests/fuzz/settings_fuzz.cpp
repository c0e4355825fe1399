// SPDX-License-Identifier: Apache-2.0
// Texts that people write: bus addresses, object names, key usages, the settings file.
#include "fuzz_input.hpp"
#include "settings/declarations.hpp"
#include "settings/settings_file.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/key.hpp>
#include <trustx/object_id.hpp>

#include <memory>

using namespace trustx;
using test::expect;

namespace {

void check_address(std::string_view text) {
    const auto address = BusAddress::parse(text);
    if (!address) {
        expect(address.error() == Errc::address_invalid, "the error says that the address is invalid");
        return;
    }
    const auto again = BusAddress::parse(address->text());
    expect(again && *again == *address, "an address survives its full form");
}

void check_object(std::string_view text) {
    if (const auto id = ObjectId::parse(text)) {
        const auto again = ObjectId::parse(id->hex());
        expect(again && *again == *id, "an object survives its number");
    }
}

void check_usage(std::string_view text) {
    if (const auto usage = parse_key_usage(text)) {
        const auto again = parse_key_usage(to_string(*usage));
        expect(again && *again == *usage, "a key usage survives its words");
    }
}

struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

void check_settings_file(std::span<const std::uint8_t> bytes) {
    Bytes content = test::exactly(bytes);
    if (content.empty()) {
        return;  // fmemopen wants a byte at least
    }
    const std::unique_ptr<std::FILE, CloseFile> file{::fmemopen(content.data(), content.size(), "r")};
    expect(file != nullptr, "fmemopen works");
    const auto settings = parse_settings_file(file.get(), "trustx.conf");
    if (!settings) {
        expect(settings.error().message().find("trustx.conf") != std::string::npos, "an error names the file");
        return;
    }
    for (const auto& [name, section] : settings->devices) {
        expect(!name.empty(), "a device section has a name");
        const auto* timeout = section.find("lock-timeout-ms");
        expect(timeout == nullptr || parse_timeout(timeout->text), "a timeout is within its limits");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{test::text_of({data, size})};
    check_address(text);
    check_object(text);
    check_usage(text);
    check_settings_file({data, size});
    return 0;
}

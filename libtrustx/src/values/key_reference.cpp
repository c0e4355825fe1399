// SPDX-License-Identifier: Apache-2.0
#include "codec/der.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <trustx/key_reference.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace trustx {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t tag_coprocessor = der::context(0);
constexpr std::uint8_t tag_device = der::context(1);
constexpr std::uint8_t tag_label = der::context(2);

tl::unexpected<Error> malformed(std::string_view what) {
    return fail(Errc::key_file_malformed, "key reference: " + std::string{what});
}

// An empty text is left out by to_der, and one with control characters would spoil messages, so both are refused.
std::string take_text(der::Reader& reader, std::uint8_t tag) {
    if (reader.next_tag() != tag) {
        return {};
    }
    const ByteView content = reader.content(tag);
    std::string text{content.begin(), content.end()};
    if (text.empty() || !text::is_printable(text)) {
        reader.fail();
    }
    return text;
}

void take_coprocessor(der::Reader& reader, std::optional<Uid>& coprocessor) {
    if (reader.next_tag() != tag_coprocessor) {
        return;
    }
    if (const auto uid = Uid::from_bytes(reader.content(tag_coprocessor))) {
        coprocessor = *uid;
    } else {
        reader.fail();
    }
}

// skip_later_fields passes over what later versions append: context tags above those of version 1, in ascending order.
void skip_later_fields(der::Reader& reader) {
    constexpr std::uint8_t class_mask = 0xC0;
    constexpr std::uint8_t context_class = 0x80;
    constexpr std::uint8_t number_mask = 0x1F;
    unsigned last = tag_label & number_mask;
    while (!reader.failed() && !reader.done()) {
        const std::uint8_t tag = reader.next_tag();
        const unsigned number = tag & number_mask;
        if ((tag & class_mask) != context_class || number <= last || number == number_mask) {
            reader.fail();
        }
        last = number;
        reader.content(tag);
    }
}

std::string lines(const KeyReference& reference, std::string_view mark) {
    std::string text;
    const auto add = [&text, mark](std::string_view name, std::string_view value) {
        if (!value.empty()) {
            text.append(mark).append(name).append(": ").append(value).append("\n");
        }
    };
    const auto* info = describe(reference.key);
    add("key object", reference.key.hex());
    add("name", info != nullptr ? info->name : "");
    add("curve", curve_name(reference.public_key.curve));
    add("chip", reference.coprocessor ? reference.coprocessor->hex() : "");
    add("device", reference.device);
    add("label", reference.label);
    return text;
}

}  // namespace

Result<void> KeyReference::check_label(std::string_view label) {
    if (!text::is_printable(label) || label.size() > max_label) {
        return fail(Errc::argument_invalid, "label of a key: " + std::to_string(label.size()) +
                                                " bytes; it is one line of UTF-8 of at most " +
                                                std::to_string(max_label) + " bytes");
    }
    return {};
}

std::string KeyReference::description() const {
    return lines(*this, "");
}

std::string KeyReference::comment() const {
    return "# Reference to a private key in an OPTIGA Trust X chip. It holds no secret: the key stays in the chip.\n" +
           lines(*this, "# ");
}

Bytes KeyReference::to_der() const {
    const std::array object{static_cast<std::uint8_t>(key.value >> 8), static_cast<std::uint8_t>(key.value)};
    const Bytes info = public_key.subject_public_key_info();
    Bytes fields;
    der::append_unsigned_integer(fields, {&version, 1});
    der::append(fields, der::tag_octet_string, object);
    fields.insert(fields.end(), info.begin(), info.end());
    if (coprocessor) {
        der::append(fields, tag_coprocessor, coprocessor->bytes);
    }
    if (!device.empty()) {
        der::append(fields, tag_device, text::as_bytes(device));
    }
    if (!label.empty()) {
        der::append(fields, tag_label, text::as_bytes(label));
    }
    Bytes reference;
    der::append(reference, der::tag_sequence, fields);
    return reference;
}

Result<KeyReference> KeyReference::from_der(ByteView der) {
    der::Reader outer{der};
    der::Reader fields{outer.content(der::tag_sequence)};
    const ByteView file_version = fields.unsigned_integer();
    if (fields.failed() || !outer.done()) {
        return malformed("not the DER form of one");
    }
    if (file_version.size() != 1 || file_version[0] != version) {
        return malformed("version " + to_hex(file_version) + " (hexadecimal), this program reads version 1");
    }
    const ByteView object = fields.content(der::tag_octet_string);
    const ByteView info = fields.element(der::tag_sequence);
    if (fields.failed() || object.size() != 2) {
        return malformed("key object");
    }
    TRY(auto public_key, PublicKey::from_subject_public_key_info(info).during("key reference"));
    KeyReference reference;
    reference.key = ObjectId{static_cast<std::uint16_t>(object[0] << 8 | object[1])};
    reference.public_key = std::move(public_key);
    take_coprocessor(fields, reference.coprocessor);
    reference.device = take_text(fields, tag_device);
    reference.label = take_text(fields, tag_label);
    skip_later_fields(fields);
    if (!fields.done()) {
        return malformed("optional fields");
    }
    return reference;
}

}  // namespace trustx

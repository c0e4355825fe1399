// SPDX-License-Identifier: Apache-2.0
// Response APDUs, and the data of every command's answer.
#include "codec/der.hpp"
#include "command/apdu.hpp"
#include "fuzz_input.hpp"
#include "support/coded.hpp"
#include "support/known_tags.hpp"

#include <trustx/commands.hpp>
#include <trustx/uid.hpp>

#include <algorithm>

using namespace trustx;
using test::decoded;
using test::expect;

namespace {

void check_public_key(ByteView data) {
    if (const auto key = decoded(GenKeyPair{}, data)) {
        expect(key->point.size() == 1 + 2 * field_size(key->curve), "a point has the size of its curve");
        const auto again = PublicKey::from_subject_public_key_info(key->subject_public_key_info());
        expect(again && *again == *key, "a public key survives its DER form");
    }
}

void check_signature(ByteView data) {
    if (const auto signature = decoded(CalcSign{}, data)) {
        const Bytes der = signature->der();
        expect(der.size() > data.size() && std::equal(data.rbegin(), data.rend(), der.rbegin()),
               "DER holds the chip's own integers");
        der::Reader outer{der};
        der::Reader integers{outer.content(der::tag_sequence)};
        expect(std::ranges::equal(integers.unsigned_integer(), signature->r), "r is r");
        expect(std::ranges::equal(integers.unsigned_integer(), signature->s), "s is s");
        expect(integers.done() && outer.done(), "nothing follows");
    }
}

void check_metadata(ByteView data) {
    if (const auto metadata = decoded(GetMetadata{}, data)) {
        const auto again = Metadata::parse(metadata->encode());
        expect(again && *again == test::known_tags(*metadata), "metadata survives");
    }
}

void check_dtls(ByteView data) {
    if (const auto part = decoded(GetHandshakeMessage{.session = object::session_1}, data)) {
        expect(part->bytes.size() >= PutHandshakeMessage::header_size && part->bytes.size() + 3 == data.size(),
               "a part of a handshake message is what its length says");
    }
    const EncryptRecord encrypt{.session = object::session_1, .type = 23, .number = 1, .payload = Bytes(11)};
    if (const auto record = decoded(encrypt, data)) {
        expect(record->size() == DecryptRecord::header_size + 11 + DecryptRecord::expansion && record->front() == 23,
               "a record is as long as it has to be");
    }
    Bytes sent(DecryptRecord::header_size + 11 + DecryptRecord::expansion);
    const Bytes header{23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 1, 0, 27};
    std::ranges::copy(header, sent.begin());
    if (const auto payload = decoded(DecryptRecord{.session = object::session_1, .record = sent}, data)) {
        expect(payload->size() == 11, "a payload is as long as it has to be");
    }
}

void check_sizes(ByteView data, std::uint16_t length) {
    const GetDataObject get{.object = object::coprocessor_uid, .length = length};
    if (const auto content = decoded(get, data)) {
        expect(content->size() <= length && std::ranges::equal(*content, data), "a slice is not longer than wanted");
    }
    const GetRandom random{.length = length};
    if (const auto bytes = decoded(random, data)) {
        expect(bytes->size() == length, "random bytes are as many as wanted");
    }
    expect(decoded(SetDataObject{}, data).has_value() == data.empty(), "no data where none belongs");
    expect(decoded(SetMetadata{}, data).has_value() == data.empty(), "no data where none belongs");
    if (const auto uid = Uid::from_bytes(data)) {
        expect(std::ranges::equal(uid->bytes, data) && !uid->firmware_build().empty(), "a UID is its bytes");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::Input input{data, size};
    const auto length = input.u16();
    const Bytes apdu = test::exactly(input.rest());
    const auto response = parse_response_apdu(apdu);
    expect(!response || response->data.size() + apdu_header_size == apdu.size(), "OutLen is what follows");
    const Bytes answer = response ? test::exactly(response->data) : apdu;
    check_public_key(answer);
    check_signature(answer);
    check_metadata(answer);
    check_dtls(answer);
    check_sizes(answer, length);
    return 0;
}

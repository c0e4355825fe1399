// SPDX-License-Identifier: Apache-2.0
#include "dtls_recording.hpp"

#include "common/openssl/handles.hpp"
#include "model/chip/certificate.hpp"
#include "model/crypto/sha256.hpp"

#include <stdexcept>

#include <openssl/ec.h>

namespace trustx::test {

namespace {

openssl::Bignum number(sim::ByteView bytes) {
    return openssl::Bignum{BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
}

// message_in is the handshake message in a command or an answer, behind everything else.
sim::Bytes message_in(const sim::Bytes& apdu, std::size_t headers) {
    return {apdu.begin() + static_cast<std::ptrdiff_t>(headers), apdu.end()};
}

// digest_signed is the digest over the transcript up to ClientKeyExchange.
sim::Bytes digest_signed(const nlohmann::json& apdus) {
    sim::Sha256 transcript;
    for (const auto& apdu : apdus) {
        const sim::Bytes command = field(apdu, "cmd");
        const unsigned what = command.at(0) << 8U | command.at(1);
        if (what == 0x1A03 || what == 0x1A0B || what == 0x1A10) {
            transcript.update(message_in(field(apdu, "rsp"), 4 + 3));
        } else if (command.at(0) == 0x1B && what != 0x1B03 && what != 0x1B51 && what != 0x1B14) {
            transcript.update(message_in(command, 4 + 2 + 3));
        }
    }
    const auto digest = transcript.finish();
    return {digest.begin(), digest.end()};
}

// nonce_of is the k of an ECDSA signature whose key is known: (e + r d) / s.
sim::Bytes nonce_of(const sim::Bytes& digest, const sim::Bytes& key, const sim::Bytes& r, const sim::Bytes& s) {
    const openssl::BignumContext context{BN_CTX_new()};
    const openssl::EcGroup group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
    const BIGNUM* order = EC_GROUP_get0_order(group.get());
    const openssl::Bignum k{BN_new()};
    const openssl::Bignum inverse{BN_mod_inverse(nullptr, number(s).get(), order, context.get())};
    BN_mod_mul(k.get(), number(r).get(), number(key).get(), order, context.get());
    BN_mod_add(k.get(), k.get(), number(digest).get(), order, context.get());
    BN_mod_mul(k.get(), k.get(), inverse.get(), order, context.get());
    sim::Bytes bytes(32);
    BN_bn2binpad(k.get(), bytes.data(), 32);
    return bytes;
}

// The two numbers in the recorded CertificateVerify: 04 03, length, SEQUENCE, and INTEGERs of 32 or 33 bytes.
std::pair<sim::Bytes, sim::Bytes> signature_in(const sim::Bytes& answer) {
    sim::ByteReader reader{sim::ByteView(answer).subspan(4 + 3 + 12 + 4 + 2)};
    reader.u8();
    const auto r = reader.take(reader.u8());
    reader.u8();
    const auto s = reader.take(reader.u8());
    return {sim::to_bytes(r), sim::to_bytes(s)};
}

const nlohmann::json& first_command(const nlohmann::json& apdus, std::string_view prefix) {
    for (const auto& apdu : apdus) {
        if (apdu.at("cmd").get<std::string>().substr(0, prefix.size()) == prefix) {
            return apdu;
        }
    }
    throw std::runtime_error("the recording has no such command");
}

}  // namespace

sim::Bytes field(const nlohmann::json& object, const char* name) {
    return sim::from_hex(object.at(name).get<std::string>()).value();
}

Recording::Recording(nlohmann::json recorded) : run(std::move(recorded)) {
    const sim::Bytes client_random = field(run, "client_random");
    random_.assign(client_random.begin() + 4, client_random.end());
    sim::append(random_, field(run.at("keys"), "chip_ephemeral_priv"));
    const auto [r, s] = signature_in(field(first_command(apdus, "1a0f"), "rsp"));
    sim::append(random_, nonce_of(digest_signed(apdus), field(run.at("keys"), "chip_priv"), r, s));
}

sim::Crypto::Random Recording::random() {
    drawn_ = 0;
    return [this, more = any_random()](std::size_t count) {
        if (drawn_ + count > random_.size()) {
            return more(count);
        }
        const auto from = random_.begin() + static_cast<std::ptrdiff_t>(drawn_);
        drawn_ += count;
        return sim::Bytes{from, from + static_cast<std::ptrdiff_t>(count)};
    };
}

void Recording::prepare(PlainChip& chip) const {
    const auto& certificates = run.at("certs");
    chip.put_key(sim::ObjectId::key_1, sim::Curve::p256, sim::usage::auth, field(run.at("keys"), "chip_priv"));
    chip.put(sim::ObjectId::trust_anchor_1, field(certificates, "ca_der"));
    chip.put(sim::ObjectId::certificate_1, sim::tls_identity(field(certificates, "chip_der")));
}

std::string Recording::command(std::size_t number) const {
    return sim::to_hex(field(apdus.at(number), "cmd"));
}

std::string Recording::answer(std::size_t number) const {
    return sim::to_hex(field(apdus.at(number), "rsp"));
}

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
// Agrees on a key with a peer. The shared secret stays in a session object of the chip; what comes out is a key derived
// from it with the PRF of TLS 1.2, 16 bytes for this label and seed.
//
// usage: agree_key SLOT PEER.der LABEL-AND-SEED        PEER.der: the peer's public key, as `openssl pkey -pubout` makes
// it
#include <trustx/device.hpp>
#include <trustx/settings.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace {

trustx::Result<trustx::PublicKey> read_public_key(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    const trustx::Bytes der{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
    return trustx::PublicKey::from_subject_public_key_info(der);
}

trustx::Result<trustx::SecretBytes> agree(trustx::ObjectId slot, const trustx::PublicKey& peer,
                                          const std::string& label_and_seed) {
    const auto settings = trustx::resolve_settings({});
    if (!settings) {
        return settings.failure();
    }
    const auto device = trustx::Device::open(settings->address, settings->options);
    // The session is this program's until the lease ends; other programs get one of the other three.
    const auto session = device->lease_session();
    if (!session) {
        return session.failure();
    }
    const auto agreed = device->run(trustx::CalcSSec{.key = slot, .peer = peer, .session = session->object()});
    if (!agreed) {
        return agreed.failure();
    }
    const trustx::Bytes seed{label_and_seed.begin(), label_and_seed.end()};
    return device->run(trustx::DeriveKey{.secret = session->object(), .label_and_seed = seed, .length = 16});
}

int fail(const trustx::Error& error) {
    std::fprintf(stderr, "agree_key: %s\n", error.message().c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const auto slot = argc == 4 ? trustx::ObjectId::parse(argv[1]) : trustx::ObjectId::parse("");
    if (!slot) {
        std::fputs("usage: agree_key SLOT PEER.der LABEL-AND-SEED\n", stderr);
        return 2;
    }
    const auto peer = read_public_key(argv[2]);
    if (!peer) {
        return fail(peer.error());
    }
    const auto key = agree(*slot, *peer, argv[3]);
    if (!key) {
        return fail(key.error());
    }
    std::puts(trustx::to_hex(*key).c_str());
    return 0;
}

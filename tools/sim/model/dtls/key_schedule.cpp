// SPDX-License-Identifier: Apache-2.0
#include "model/dtls/key_schedule.hpp"

namespace trustx::sim::dtls {

namespace {

constexpr std::size_t master_secret_size = 48;
constexpr std::size_t key_block_size = 40;
constexpr std::size_t verify_data_size = 12;

Bytes seed(std::string_view label, ByteView first, ByteView second = {}) {
    Bytes bytes = to_bytes(label);
    append(bytes, first);
    append(bytes, second);
    return bytes;
}

}  // namespace

MasterSecret master_secret(const Crypto& crypto, Bytes&& premaster, ByteView client_random, ByteView server_random) {
    const auto secret = Wiped<48>::take(std::move(premaster));
    return MasterSecret::take(
        crypto.prf(secret.view(), seed("master secret", client_random, server_random), master_secret_size));
}

TrafficKeys traffic_keys(const Crypto& crypto, const MasterSecret& master, ByteView client_random,
                         ByteView server_random) {
    const auto block = Wiped<key_block_size>::take(
        crypto.prf(master.view(), seed("key expansion", server_random, client_random), key_block_size));
    const auto part = [&](std::size_t offset, std::size_t size) {
        return to_bytes(block.view().subspan(offset, size));
    };
    return {{Wiped<16>::take(part(0, 16)), Wiped<4>::take(part(32, 4))},
            {Wiped<16>::take(part(16, 16)), Wiped<4>::take(part(36, 4))}};
}

Bytes verify_data(const Crypto& crypto, const MasterSecret& master, Side side, ByteView transcript_digest) {
    const std::string_view label = side == Side::client ? "client finished" : "server finished";
    return crypto.prf(master.view(), seed(label, transcript_digest), verify_data_size);
}

}  // namespace trustx::sim::dtls

// SPDX-License-Identifier: Apache-2.0
// Secrets of a connection (chip-dtls.md section 6).
#pragma once

#include "model/crypto/crypto.hpp"
#include "model/dtls/record.hpp"
#include "model/dtls/wiped.hpp"

namespace trustx::sim::dtls {

using MasterSecret = Wiped<48>;

struct TrafficKeys {
    RecordKey client;
    RecordKey server;
};

enum class Side { client, server };

// master_secret wipes the premaster secret.
MasterSecret master_secret(const Crypto& crypto, Bytes&& premaster, ByteView client_random, ByteView server_random);
TrafficKeys traffic_keys(const Crypto& crypto, const MasterSecret& master, ByteView client_random,
                         ByteView server_random);
// verify_data is what Finished of a side contains after a transcript.
Bytes verify_data(const Crypto& crypto, const MasterSecret& master, Side side, ByteView transcript_digest);

}  // namespace trustx::sim::dtls

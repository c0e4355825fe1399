// SPDX-License-Identifier: Apache-2.0
// Handshakes of which the chip does more than the signature: by the settings of the provider's section, and with groups
// that it has.
#pragma once

#include "tls_parties.hpp"

#include <trustx/device.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace trustx::test {

using Settings = std::map<std::string, std::string>;

// P-521 stays in software, and without a group of the name EC a client of TLS 1.2 offers none at all
// (openssl-provider.md section 6.1).
inline constexpr const char* groups = "P-256:P-384:P-521";

// The suite whose secrets the chip can keep.
inline constexpr const char* with_sha256 = "ECDHE-ECDSA-AES128-GCM-SHA256";

inline Settings with_ephemeral(Settings settings = {}) {
    settings.try_emplace("scope", "ephemeral");
    return settings;
}

// Two parties of which one or both have their ephemeral keys in the chip.
struct Handshakes {
    std::string scope;
    Parties parties;
    LibCtx software;

    explicit Handshakes(const Settings& settings = {}, Arrangement arrangement = Arrangement::ahead_by_name)
        : scope{with_ephemeral(settings).at("scope")},
          parties{Parties::InChip::client, "P-256", arrangement, with_ephemeral(settings)},
          software{parties.chip.with(Arrangement::default_first).libctx()} {}

    enum class Side { client, server, both };

    [[nodiscard]] Context client(int version, Side side = Side::both, const char* with = groups) const {
        Context ctx =
            parties.context("client", TLS_client_method(), version, side == Side::server ? software.get() : nullptr);
        REQUIRE(SSL_CTX_set1_groups_list(ctx.get(), with) == 1);
        return ctx;
    }
    [[nodiscard]] Context server(int version, Side side = Side::both, const char* with = groups) const {
        Context ctx =
            parties.context("server", TLS_server_method(), version, side == Side::client ? software.get() : nullptr);
        REQUIRE(SSL_CTX_set1_groups_list(ctx.get(), with) == 1);
        return ctx;
    }

    [[nodiscard]] int commands(const std::string& name) const {
        return parties.chip.stats().at("commands").value(name, 0);
    }

    // device leases session objects as another process does.
    [[nodiscard]] std::unique_ptr<trustx::Device> device() const {
        trustx::DeviceOptions options;
        options.lock_directory = parties.chip.simulator().directory().path();
        return trustx::Device::open(trustx::BusAddress::parse(parties.chip.simulator().address()).value(), options);
    }
    [[nodiscard]] int free_sessions() const {
        const auto device = this->device();
        std::vector<trustx::SessionLease> leases;
        for (;;) {
            auto lease = device->lease_session(std::chrono::milliseconds{1});
            if (!lease) {
                return static_cast<int>(leases.size());
            }
            leases.push_back(std::move(*lease));
        }
    }
};

inline std::string name_of(Handshakes::Side side) {
    return side == Handshakes::Side::client ? "client" : side == Handshakes::Side::server ? "server" : "both";
}

// first_flight lets a client begin: in TLS 1.3 it has made its share then.
inline void first_flight(const Connection& client) {
    const int result = SSL_do_handshake(client.get());
    REQUIRE(SSL_get_error(client.get(), result) == SSL_ERROR_WANT_READ);
}

// break_off_after_each_step begins handshakes and ends each one step later than the one before, until one is whole.
inline void break_off_after_each_step(const Context& client, const Context& server) {
    bool whole = false;
    int steps = 0;
    for (; !whole; ++steps) {
        REQUIRE(steps < 20);
        const Link link(client.get(), server.get());
        whole = link.handshake(steps);
    }
    CHECK(steps > 3);
}

// handshakes_in_threads makes some in each of four threads, with contexts of this process. How many succeeded.
inline int handshakes_in_threads(const Handshakes& handshakes, int in_each) {
    const LibCtx libctx = handshakes.parties.chip->libctx();
    const Context client(SSL_CTX_new_ex(libctx.get(), nullptr, TLS_client_method()));
    const Context server(SSL_CTX_new_ex(handshakes.software.get(), nullptr, TLS_server_method()));
    const auto& chip = handshakes.parties.chip;
    if (SSL_CTX_set1_groups_list(client.get(), groups) != 1 ||
        SSL_CTX_use_certificate_file(server.get(), chip->path("server.crt").c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(server.get(), chip->path("server.key").c_str(), SSL_FILETYPE_PEM) != 1) {
        return -1;
    }
    if (handshakes.scope == "key-schedule" && (SSL_CTX_set_max_proto_version(client.get(), TLS1_2_VERSION) != 1 ||
                                               SSL_CTX_set_cipher_list(client.get(), with_sha256) != 1)) {
        return -1;
    }
    std::atomic<int> succeeded{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int made = 0; made < in_each; ++made) {
                succeeded += Link(client.get(), server.get()).handshake() ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    return succeeded;
}

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
// Handshakes in bad weather: datagrams are lost, doubled, late, in another order and damaged, as a seed has it. Each
// must end connected, with data exchanged, or with an error whose alert fits, within the timers (chip-dtls.md section
// 7).
//
//     dtls_weather [RUNS [FIRST SEED]]
//
// Over all runs: no nonce was used twice with one key, and nothing was received but what was sent on that connection.
#include "dtls/alert_for.hpp"
#include "world.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <set>
#include <stdexcept>
#include <string>

using namespace trustx;
using namespace trustx::test;
using namespace std::chrono_literals;

namespace {

constexpr int messages = 8;

void require(bool kept, const std::string& what) {
    if (!kept) {
        throw std::runtime_error(what);
    }
}

struct Tally {
    std::uint64_t connected = 0;
    std::uint64_t refused = 0;
    std::uint64_t silent = 0;
    std::uint64_t flights_again = 0;
    std::uint64_t nonces = 0;
    std::uint64_t echoes = 0;
    Duration longest{};
};

// The nonces of all protected records that left the host. Their keys are those of this connection alone.
void check_nonces(const std::vector<Bytes>& sent, Tally& tally) {
    std::set<std::string> nonces;
    std::set<std::string> numbers;
    for (const auto& datagram : sent) {
        if (datagram.at(4) == 1) {
            require(numbers.insert(to_hex(ByteView{datagram}.subspan(3, 8))).second, "a record number was used twice");
            require(nonces.insert(to_hex(ByteView{datagram}.subspan(13, 8))).second, "a nonce was used twice");
        }
    }
    tally.nonces += nonces.size();
}

// What is wrong with a connection that was not made. An alert of the peer needs none of ours.
void check_refusal(const Client& client, const Error& error) {
    const auto report = client.connection.report();
    require(report.state == dtls::State::closed, "refused, and not closed: " + error.message());
    require(report.session == ObjectId{}, "refused, and a session object is held");
    const auto alert = dtls::alert_for(error);
    require(report.alert_sent == alert, "another alert than fits: " + error.message());
    require(alert || error.code().category() == dtls_alert_category(), "no alert: " + error.message());
}

void exchange(World& world, Client& client, std::uint64_t seed, Tally& tally) {
    std::set<std::string> expected;
    for (int i = 0; i < messages; ++i) {
        const std::string text = "run " + std::to_string(seed) + ", message " + std::to_string(i);
        expected.insert(text);
        const auto sent = client.connection.send(bytes_of(text), world.in(1s));
        require(sent.has_value() || sent.error() == DtlsError::peer_closed, "sending failed");
        const auto received = client.connection.receive(world.in(1s));
        require(received.has_value(), received ? "" : "receiving failed: " + received.error().message());
        if (*received) {
            require(expected.erase(text_of(**received)) == 1, "received what was not sent: " + text_of(**received));
            ++tally.echoes;
        }
    }
    for (const auto& payload : client.server.received()) {
        require(text_of(payload).starts_with("run " + std::to_string(seed) + ", message "), "the server got nonsense");
    }
}

void run_once(World& world, const Pki& pki, std::uint64_t seed, Tally& tally) {
    std::mt19937_64 random{seed};
    const auto percent = [&random](unsigned most) { return static_cast<unsigned>(random() % (most + 1)); };
    const Weather weather{.lost = percent(30), .doubled = percent(20), .late = percent(30), .damaged = percent(8)};
    const ServerOptions server{.cookies = random() % 4 != 0,
                               .request_certificate = random() % 2 == 0,
                               .certificate_optional = random() % 2 == 0,
                               .client_authority = world.authority(),
                               .mtu = random() % 2 == 0 ? 296 : 1500};
    const dtls::Options options{.certificate = random() % 8 == 0 ? std::nullopt : std::optional{object::certificate_1},
                                .dates_hold_at = test_time,
                                .pmtu = static_cast<std::uint16_t>(random() % 2 == 0 ? 296 : 1500)};
    world.chip().set_security_event_counter(0);
    Client client{world, pki.server, server, options, weather, seed};
    const auto start = world.time.now();
    // Three flights of the client's.
    const auto connected = client.connection.connect(world.in(3 * 122s + 10s));
    const auto took = world.time.now() - start;
    tally.longest = std::max(tally.longest, took);
    require(took <= 3 * 122s, "longer than all timers");
    if (connected) {
        ++tally.connected;
        exchange(world, client, seed, tally);
        static_cast<void>(client.connection.close(world.in(1s)));
    } else {
        check_refusal(client, connected.error());
        ++(connected.error() == DtlsError::peer_silent ? tally.silent : tally.refused);
    }
    tally.flights_again += client.connection.report().flights_sent_again;
    check_nonces(client.network.sent, tally);
}

std::uint64_t number(const char* text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
    if (error != std::errc{} || *end != '\0') {
        throw std::runtime_error(std::string{"not a number: "} + text);
    }
    return value;
}

}  // namespace

int main(int count, char** arguments) try {
    const std::uint64_t runs = count > 1 ? number(arguments[1]) : 500;
    const std::uint64_t first = count > 2 ? number(arguments[2]) : 1;
    // That a number is never used again is for the host to see to: this chip would not mind.
    sim::ChipOptions chip;
    chip.dtls.sequence_must_rise = false;
    World world{chip};
    const Pki pki;
    world.trust(pki.root);
    Tally tally;
    for (std::uint64_t seed = first; seed < first + runs; ++seed) {
        try {
            run_once(world, pki, seed, tally);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), error.what());
            return 1;
        }
    }
    std::printf(
        "%llu handshakes: %llu connected, %llu ended by an alert, %llu without an answer; %llu flights sent again, "
        "%llu of %llu messages came back, %llu nonces, longest handshake %.0f s\n",
        static_cast<unsigned long long>(runs), static_cast<unsigned long long>(tally.connected),
        static_cast<unsigned long long>(tally.refused), static_cast<unsigned long long>(tally.silent),
        static_cast<unsigned long long>(tally.flights_again), static_cast<unsigned long long>(tally.echoes),
        static_cast<unsigned long long>(tally.connected * messages), static_cast<unsigned long long>(tally.nonces),
        std::chrono::duration<double>(tally.longest).count());
    // Weather in which hardly anything works would show nothing.
    return tally.connected * 2 > runs ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}

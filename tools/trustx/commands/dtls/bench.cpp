// SPDX-License-Identifier: Apache-2.0
// trustx dtls bench: what handshakes and records cost with this chip, this bus and this server.
#include "cli/output.hpp"
#include "commands/dtls/options.hpp"
#include "commands/dtls/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/io/termination_signals.hpp"
#include "common/try.hpp"
#include "dtls/peer_error.hpp"

#include <algorithm>
#include <array>
#include <iomanip>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <poll.h>

namespace trustx::cli {
namespace {

constexpr const char* what_bench_does =
    R"(Times are those of this host, from the call to its end: chip, bus, and for a handshake the network and the server. What
comes back is timed from the moment at which it is there. Each handshake is one private key use, where the server asks for a
certificate. A server that sends back what it gets, such as `gnutls-serv --udp --echo`, shows what receiving costs, too.

Example:
  trustx dtls bench server.example:5684 --key E0F1 --handshakes 10)";

struct DtlsBenchOptions {
    DtlsOptions dtls;
    std::optional<std::uint64_t> handshakes;
    std::optional<std::uint64_t> records;
    bool json = false;
};

using Times = std::vector<Duration>;

double in_ms(Duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

double median(Times times) {
    std::ranges::sort(times);
    return times.empty() ? 0 : in_ms(times[times.size() / 2]);
}

double best(const Times& times) {
    return times.empty() ? 0 : in_ms(*std::ranges::min_element(times));
}

// SizeFigures are those of records with that much payload.
struct SizeFigures {
    std::size_t bytes = 0;
    Times sent;
    Times received;  // of what came back
};

struct Figures {
    Times handshakes;
    std::vector<std::uint64_t> commands;  // of the chip, for each of them
    unsigned flights_sent_again = 0;
    bool echo = false;
    std::vector<SizeFigures> sizes;
};

class Bench {
 public:
    Bench(Clock& clock, int signals) : clock_{clock}, signals_{signals} {}

    Result<Figures> run(Prepared& prepared, std::uint64_t handshakes, std::uint64_t records) {
        std::optional<ServerConnection> server;
        for (std::uint64_t i = 0; i < handshakes; ++i) {
            if (server) {
                TRYV(server->connection.close(Deadline{clock_.now()}));
            }
            const auto begin = clock_.now();
            TRY(auto connected, connect_server(*prepared.chip.device, clock_, prepared.server, prepared.handshake));
            figures_.handshakes.push_back(clock_.now() - begin);
            const auto report = connected.connection.report();
            figures_.commands.push_back(report.chip_commands);
            figures_.flights_sent_again += report.flights_sent_again;
            server.emplace(std::move(connected));
        }
        auto measured = measure(*server, records);
        static_cast<void>(server->connection.close(Deadline{clock_.now()}));
        return measured ? Result<Figures>{std::move(figures_)}
                        : tl::make_unexpected(server->socket->explain(measured.error()));
    }

 private:
    Result<void> measure(ServerConnection& server, std::uint64_t records) {
        const auto most = server.connection.max_payload();
        SizeFigures first{.bytes = 1, .sent = {}, .received = {}};
        TRYV(one_record(server.connection, first, true));
        figures_.echo = !first.received.empty();
        for (const std::size_t bytes : {std::size_t{16}, std::size_t{64}, std::size_t{256}, std::size_t{512}, most}) {
            SizeFigures of_size{.bytes = bytes, .sent = {}, .received = {}};
            for (std::uint64_t i = 0; i < records && bytes <= most; ++i) {
                TRYV(one_record(server.connection, of_size, figures_.echo));
            }
            figures_.sizes.push_back(std::move(of_size));
        }
        std::erase_if(figures_.sizes, [](const SizeFigures& each) { return each.sent.empty(); });
        return {};
    }

    // A line, because some servers send back lines.
    Result<void> one_record(dtls::Connection& connection, SizeFigures& figures, bool echo) {
        Bytes payload(figures.bytes, 'x');
        payload.back() = '\n';
        const auto begin = clock_.now();
        TRYV(connection.send(payload, Deadline::after(clock_, patience)));
        figures.sent.push_back(clock_.now() - begin);
        if (echo) {
            return await_echo(connection, figures);
        }
        TRYV(wait_for(-1, Deadline{clock_.now()}));
        return {};
    }

    Result<void> await_echo(dtls::Connection& connection, SizeFigures& figures) {
        const auto until = Deadline::after(clock_, echo_time);
        while (!until.passed(clock_)) {
            const auto waiting = connection.readiness();
            TRYV(wait_for(waiting.datagram ? connection.fd() : -1,
                          Deadline{std::min(waiting.at.value_or(until.at), until.at)}));
            const auto begin = clock_.now();
            TRY(const auto received, connection.receive(Deadline{begin}));
            if (received) {
                figures.received.push_back(clock_.now() - begin);
                return {};
            }
        }
        return {};
    }

    // wait_for waits for a datagram. Error: PeerErrc::interrupted.
    Result<void> wait_for(int fd, Deadline until) const {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until.left(clock_)).count();
        std::array<pollfd, 2> polled{pollfd{signals_, POLLIN, 0}, pollfd{fd, POLLIN, 0}};
        if (::poll(polled.data(), polled.size(), static_cast<int>(left)) > 0 && polled[0].revents != 0) {
            return fail(PeerErrc::interrupted, "interrupted");
        }
        return {};
    }

    static constexpr std::chrono::seconds patience{30};
    static constexpr std::chrono::seconds echo_time{2};

    Clock& clock_;
    int signals_;
    Figures figures_;
};

std::string fixed(double value, int decimals) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(decimals) << value;
    return text.str();
}

// row_text puts its parts into columns, the first to the left.
std::string row_text(const std::vector<std::string>& parts) {
    std::ostringstream text;
    text << std::left << std::setw(8) << parts.front() << std::right;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        text << std::setw(16) << parts[i];
    }
    return text.str() + "\n";
}

// add_cells adds median, best, and how many of them a second has.
void add_cells(std::vector<std::string>& parts, const Times& times) {
    const auto typical = median(times);
    if (times.empty()) {
        parts.insert(parts.end(), 3, "-");
        return;
    }
    parts.push_back(fixed(typical, 2) + " ms");
    parts.push_back(fixed(best(times), 2) + " ms");
    parts.push_back(typical > 0 ? fixed(1000 / typical, 1) : "-");
}

std::string to_text(const Figures& figures) {
    const auto [fewest, most] = std::ranges::minmax(figures.commands);
    auto text = std::to_string(figures.handshakes.size()) + " handshake(s): median " +
                fixed(median(figures.handshakes), 1) + " ms, best " + fixed(best(figures.handshakes), 1) +
                " ms; chip commands " + std::to_string(fewest) +
                (most > fewest ? " to " + std::to_string(most) : std::string{}) + "; flights sent again " +
                std::to_string(figures.flights_sent_again) + "\n\n" +
                row_text({"payload", "send, median", "best", "records/s", "receive, median", "best", "records/s"});
    for (const auto& each : figures.sizes) {
        std::vector<std::string> parts{std::to_string(each.bytes)};
        add_cells(parts, each.sent);
        add_cells(parts, each.received);
        text += row_text(parts);
    }
    return text + (figures.echo ? "" : "\nThe server sends nothing back, so receiving was not measured.\n");
}

nlohmann::ordered_json figures_json(const Figures& figures) {
    nlohmann::ordered_json json{
        {"handshakes", figures.handshakes.size()},          {"handshake_ms", median(figures.handshakes)},
        {"best_handshake_ms", best(figures.handshakes)},    {"chip_commands", figures.commands},
        {"flights_sent_again", figures.flights_sent_again}, {"echo", figures.echo},
        {"records", nlohmann::ordered_json::array()}};
    for (const auto& each : figures.sizes) {
        json["records"].push_back({{"bytes", each.bytes},
                                   {"sent", each.sent.size()},
                                   {"send_ms", median(each.sent)},
                                   {"best_send_ms", best(each.sent)},
                                   {"received", each.received.size()},
                                   {"receive_ms", median(each.received)},
                                   {"best_receive_ms", best(each.received)}});
    }
    return json;
}

Result<std::uint64_t> counted(const std::optional<std::uint64_t>& given, std::uint64_t usual, const char* option) {
    constexpr std::uint64_t most = 1'000'000;
    const auto count = given.value_or(usual);
    if (count < 1 || count > most) {
        return fail(InputErrc::usage, std::string{option} + " is a number, 1 to 1000000");
    }
    return count;
}

Result<void> bench_dtls(const Context& context, const DtlsBenchOptions& options) {
    TRY(const auto handshakes, counted(options.handshakes, 5, "--handshakes"));
    TRY(const auto records, counted(options.records, 20, "--records"));
    const auto signals = io::take_termination_signals();
    if (!signals) {
        return fail(signals.error(), "take signals");
    }
    TRY(auto prepared, prepare_dtls(context, options.dtls));
    prepared.handshake.signals = signals->get();
    SystemClock clock;
    TRY(const auto figures, Bench(clock, signals->get()).run(prepared, handshakes, records));
    return answer(options.json ? json_text(figures_json(figures)) : to_text(figures));
}

}  // namespace

void add_dtls_bench(Command& dtls) {
    const auto options = std::make_shared<DtlsBenchOptions>();
    auto command = dtls.subcommand("bench", "Time handshakes and records", what_bench_does);
    add_dtls_options(command, options->dtls);
    command.option("--handshakes", options->handshakes, "How many; default: 5", "N");
    command.option("--records", options->records, "How many of each size; default: 20", "N");
    command.flag("--json", options->json, "The same for programs");
    command.on_run([options](const Context& context) { return bench_dtls(context, *options); });
}

}  // namespace trustx::cli

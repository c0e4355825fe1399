// SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include "cli/advice.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"

#include <exception>

namespace trustx::cli {
namespace {

constexpr const char* what_it_is =
    "Manage an Infineon OPTIGA Trust X chip: make keys in it, write certificates to it, read and write its objects.";

constexpr const char* what_to_know =
    R"(Objects and key slots are named by number (E0F1) or by name (device-key-2); `trustx object --help` lists them.
The chip is found by --device, then the environment variable TRUSTX_DEVICE, then /etc/trustx/trustx.conf, then
i2c:/dev/i2c-1@0x30. Addresses: i2c:/dev/i2c-1@0x30, /dev/i2c-1, unix:/run/trustx-sim.sock.

A gateway's identity, from nothing to a certificate on the chip:
  trustx info
  trustx keygen E0F1 --out key.pem
  openssl req -new -key key.pem -subj /CN=gateway -out request.pem      (needs the trustx provider)
  trustx cert write E0E1 certificate.pem --key key.pem

Answers go to standard output, messages to standard error.
Exit codes:
  0   done
  1   refused, by the chip or because something would be lost
  2   the command line or a setting is invalid
  3   the chip cannot be reached: absent, bus failure, timeout, in use by others
  4   a file cannot be read or written, or does not hold what it should
  5   a check failed: two things that should belong together do not
  6   nothing there: the object is empty or the slot holds no key
  7   the cloud, or a DTLS server, cannot be reached, or has no time for this now
  8   the cloud refuses: credentials, permissions, limits, policies; or a DTLS server does
  9   enrolled, and the broker has not accepted that yet
  10  the broker was shown the certificate, and nobody has made it active
  11  the clock of this computer is wrong
  12  a broker, a DTLS server or evidence is by a stranger: the certificate, the name, the roots in the file or chip
  13  of many gateways some failed; the report says which
  14  evidence is forged: its signature is not that of its certificate's key
  15  evidence answers another nonce, or is too old
  16  the log of what was measured since the start of a gateway was changed
  17  evidence is genuine, and the gateway is not as it should be
  20  scrap: the chip can never become what the recipe says
  24  the certificate was revoked
  25  the revocation lists do not tell: too old, or of another authority
  26  firmware: not signed, or by nobody whom the chip's trust anchor lets in, or not what was signed
  27  firmware: a certificate of the signer is not valid today
  28  firmware: a file is not the one that was signed
  29  firmware: too old; the chip holds a higher version as the lowest that is allowed
  70  a defect of trustx itself

`trustx SUBCOMMAND --help` says more about each.)";

void add_global_options(Command& program, Context& context) {
    program.option("-d,--device", context.device, "Where the chip is, as i2c:/dev/i2c-1@0x30 or unix:/path", "ADDRESS");
    program.option("--device-name", context.device_name,
                   "Use the section [device NAME] of trustx.conf; key files remember the name", "NAME");
    program.option("--record", context.recording->file,
                   "Record every byte on the bus, secrets included, in a new file; for tests", "FILE");
    program.flag("-q,--quiet", context.quiet, "Print no notes; errors are still printed");
}

void add_subcommands(Command& program) {
    add_info(program);
    add_objects(program);
    add_object(program);
    add_metadata(program);
    add_lifecycle(program);
    add_keygen(program);
    add_key_file(program);
    add_pubkey(program);
    add_sign(program);
    add_verify(program);
    add_hash(program);
    add_random(program);
    add_ecdh(program);
    add_derive(program);
    add_auth(program);
    add_dtls(program);
    add_cert(program);
    add_anchor(program);
    add_monitor(program);
    add_reset(program);
    add_trace(program);
    add_setup(program);
    add_provision(program);
    add_attest(program);
    add_firmware(program);
    add_aws(program);
}

Result<void> run_chosen(CommandLine& command_line, int argc, const char* const* argv, const Context& context) {
    TRY(const auto chosen, command_line.parse(argc, argv));
    const auto* text = std::get_if<std::string>(&chosen);
    if (text != nullptr) {
        return answer(*text);
    }
    auto done = std::get<Task>(chosen)(context);
    auto recorded = context.recording->finish();
    if (!done && !recorded) {
        say(explain(recorded.error()));
    }
    return done ? std::move(recorded) : std::move(done);
}

}  // namespace

int run(int argc, const char* const* argv) {
    try {
        Context context;
        CommandLine command_line{"trustx", what_it_is, what_to_know};
        auto program = command_line.program();
        add_global_options(program, context);
        command_line.add_version_and_help("trustx " TRUSTX_VERSION);
        add_subcommands(program);
        if (const auto done = run_chosen(command_line, argc, argv, context); !done) {
            say(explain(done.error()));
            return static_cast<int>(exit_code_of(done.error()));
        }
        return static_cast<int>(ExitCode::success);
    } catch (const std::exception& error) {
        say(std::string{"internal error: "} + error.what());
        return static_cast<int>(ExitCode::internal);
    }
}

}  // namespace trustx::cli

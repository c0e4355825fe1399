// SPDX-License-Identifier: Apache-2.0
// What scripts rely on: how trustx ends on which error.
#include "cli/exit_code.hpp"

#include "attest/error.hpp"
#include "aws/account/account_error.hpp"
#include "aws/control/api_error.hpp"
#include "aws/doctor/cause.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/http/http_error.hpp"
#include "common/files/input_error.hpp"
#include "dtls/peer_error.hpp"
#include "firmware/error.hpp"
#include "pki/error.hpp"
#include "provisioning/error.hpp"
#include "support/catch.hpp"

#include <trustx/error.hpp>

using namespace trustx;
using cli::ExitCode;

namespace {

ExitCode exit_code(std::error_code code) {
    return cli::exit_code_of(Error{code, "something"});
}

}  // namespace

TEST_CASE("what a user hands in decides the exit code by its own code", "[exit_code]") {
    CHECK(exit_code(InputErrc::usage) == ExitCode::usage);
    CHECK(exit_code(InputErrc::refused) == ExitCode::refused);
    for (const auto code : {InputErrc::unreadable, InputErrc::unwritable, InputErrc::malformed}) {
        CHECK(exit_code(code) == ExitCode::file);
    }
    for (const auto code : {InputErrc::key_mismatch, InputErrc::check_failed}) {
        CHECK(exit_code(code) == ExitCode::mismatch);
    }
    CHECK(exit_code(InputErrc::nothing_there) == ExitCode::nothing_there);
    CHECK(exit_code(InputErrc::chip_failed) == ExitCode::unreachable);
    CHECK(exit_code(InputErrc::revoked) == ExitCode::revoked);
    CHECK(exit_code(InputErrc::not_listed) == ExitCode::not_listed);
}

TEST_CASE("what is wrong with evidence has an exit code for each kind", "[exit_code]") {
    using attest::AttestErrc;
    CHECK(exit_code(AttestErrc::forged) == ExitCode::forged);
    CHECK(exit_code(AttestErrc::untrusted) == ExitCode::untrusted);
    CHECK(exit_code(AttestErrc::other_chip) == ExitCode::mismatch);
    CHECK(exit_code(AttestErrc::not_fresh) == ExitCode::not_fresh);
    CHECK(exit_code(AttestErrc::log_broken) == ExitCode::log_broken);
    CHECK(exit_code(AttestErrc::differs) == ExitCode::differs);
}

TEST_CASE("errors of chip, library and system have their exit codes", "[exit_code]") {
    CHECK(exit_code(ChipError::access_conditions_not_satisfied) == ExitCode::refused);
    CHECK(exit_code(Errc::chip_refused) == ExitCode::refused);
    CHECK(exit_code(Errc::setting_invalid) == ExitCode::usage);
    CHECK(exit_code(Errc::key_file_malformed) == ExitCode::file);
    CHECK(exit_code(Errc::wrong_chip) == ExitCode::mismatch);
    CHECK(exit_code(Errc::lock_timeout) == ExitCode::unreachable);
    CHECK(exit_code(Errc::no_listener) == ExitCode::unreachable);
    CHECK(exit_code(std::error_code{EACCES, std::system_category()}) == ExitCode::unreachable);
}

TEST_CASE("a cloud that cannot be reached is told from one that refuses", "[exit_code]") {
    for (const auto code : {aws::HttpErrc::name_not_found, aws::HttpErrc::server_untrusted, aws::HttpErrc::timeout}) {
        CHECK(exit_code(code) == ExitCode::network);
    }
    CHECK(exit_code(aws::HttpErrc::ca_bundle_unusable) == ExitCode::file);
    CHECK(exit_code(aws::HttpErrc::server_not_yet_valid) == ExitCode::clock);
    for (const auto code : {aws::ApiErrc::throttling, aws::ApiErrc::service_unavailable}) {
        CHECK(exit_code(code) == ExitCode::network);
    }
    for (const auto code : {aws::ApiErrc::unauthorized, aws::ApiErrc::limit_exceeded, aws::ApiErrc::clock_skew}) {
        CHECK(exit_code(code) == ExitCode::cloud);
    }
    CHECK(exit_code(aws::AccountErrc::no_credentials) == ExitCode::cloud);
    CHECK(exit_code(aws::AccountErrc::no_region) == ExitCode::usage);
}

TEST_CASE("scrap has an exit code that means nothing else", "[exit_code]") {
    CHECK(exit_code(provisioning::ProvisioningErrc::scrap) == ExitCode::scrap);
    CHECK(exit_code(provisioning::ProvisioningErrc::busy) == ExitCode::refused);
}

TEST_CASE("how an enrolment ended is in its exit code", "[exit_code]") {
    using aws::EnrolmentErrc;
    for (const auto code : {EnrolmentErrc::unfinished, EnrolmentErrc::busy, EnrolmentErrc::thing_taken,
                            EnrolmentErrc::enrolled_already}) {
        CHECK(exit_code(code) == ExitCode::refused);
    }
    for (const auto code : {EnrolmentErrc::other_chip, EnrolmentErrc::other_account}) {
        CHECK(exit_code(code) == ExitCode::mismatch);
    }
    for (const auto code : {EnrolmentErrc::policy_denies, EnrolmentErrc::certificate_revoked}) {
        CHECK(exit_code(code) == ExitCode::cloud);
    }
    CHECK(exit_code(EnrolmentErrc::nothing_begun) == ExitCode::nothing_there);
    CHECK(exit_code(EnrolmentErrc::no_network) == ExitCode::network);
    CHECK(exit_code(EnrolmentErrc::not_connected) == ExitCode::not_accepted);
    CHECK(exit_code(EnrolmentErrc::not_activated) == ExitCode::not_activated);
    CHECK(exit_code(EnrolmentErrc::broker_untrusted) == ExitCode::untrusted);
    CHECK(exit_code(pki::PkiErrc::clock_wrong) == ExitCode::clock);
    CHECK(exit_code(EnrolmentErrc::answer_awaited) == ExitCode::refused);
    CHECK(exit_code(EnrolmentErrc::some_failed) == ExitCode::some_failed);
}

TEST_CASE("an error in what a user hands in says what its operation says", "[exit_code]") {
    const Error error{InputErrc::malformed, "key.pem is not a key file"};
    CHECK(error.message() == "key.pem is not a key file");
    CHECK(error.during("setup").message() == "setup: key.pem is not a key file");
}

TEST_CASE("each cause of a diagnosis has the exit code of its class", "[exit_code]") {
    using aws::doctor::Cause;
    const struct {
        Cause cause;
        ExitCode code;
    } cases[] = {{Cause::not_enrolled, ExitCode::nothing_there},
                 {Cause::enrolment_unfinished, ExitCode::refused},
                 {Cause::identity_malformed, ExitCode::file},
                 {Cause::key_certificate_mismatch, ExitCode::mismatch},
                 {Cause::chip_permission, ExitCode::unreachable},
                 {Cause::chip_setting, ExitCode::usage},
                 {Cause::key_refused, ExitCode::refused},
                 {Cause::key_missing, ExitCode::nothing_there},
                 {Cause::clock_wrong, ExitCode::clock},
                 {Cause::clock_skewed, ExitCode::success},
                 {Cause::name_not_found, ExitCode::network},
                 {Cause::broker_untrusted, ExitCode::untrusted},
                 {Cause::not_authorised, ExitCode::not_accepted},
                 {Cause::certificate_pending_activation, ExitCode::not_activated},
                 {Cause::certificate_inactive, ExitCode::cloud},
                 {Cause::policy_propagating, ExitCode::not_accepted}};
    for (const auto& [cause, code] : cases) {
        CHECK(exit_code(cause) == code);
    }
}

TEST_CASE("a DTLS server that is not there, one that refuses and one that is not trusted are told apart",
          "[exit_code]") {
    for (const auto code : {cli::PeerErrc::name_not_found, cli::PeerErrc::unreachable, cli::PeerErrc::interrupted,
                            cli::PeerErrc::fell_silent}) {
        CHECK(exit_code(code) == ExitCode::network);
    }
    CHECK(exit_code(cli::PeerErrc::untrusted) == ExitCode::untrusted);
    CHECK(exit_code(cli::PeerErrc::unsuitable) == ExitCode::cloud);
    for (const auto code :
         {DtlsError::peer_silent, DtlsError::peer_closed, DtlsError::peer_violates, DtlsError::numbers_exhausted}) {
        CHECK(exit_code(code) == ExitCode::network);
    }
    CHECK(exit_code(DtlsError::message_too_long) == ExitCode::cloud);
    CHECK(exit_code(DtlsError::other_process) == ExitCode::internal);
    for (const auto alert : {DtlsAlert::handshake_failure, DtlsAlert::unknown_ca, DtlsAlert::access_denied}) {
        CHECK(exit_code(alert) == ExitCode::cloud);
    }
}

TEST_CASE("each reason for which firmware is refused has an exit code of its own", "[exit_code]") {
    using firmware::FirmwareErrc;
    CHECK(exit_code(FirmwareErrc::untrusted) == ExitCode::unsigned_firmware);
    CHECK(exit_code(FirmwareErrc::expired) == ExitCode::expired_signer);
    CHECK(exit_code(FirmwareErrc::altered) == ExitCode::altered_firmware);
    CHECK(exit_code(FirmwareErrc::too_old) == ExitCode::old_firmware);
}

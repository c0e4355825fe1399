// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <trustx/error.hpp>
#include <trustx/result.hpp>

#include <cerrno>
#include <set>

using namespace trustx;

namespace {

std::string message(std::error_code code) {
    return Error{code, "do something"}.message();
}

}  // namespace

TEST_CASE("an error's message is operation, what came back, and what to do", "[error]") {
    const Error error{ChipError::access_conditions_not_satisfied, "CalcSign E0F1"};
    CHECK(
        error.message() ==
        "CalcSign E0F1: access conditions not satisfied (chip error 07); the object's access conditions or life cycle "
        "forbid this: see its metadata");
    CHECK(error.description() == "CalcSign E0F1: access conditions not satisfied (chip error 07)");
}

TEST_CASE("an error without operation and remedy is its code in words", "[error]") {
    CHECK(Error{Errc::not_supported}.message() == "this bus or chip cannot do that");
}

TEST_CASE("a wider operation is put in front of an error's own", "[error]") {
    const Error error{Errc::timeout, "SetDataObject E0E1"};
    CHECK(error.during("write certificate E0E1").operation() == "write certificate E0E1: SetDataObject E0E1");
    CHECK(Error{Errc::timeout}.during("lock the chip").operation() == "lock the chip");
    CHECK(error.during("x") == make_error_code(Errc::timeout));
}

TEST_CASE("a message cannot be forged by what it names", "[error]") {
    const Error error{Errc::timeout, "read /tmp/a\n\x1B[2Jtrustx: ok\xE2\x80\xAE"};
    CHECK(error.message().starts_with("read /tmp/a\\x0A\\x1B[2Jtrustx: ok\\xE2\\x80\\xAE: "));
    CHECK(error.operation() == "read /tmp/a\n\x1B[2Jtrustx: ok\xE2\x80\xAE");
}

TEST_CASE("every failure that trustx finds has its own words", "[error]") {
    std::set<std::string> texts;
    for (int code = static_cast<int>(Errc::address_nak); code <= static_cast<int>(Errc::no_listener); ++code) {
        const std::string text = trustx_category().message(code);
        CAPTURE(code, text);
        const bool is_free = code == 7;
        CHECK((text == "unknown trustx error " + std::to_string(code)) == is_free);
        CHECK(texts.insert(text).second);
    }
    CHECK(trustx_category().message(99) == "unknown trustx error 99");
}

TEST_CASE("what ends a DTLS connection has words of its own, and alerts show their number", "[error]") {
    std::set<std::string> texts;
    for (int code = static_cast<int>(DtlsError::peer_silent); code <= static_cast<int>(DtlsError::numbers_exhausted);
         ++code) {
        const std::string text = dtls_category().message(code);
        CAPTURE(code, text);
        CHECK(text != "unknown DTLS error " + std::to_string(code));
        CHECK(texts.insert(text).second);
    }
    CHECK(dtls_category().message(99) == "unknown DTLS error 99");
    CHECK(make_error_code(DtlsAlert::unknown_ca).message() ==
          "the peer ended the connection with alert 48 (unknown_ca)");
    CHECK(dtls_alert_category().message(99) == "the peer ended the connection with alert 99");
    CHECK_THAT(message(DtlsAlert::handshake_failure), ContainsSubstring("CCM_8"));
    CHECK_THAT(message(DtlsError::message_too_long), ContainsSubstring("1536"));
}

TEST_CASE("the numbers of failures stay: OpenSSL reason codes are built on them", "[error]") {
    CHECK(static_cast<int>(Errc::address_nak) == 1);
    CHECK(static_cast<int>(Errc::lock_timeout) == 6);
    CHECK(static_cast<int>(Errc::sync_lost) == 8);
    CHECK(static_cast<int>(Errc::outcome_unknown) == 10);
    CHECK(static_cast<int>(Errc::setting_invalid) == 14);
    CHECK(static_cast<int>(Errc::wrong_chip) == 20);
    CHECK(static_cast<int>(Errc::chip_refused) == 22);
    CHECK(static_cast<int>(Errc::chip_hangs) == 25);
    CHECK(static_cast<int>(Errc::session_lost) == 27);
}

TEST_CASE("every error code of the chip has words and shows its number", "[error]") {
    // chip-commands.md section 3
    for (const int code : {0x01, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D,
                           0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x2B, 0x2C}) {
        const std::string text = chip_category().message(code);
        CAPTURE(code, text);
        CHECK_THAT(text, !ContainsSubstring("unknown chip error"));
        CHECK_THAT(text, ContainsSubstring("(chip error "));
    }
    CHECK(chip_category().message(0x2C) == "the signature does not verify (chip error 2C)");
    CHECK(chip_category().message(0x5E) == "unknown chip error (chip error 5E)");
}

TEST_CASE("failures of the operating system come with advice about the bus", "[error]") {
    CHECK_THAT(message(errno_code(EACCES)), ContainsSubstring("Permission denied; ") && ContainsSubstring("group"));
    CHECK_THAT(message(errno_code(ENOENT)), ContainsSubstring("i2c-dev"));
    CHECK_THAT(message(Errc::no_listener), ContainsSubstring("start the program") && !ContainsSubstring("i2c"));
    CHECK_THAT(message(errno_code(ENXIO)), ContainsSubstring("target address"));
    CHECK_THAT(message(errno_code(EBUSY)), ContainsSubstring("kernel driver"));
    CHECK_THAT(message(errno_code(ETIMEDOUT)), ContainsSubstring("holds the bus low"));
    CHECK_THAT(message(errno_code(ENOSPC)), ContainsSubstring("free space"));
}

TEST_CASE("behind a socket nobody is sent to look at wires", "[error]") {
    for (int code = 0; code < 0x100; ++code) {
        for (const std::error_category* category : {&trustx_category(), &chip_category(), &std::system_category()}) {
            const auto error = Error{std::error_code{code, *category}}.behind_socket().during("run");
            CAPTURE(error.message());
            CHECK_THAT(error.remedy(), !ContainsSubstring("wiring") && !ContainsSubstring("pull-ups") &&
                                           !ContainsSubstring("bus speed") && !ContainsSubstring("bus low"));
            CHECK(error.remedy().empty() == Error{error.code()}.remedy().empty());
        }
    }
    CHECK_THAT(Error{Errc::no_chip}.message(), ContainsSubstring("wiring"));
    CHECK_THAT(Error{Errc::no_chip}.behind_socket().message(), ContainsSubstring("target address"));
}

TEST_CASE("a message is one line", "[error]") {
    for (int code = 0; code < 0x100; ++code) {
        for (const std::error_category* category : {&trustx_category(), &chip_category(), &std::system_category()}) {
            const Error error{std::error_code{code, *category}, "operation"};
            CAPTURE(error.message());
            CHECK(error.message().find('\n') == std::string::npos);
            CHECK((error.remedy().empty() || error.remedy().back() != '.'));
        }
    }
}

TEST_CASE("the driver's advice names no program of this project and no particular computer", "[error]") {
    for (int code = 0; code < 0x100; ++code) {
        for (const std::error_category* category : {&trustx_category(), &chip_category(), &std::system_category()}) {
            const auto remedy = Error{std::error_code{code, *category}}.remedy();
            CAPTURE(remedy);
            CHECK_THAT(remedy, !ContainsSubstring("`trustx") && !ContainsSubstring("trustx-sim") &&
                                   !ContainsSubstring("Raspberry"));
        }
    }
}

TEST_CASE("errno is wrapped as it is at that moment", "[error]") {
    errno = EBUSY;
    CHECK(errno_code() == std::error_code(EBUSY, std::system_category()));
}

TEST_CASE("a failure passes through results of other types with its operation extended", "[result]") {
    const Result<int> inner = fail(Errc::timeout, "CalcSign E0F1");
    const Result<std::string> outer = inner.failure("sign");
    CHECK(Result<int>{inner}.during("sign").error().operation() == "sign: CalcSign E0F1");
    CHECK(Result<int>{1}.during("sign") == 1);
    REQUIRE_FALSE(outer.has_value());
    CHECK(outer.error() == Errc::timeout);
    CHECK(outer.error().operation() == "sign: CalcSign E0F1");
}

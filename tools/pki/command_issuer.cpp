// SPDX-License-Identifier: Apache-2.0
#include "pki/command_issuer.hpp"

#include "common/files/input_error.hpp"
#include "common/process/run_program.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

namespace trustx::pki {

Result<std::string> CommandIssuer::issue(const std::string& request) {
    const auto who = "the authority's program " + words_.front();
    const auto outcome =
        process::run_program({.words = words_, .input = request}, clock_, Deadline::after(clock_, timeout_));
    if (!outcome) {
        return fail(InputErrc::check_failed,
                    who + " cannot be run: " + outcome.error().description() + "; " + process::start_advice);
    }
    if (!outcome->good()) {
        return fail(InputErrc::check_failed,
                    who + ": " + outcome->text() + "; run it by hand with a request on its standard input to see why");
    }
    TRY(const auto chain, x509::parse_certificate_file(outcome->output, "what " + words_.front() + " printed"));
    std::string pem;
    for (const auto& certificate : chain) {
        pem += certificate.pem();
    }
    return pem;
}

}  // namespace trustx::pki

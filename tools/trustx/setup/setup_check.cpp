// SPDX-License-Identifier: Apache-2.0
#include "setup/setup_check.hpp"

#include "common/openssl/environment.hpp"
#include "setup/checks.hpp"

namespace trustx::cli {

Result<void> check_setup(const Context& context, const SetupCheckOptions& options) {
    CheckReport report;
    const auto path = options.config.empty() ? openssl::configuration_file() : options.config;
    const auto configuration = check_configuration(report, path);
    const auto* entry = configuration ? configuration->find("trustx") : nullptr;
    openssl::LibraryContext libctx;
    if (entry == nullptr) {
        report.skipped("provider", "it is not activated");
    } else {
        libctx = check_provider(report, path, *entry);
    }
    const bool chip_answers = check_chip(report, context, entry);
    if (options.key.empty()) {
        report.note("signature", "not tried; `--key FILE` makes one");
    } else if (libctx == nullptr || !chip_answers) {
        report.skipped("signature", "provider or chip are missing");
    } else {
        check_signature(report, libctx.get(), options.key);
    }
    return report.finish();
}

}  // namespace trustx::cli

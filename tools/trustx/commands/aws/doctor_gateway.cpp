// SPDX-License-Identifier: Apache-2.0
#include "commands/aws/doctor_gateway.hpp"

#include "chip/enrolment_chip.hpp"
#include "commands/aws/session.hpp"
#include "commands/provider.hpp"
#include "common/openssl/environment.hpp"

namespace trustx::cli {
namespace {

using aws::doctor::Checked;

// setup_verdict is what a stage that is through has found.
Checked<void> setup_verdict(const CheckReport& report) {
    auto failure = report.first_failure();
    if (failure) {
        return tl::unexpected{aws::doctor::Failure{std::move(failure->error), std::move(failure->remedy)}};
    }
    return {};
}

KeyFile setup_key(const aws::doctor::KeyFile& key) {
    return {.path = key.path, .reference = key.reference};
}

}  // namespace

// Connections are made by this process: its OpenSSL has to know the keys as well, as a service's would.
Checked<void> DoctorGateway::provider() {
    CheckReport report;
    const auto path = config_.empty() ? openssl::configuration_file() : config_;
    const auto configuration = check_configuration(report, path);
    const auto* entry = configuration ? configuration->trustx() : nullptr;
    if (entry != nullptr && configuration->activates_trustx()) {
        settings_ = check_settings(report, *configuration, *entry);
        libctx_ = check_provider(report, path, *entry);
    }
    if (auto checked = setup_verdict(report); !checked) {
        return checked;
    }
    if (auto loaded = load_provider(context_, config_); !loaded) {
        return tl::unexpected{aws::doctor::Failure{std::move(loaded).error()}};
    }
    return {};
}

Checked<Uid> DoctorGateway::chip(const aws::doctor::KeyFile& key) {
    CheckReport report;
    chip_ = check_chip(report, context_for(context_, setup_key(key)), settings_);
    if (auto checked = setup_verdict(report); !checked) {
        return tl::unexpected{std::move(checked).error()};
    }
    return chip_->uid;
}

Checked<void> DoctorGateway::signature(const aws::doctor::KeyFile& key) {
    CheckReport report;
    check_signature(report, libctx_.get(), *chip_, setup_key(key));
    return setup_verdict(report);
}

Result<std::vector<Bytes>> DoctorGateway::certificates(ObjectId object) {
    return EnrolmentChip{context_, chip_->chip}.certificates(object);
}

}  // namespace trustx::cli

// SPDX-License-Identifier: Apache-2.0
// Chip and provider as a diagnosis sees them: by the stages of `trustx setup check`.
#pragma once

#include "aws/doctor/ports.hpp"
#include "setup/checks.hpp"

#include <optional>
#include <string>

namespace trustx::cli {

class DoctorGateway final : public aws::doctor::GatewayPort {
 public:
    // config is OpenSSL's configuration; empty: what it reads. The context must outlive the port.
    DoctorGateway(const Context& context, std::string config) : context_{context}, config_{std::move(config)} {}

    aws::doctor::Checked<void> provider() override;
    aws::doctor::Checked<Uid> chip(const aws::doctor::KeyFile& key) override;
    aws::doctor::Checked<void> signature(const aws::doctor::KeyFile& key) override;
    Result<std::vector<Bytes>> certificates(ObjectId object) override;

 private:
    const Context& context_;
    std::string config_;
    SettingValues settings_{};
    openssl::LibraryContext libctx_{};
    std::optional<ExaminedChip> chip_{};
};

}  // namespace trustx::cli

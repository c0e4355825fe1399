// SPDX-License-Identifier: Apache-2.0
#include "session/advice.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace trustx::mqtt {
namespace {

struct Means {
    Cause against;
    std::string_view text;
};

constexpr std::array means{
    Means{Cause::ca_file, "--ca"},
    Means{Cause::certificate, "--cert; `trustx cert write OBJECT FILE` writes one into the chip"},
    Means{Cause::key_file, "--key; `trustx key-file SLOT --out FILE` writes one"},
    Means{Cause::key_mismatch, "--cert, --key"},
    Means{Cause::name, "--host"},
    Means{Cause::tcp, "--host, --port"},
    Means{Cause::tls, "--port; --verbose shows all of OpenSSL's messages"},
    Means{Cause::broker_name, "--host"},
    Means{Cause::broker_untrusted, "--ca"},
    Means{Cause::alert, "--cert, --host, --alpn"},
    Means{Cause::client_id, "--client-id; AWS IoT usually wants the thing's name, which --enrolled gives"},
    Means{Cause::not_authorised, "--cert, --client-id; AWS IoT usually wants the thing's name, which --enrolled gives"},
    Means{Cause::closed, "--cert, --client-id; AWS IoT usually wants the thing's name, which --enrolled gives"},
};

}  // namespace

std::string explain(const Error& error) {
    const auto* const found = std::ranges::find(means, error.cause, &Means::against);
    return to_string(error) + (found == means.end() ? "" : " (" + std::string{found->text} + ")");
}

}  // namespace trustx::mqtt

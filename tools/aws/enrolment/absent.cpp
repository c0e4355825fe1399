// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/absent.hpp"

#include <trustx/error.hpp>

namespace trustx::aws {
namespace {

tl::unexpected<Error> absent(const char* what) {
    return fail(Errc::not_supported, std::string{"this half of an enrolment has no "} + what);
}

class NoChip final : public pki::ChipPort {
 public:
    Result<Uid> uid() override { return absent("chip"); }
    Result<std::optional<Curve>> curve_in(ObjectId /*slot*/) override { return absent("chip"); }
    Result<PublicKey> generate(ObjectId /*slot*/, Curve /*curve*/, KeyUsage /*usage*/) override {
        return absent("chip");
    }
    Result<PublicKey> regenerate(ObjectId /*slot*/, Curve /*curve*/, KeyUsage /*usage*/) override {
        return absent("chip");
    }
    Result<PublicKey> public_key(ObjectId /*slot*/) override { return absent("chip"); }
    Result<Signature> sign(ObjectId /*slot*/, ByteView /*digest*/) override { return absent("chip"); }
    Result<std::vector<Bytes>> certificates(ObjectId /*object*/) override { return absent("chip"); }
    Result<void> write_certificates(ObjectId /*object*/, const std::vector<Bytes>& /*certificates*/) override {
        return absent("chip");
    }
};

class NoBroker final : public MqttPort {
 public:
    Result<Acceptance> connect(const Presented& /*presented*/, const Deadline& /*deadline*/) override {
        return absent("broker");
    }
    Result<Opened> open(const Presented& /*presented*/, const Deadline& /*deadline*/) override {
        return absent("broker");
    }
};

class NoNetwork final : public HttpClient {
 public:
    Result<HttpResponse> send(const HttpRequest& /*request*/, const Deadline& /*deadline*/) override {
        return absent("account");
    }
};

}  // namespace

pki::ChipPort& no_chip() {
    static NoChip chip;
    return chip;
}

MqttPort& no_broker() {
    static NoBroker broker;
    return broker;
}

HttpClient& no_network() {
    static NoNetwork network;
    return network;
}

}  // namespace trustx::aws

// SPDX-License-Identifier: Apache-2.0
// A gateway whose broker accepts it, in memory: chip, files, network, broker and cloud. Tests make one thing wrong.
#pragma once

#include "aws/doctor/doctor.hpp"
#include "aws/enrolment/journal.hpp"
#include "support/software_key.hpp"
#include "support/virtual_clock.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace trustx::test {

class PatientFiles final : public files::FileStore {
 public:
    Result<void> make_directory(const std::string& path, files::Access access) override;
    Result<std::optional<std::string>> read(const std::string& path) override;
    Result<void> write(const std::string& path, std::string_view content, files::Access access) override;
    Result<void> append(const std::string& path, std::string_view lines, files::Access access) override;
    Result<void> remove(const std::string& path) override;
    Result<void> remove_directory(const std::string& path) override;
    Result<void> link(const std::string& path, const std::string& target) override;
    Result<std::optional<std::string>> link_target(const std::string& path) override;
    Result<std::unique_ptr<Lock>> lock(const std::string& path) override;
    Result<std::unique_ptr<Held>> hold(std::string_view content) override;

    std::map<std::string, std::string> contents;
    std::set<std::string> unreadable;
};

class PatientGateway final : public aws::doctor::GatewayPort {
 public:
    aws::doctor::Checked<void> provider() override;
    aws::doctor::Checked<Uid> chip(const aws::doctor::KeyFile& key) override;
    aws::doctor::Checked<void> signature(const aws::doctor::KeyFile& key) override;
    Result<std::vector<Bytes>> certificates(ObjectId object) override;

    // The codes with which each ends, if any.
    std::optional<std::error_code> provider_fails;
    std::optional<std::error_code> chip_fails;
    std::optional<std::error_code> signature_fails;
    Uid uid;
    std::map<ObjectId, std::vector<Bytes>> objects;
};

class PatientNetwork final : public aws::doctor::NetworkPort {
 public:
    mqtt::ProbeResult probe(const mqtt::ProbeTarget& target) override;
    std::optional<aws::WallTime> service_time() override { return time; }

    mqtt::ProbeResult usual{};
    std::optional<mqtt::ProbeResult> ecdsa{};  // where only that chain is asked for; nothing: as usual
    std::optional<mqtt::ProbeResult> rsa{};
    std::optional<aws::WallTime> time{};
};

class PatientBroker final : public aws::doctor::BrokerPort {
 public:
    aws::doctor::Meeting meet(const aws::Presented& presented, std::chrono::milliseconds watch) override;

    aws::doctor::Meeting meeting{};
    std::vector<aws::Presented> met{};
};

// PatientCloud is the control plane as far as a diagnosis reads it. Signatures are not checked.
class PatientCloud final : public aws::HttpClient {
 public:
    Result<aws::HttpResponse> send(const aws::HttpRequest& request, const Deadline& deadline) override;

    std::string endpoint;
    std::string certificate;  // its id; empty: it is not registered
    std::string status = "ACTIVE";
    std::string ca;  // the id of the one that is registered
    std::string ca_status = "ACTIVE";
    std::string ca_auto_registration = "ENABLE";
    std::vector<std::string> policies{"trustx-gateway"};
    std::vector<std::string> things{"gateway-1"};
    std::string decision = "ALLOWED";
    std::string disconnect_reason;
    std::string refusal;  // AWS's name of the error that answers every call
    bool reachable = true;
    std::size_t requests = 0;

 private:
    [[nodiscard]] std::pair<int, nlohmann::json> answer(const std::string& path) const;
};

class Patient {
 public:
    Patient();

    aws::doctor::Report examine();

    // be_asked gives the examination credentials for the cloud.
    Patient& be_asked() {
        cloud_error.reset();
        return *this;
    }

    // certificate is one for the key in the chip; begins and ends in seconds from now.
    [[nodiscard]] Bytes certificate(long begins, long ends) const;
    [[nodiscard]] Bytes authority(long ends) const;
    // hold makes it the gateway's, in files and chip.
    void hold(const Bytes& certificate);

    // come_by_jit makes it a gateway whose authority registers it when it connects first, which has not happened.
    void come_by_jit();

    // rewrite_identity changes a member of aws.json; interrupt leaves a journal at a step.
    void rewrite_identity(const std::string& member, const std::string& value);
    void interrupt(const std::string& step, aws::Phase phase = aws::Phase::enrolling,
                   aws::Task task = aws::Task::enroll);

    [[nodiscard]] std::string file(const std::string& name) const { return directories.identity + "/" + name; }
    std::string& content(const std::string& name) { return disk.contents[file(name)]; }

    aws::Directories directories{.identity = "/identity", .state = "/state"};
    SoftwareKey key{Curve::p256};
    SoftwareKey root{Curve::p256};
    aws::WallTime now = std::chrono::system_clock::now();
    PatientFiles disk;
    PatientGateway gateway;
    PatientNetwork network;
    PatientBroker broker;
    PatientCloud cloud;
    std::optional<Error> cloud_error;  // why there are no credentials
    std::optional<aws::doctor::Failure> settings{};
    bool cloud_wanted = false;

 private:
    VirtualClock clock_;
};

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
// Everything that an enrolment reaches, in memory: what is left of it when a run ends is here, and nowhere else.
#pragma once

#include "aws/enrolment/enrolment.hpp"
#include "fake_cloud.hpp"
#include "support/fake_chip.hpp"
#include "support/memory_files.hpp"
#include "support/trap.hpp"
#include "support/virtual_clock.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trustx::test {

// FakeBroker accepts whom AWS IoT would: an active certificate with a policy, for the key that the file names.
class FakeBroker final : public aws::MqttPort {
 public:
    FakeBroker(Trap& trap, FakeCloud& cloud, FakeChip& chip, MemoryFiles& files)
        : trap_{trap}, cloud_{cloud}, chip_{chip}, files_{files} {}

    Result<aws::Acceptance> connect(const aws::Presented& presented, const Deadline& deadline) override;
    [[nodiscard]] bool accepts(const aws::Presented& presented) const;
    Result<aws::Opened> open(const aws::Presented& presented, const Deadline& deadline) override;

    // forget_tokens is what an hour does.
    void forget_tokens() { tokens_.clear(); }

    // answer carries out what a claim asks for, on one of its connections; nothing: the payload is no answer to it.
    aws::Reply answer(std::size_t connection, const std::string& topic, const std::string& request);

    std::size_t refusals = 0;  // so many attempts come before the policy is in force
    std::size_t accepted = 0;
    std::string last_client;      // that was accepted
    bool token_is_bound = false;  // to the connection that it was given on (aws-iot.md section 14, item 6)
    std::string rejection;        // the code with which RegisterThing is answered
    std::size_t throttled = 0;    // so many requests of claims are, before anything is done
    std::string thing_named;      // by the template; empty: as asked for
    nlohmann::json parameters;    // that RegisterThing was sent last
    bool takes_claims = true;
    bool untrusted = false;     // its certificate is not one of the roots'
    bool just_in_time = false;  // the authority is registered for that: what connects becomes a thing

 private:
    // register_first does what AWS does with a certificate of a registered authority: it waits to be activated, and
    // that is done by the time of the next attempt. True: this attempt is closed.
    bool register_first(const aws::Presented& presented);
    [[nodiscard]] bool may_connect(const FakeCloud::Certificate& certificate, const std::string& client) const;
    aws::Reply issue(std::size_t connection, const std::string& request);
    aws::Reply provision(std::size_t connection, const std::string& request);

    struct Token {
        std::string certificate;
        std::size_t connection = 0;
    };
    std::map<std::string, Token> tokens_;
    std::size_t connections_ = 0;

    Trap& trap_;
    FakeCloud& cloud_;
    FakeChip& chip_;
    MemoryFiles& files_;
};

// TrappedClock is a clock on which waiting takes no time and is a call of a seam.
class TrappedClock final : public Clock {
 public:
    explicit TrappedClock(Trap& trap) : trap_{trap} {}
    [[nodiscard]] TimePoint now() const override { return clock_.now(); }
    void sleep_until(TimePoint wake) override {
        static_cast<void>(trap_.enter("clock sleep_until"));
        clock_.sleep_until(wake);
    }

 private:
    Trap& trap_;
    VirtualClock clock_;
};

// FakeIssuer is an authority of the operator's.
class FakeIssuer final : public pki::Issuer {
 public:
    explicit FakeIssuer(Trap& trap) : trap_{trap} {}
    Result<std::string> issue(const std::string& request) override;

    // certificate_for is one that it has issued for a key before.
    [[nodiscard]] Bytes certificate_for(const PublicKey& key) const;
    // own_certificate is in PEM.
    [[nodiscard]] std::string own_certificate() const;

 private:
    Trap& trap_;
    SoftwareKey key_{Curve::p256};
};

// ClaimKind is where a claim comes from.
enum class ClaimKind { file, slot, aws };

class World {
 public:
    explicit World(aws::EnrolmentMethod method, ClaimKind claim = ClaimKind::file);

    // use_factory_identity makes the order one for the slot that has key and certificate from the factory.
    void use_factory_identity();

    // prepare_claim makes the order one by a claim, as far as that is concerned.
    void prepare_claim(ClaimKind kind);

    // Each of these is one run of the program: with a client of its own, and nothing remembered from the last.
    Result<void> enroll();
    Result<void> resume();
    Result<void> abandon();
    // go_on is what an operator does after an interruption: resume, or enroll where nothing was begun.
    Result<void> go_on();

    // with_seams runs something with the seams of one run.
    Result<void> with_seams(const std::function<Result<void>(const aws::Seams&)>& what);

    // survives runs something that the trap may end; false: it was killed.
    static bool survives(const std::function<void()>& run);

    // What must hold at every moment, in words; empty: it holds.
    [[nodiscard]] std::string violation() const;
    // What must hold when an enrolment has ended, or has been abandoned.
    [[nodiscard]] std::string missing_when_enrolled() const;
    [[nodiscard]] std::string left_when_abandoned() const;

    // works says whether the broker would accept what services find.
    [[nodiscard]] bool works() const;

    [[nodiscard]] std::optional<aws::Journal> journal() const;

    Trap trap;
    FakeCloud cloud{trap};
    FakeChip chip{trap};
    MemoryFiles files{trap};
    FakeBroker broker{trap, cloud, chip, files};
    FakeIssuer issuer{trap};
    TrappedClock clock{trap};
    aws::Order order;
    aws::Directories directories{.identity = "/identity", .state = "/state"};
    std::vector<std::string> notes;

 private:
    Result<void> run(const std::function<Result<void>(aws::Enrolment&)>& what);
    [[nodiscard]] std::string file(const std::string& path) const;
    // certificates are those in the cloud that stay there.
    [[nodiscard]] std::map<std::string, FakeCloud::Certificate> certificates() const;

    std::vector<Bytes> held_at_first_;  // in the slot's object
};

}  // namespace trustx::test

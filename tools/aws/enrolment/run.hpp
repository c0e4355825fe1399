// SPDX-License-Identifier: Apache-2.0
// What the steps of an enrolment work with.
#pragma once

#include "aws/control/api_client.hpp"
#include "aws/enrolment/answer.hpp"
#include "aws/enrolment/claim.hpp"
#include "aws/enrolment/journal.hpp"
#include "aws/enrolment/mqtt_port.hpp"
#include "aws/identity/identity.hpp"
#include "aws/signing/credentials.hpp"
#include "common/files/file_store.hpp"
#include "pki/chip_port.hpp"
#include "pki/issuer.hpp"

#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

namespace trustx::aws {

// Seams are what an enrolment reaches the world by. Nothing else of it does.
struct Seams {
    pki::ChipPort& chip;
    files::FileStore& files;
    ApiClient& cloud;
    Broker broker;
    WallClock now;                           // the time of day
    pki::Issuer* issuer = nullptr;           // for methods in which AWS does not issue the certificate
    const OperatorAnswer* answer = nullptr;  // for a gateway whose operator has the account
};

// Run is one enrolment that is going on. Its journal in memory is ahead of the file until record.
struct Run {
    const Seams& seams;
    const Directories& directories;
    JournalFile file;
    Journal journal;
    bool durable = false;            // the file is about this enrolment
    std::unique_ptr<Claim> claim{};  // nothing: none was shown yet

    // record makes the journal durable.
    [[nodiscard]] Result<void> record() {
        durable = true;
        return file.save(journal);
    }

    [[nodiscard]] const Order& order() const { return journal.order; }
    [[nodiscard]] Facts& facts() { return journal.facts; }
    [[nodiscard]] ObjectId object() const { return *paired_certificate(journal.order.slot); }
    // set is the name of this identity's files; empty: none were written yet.
    [[nodiscard]] const std::string& set() const { return journal.facts.set; }
    void note(std::string_view text) const { seams.broker.note(text); }
    [[nodiscard]] std::time_t time() const { return std::chrono::system_clock::to_time_t(seams.now()); }
};

}  // namespace trustx::aws

// SPDX-License-Identifier: Apache-2.0
// What the stages of an examination share.
#pragma once

#include "aws/control/calls/things.hpp"
#include "aws/doctor/options.hpp"
#include "aws/doctor/ports.hpp"
#include "aws/doctor/report.hpp"
#include "aws/enrolment/journal.hpp"
#include "common/x509/certificate.hpp"

#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace trustx::aws::doctor {

// Trouble is a cause with what was found; remedy is empty where the table's is as good.
struct Trouble {
    Cause cause;
    std::string text;
    std::string remedy = {};
};

// Judged is what a stage says that is as it should be: what was found, or its trouble.
using Judged = tl::expected<std::string, Trouble>;

[[nodiscard]] inline tl::unexpected<Trouble> trouble(Cause cause, std::string text, std::string remedy = {}) {
    return tl::unexpected{Trouble{cause, std::move(text), std::move(remedy)}};
}

// with_remedy is about a Failure: its words, and the remedy that came with it.
tl::unexpected<Trouble> trouble(Cause cause, const Failure& failure);

// Exam is one examination: what stages have found out for those after them.
struct Exam {
    const Seams& seams;
    const Options& options;
    Report report{};

    std::optional<Journal> unfinished{};
    std::optional<Identity> identity{};
    std::optional<KeyFile> key{};
    std::vector<x509::Certificate> chain{};  // leaf first
    std::vector<x509::Certificate> roots{};
    std::optional<std::chrono::seconds> clock_offset{};  // to be added to this computer's clock; nothing: not known
    mqtt::ProbeResult way{};                             // to the broker, without credentials
    std::optional<Trouble> refusal{};                    // by the broker, which the cloud may explain
    std::optional<Connectivity> before{};                // what the cloud knew before this examination connected

    [[nodiscard]] std::time_t now() const { return std::chrono::system_clock::to_time_t(seams.now()); }
    void add(Stage stage, Verdict verdict, std::string text);
    void add(Verdict verdict, const Trouble& trouble);
};

// The stages, in the order in which they are called.
Judged examine_files(Exam& exam);
Judged examine_settings(Exam& exam);
Judged examine_provider(Exam& exam);
Judged examine_chip(Exam& exam);
Judged examine_key(Exam& exam);
Judged examine_clock(Exam& exam);
Judged examine_dates(Exam& exam);
Judged examine_name(Exam& exam);
Judged examine_tcp(Exam& exam);
Judged examine_tls(Exam& exam);
Judged examine_mqtt(Exam& exam);

// cause_of_alert says what a TLS alert of the broker means; nothing: no cause of its own.
std::optional<Cause> cause_of_alert(int number);

// ask_presence notes what the cloud knows about the last connection, if it can be asked.
void ask_presence(Exam& exam);
// examine_cloud is about the certificate's registration and policies. Nothing: there are no credentials.
std::optional<Judged> examine_cloud(Exam& exam);
// examine_presence judges why the service closed the last connection of this gateway.
Judged examine_presence(const Exam& exam);

}  // namespace trustx::aws::doctor

// SPDX-License-Identifier: Apache-2.0
#include "commands/aws/session.hpp"

#include "aws/enrolment/absent.hpp"
#include "aws/enrolment/endpoint_name.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/enrolment/methods.hpp"
#include "aws/fleet/gateway.hpp"
#include "common/files/input_error.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"
#include "setup/service.hpp"

#include <chrono>
#include <random>

#include <sys/resource.h>

namespace trustx::cli {
namespace {

double random_fraction() {
    static std::mt19937_64 generator{std::random_device{}()};
    return std::uniform_real_distribution<double>{0.0, 1.0}(generator);
}

// keep_out_of_cores: credentials and keys of claims are in this memory. The kernel gives a process with this limit no
// core, not through a program in core_pattern either, for which 0 would mean nothing (fs/coredump.c of Linux).
void keep_out_of_cores() {
    const rlimit none{.rlim_cur = 1, .rlim_max = 1};
    ::setrlimit(RLIMIT_CORE, &none);
}

// tell_clock: calls make up for a clock that is off; other programs of this computer do not.
void tell_clock(const Context& context, std::chrono::seconds offset) {
    const auto now = std::chrono::system_clock::now();
    context.note("this computer's clock says " + text::time_text(std::chrono::system_clock::to_time_t(now)) +
                 ", and AWS's " + text::time_text(std::chrono::system_clock::to_time_t(now + offset)) +
                 ": set it, or certificates will be judged wrongly");
}

std::function<void(const aws::Attempt&)> observer(const Context& context, const aws::ApiClient& client) {
    return [&context, &client, known = std::chrono::seconds{0}](const aws::Attempt& attempt) mutable {
        if (client.clock_offset() != known) {
            known = client.clock_offset();
            tell_clock(context, known);
        }
        if (attempt.failure && attempt.wait > std::chrono::milliseconds{0}) {
            context.note(attempt.failure->operation() + "; tried again in " + std::to_string(attempt.wait.count()) +
                         " ms");
        }
    };
}

}  // namespace

aws::Broker broker_for(const Context& context, aws::MqttPort& port, Clock& clock, std::chrono::seconds wait) {
    return {.mqtt = port,
            .clock = clock,
            .random = random_fraction,
            .note = [&context](std::string_view text) { context.note(text); },
            .wait = wait};
}

std::string region_in(const std::string& endpoint) {
    return aws::region_in(endpoint);
}

void tell_enrolled(const Context& context, const aws::Directories& directories) {
    context.note("enrolled; services use " + directories.key_file() + ", " + directories.chain_file() + " and " +
                 directories.roots_file());
}

Result<void> tell_rotated(const Context& context, const aws::Directories& directories) {
    context.note("rotated; services that use " + directories.key_file() + " have to be restarted");
    for (const auto& service : enabled_services({})) {
        context.note("restart: systemctl restart " + service);
    }
    files::DiskStore files;
    TRY(const auto state, aws::read_state(files, directories));
    if (state.journal && !aws::ends_old_certificate(state.journal->order)) {
        context.note("then the operator ends the old certificate: trustx aws retire --thing " +
                     state.journal->order.thing + " --certificate " + state.journal->facts.old_certificate_id +
                     " --force");
    }
    return {};
}

const char* carried_on_by(const aws::Journal& journal) {
    const bool waits_for_broker = aws::is_installed(journal) && journal.order.task == aws::Task::enroll;
    return aws::waits_for_operator(journal) ? "install" : waits_for_broker ? "connect" : "resume";
}

std::string ways_on(const aws::Journal& journal) {
    return "`trustx aws " + std::string{carried_on_by(journal)} + "` carries on" +
           (aws::past_return(journal) ? ", it can no longer be taken back" : ", `trustx aws abandon` takes it back");
}

void tell_unfinished(const Context& context, const aws::Directories& directories, const Error& error) {
    // These two are about another enrolment, and say that.
    if (error.code() == aws::EnrolmentErrc::unfinished || error.code() == aws::EnrolmentErrc::busy) {
        return;
    }
    files::DiskStore files;
    const auto state = aws::read_state(files, directories);
    if (state && state->journal && state->journal->phase == aws::Phase::enrolling) {
        context.note("this is at the step `" + state->journal->step + "`: " + ways_on(*state->journal));
    }
}

CloudSession::CloudSession(const Context& context, const aws::Account& account, aws::ApiEndpoint endpoint)
    : account_{account},
      http_{{.ca_file = account.ca_bundle()}, clock_},
      cloud_{{.http = http_, .clock = clock_, .wall_clock = std::chrono::system_clock::now, .random = random_fraction},
             std::move(endpoint),
             [this](const Deadline& deadline) {
                 return account_.credentials(clock_, std::chrono::system_clock::now(), deadline);
             }} {
    keep_out_of_cores();
    cloud_.observe(observer(context, cloud_));
}

Result<std::unique_ptr<CloudSession>> CloudSession::open(const Context& context, const aws::AccountOptions& options) {
    TRY(const auto account, aws::Account::load(options, aws::process_environment()));
    TRY(auto endpoint, aws::iot_endpoint(account));
    return std::unique_ptr<CloudSession>{new CloudSession{context, account, std::move(endpoint)}};
}

Result<std::unique_ptr<OperatorSession>> OperatorSession::open(const Context& context,
                                                               const aws::AccountOptions& options) {
    TRY(auto cloud, CloudSession::open(context, options));
    return std::unique_ptr<OperatorSession>{new OperatorSession{context, std::move(cloud)}};
}

aws::Seams OperatorSession::seams() {
    return {.chip = aws::no_chip(),
            .files = files_,
            .cloud = cloud_->cloud(),
            .broker = broker_for(context_, aws::no_broker(), cloud_->clock(), std::chrono::seconds{0}),
            .now = std::chrono::system_clock::now,
            .issuer = issuer_.get()};
}

Result<void> OperatorSession::use_authority(const pki::AuthorityFiles& files) {
    TRY(issuer_, pki::open_authority(files));
    return {};
}

GatewaySession::GatewaySession(const Context& context, Chip chip, std::unique_ptr<CloudSession> cloud,
                               std::chrono::seconds wait)
    : context_{context},
      wait_{wait},
      cloud_{std::move(cloud)},
      offline_{{.http = aws::no_network(),
                .clock = clock_,
                .wall_clock = std::chrono::system_clock::now,
                .random = random_fraction},
               {},
               [](const Deadline& /*deadline*/) -> Result<aws::Credentials> {
                   return fail(Errc::not_supported, "there is no account here");
               }},
      chip_{std::move(chip)},
      port_{context, chip_},
      mqtt_{clock_} {
    keep_out_of_cores();
}

Result<std::unique_ptr<GatewaySession>> GatewaySession::open(const Context& context, const aws::AccountOptions& options,
                                                             std::chrono::seconds wait) {
    TRY(auto cloud, CloudSession::open(context, options));
    TRY(auto chip, open_chip(context));
    return std::unique_ptr<GatewaySession>{new GatewaySession{context, std::move(chip), std::move(cloud), wait}};
}

Result<std::unique_ptr<GatewaySession>> GatewaySession::open_without_account(const Context& context,
                                                                             std::chrono::seconds wait) {
    TRY(auto chip, open_chip(context));
    return std::unique_ptr<GatewaySession>{new GatewaySession{context, std::move(chip), nullptr, wait}};
}

aws::Seams GatewaySession::seams() {
    return {.chip = port_,
            .files = files_,
            .cloud = cloud_ ? cloud_->cloud() : offline_,
            .broker = broker_for(context_, mqtt_, clock_, wait_),
            .now = std::chrono::system_clock::now,
            .issuer = issuer_.get()};
}

Result<void> GatewaySession::use_authority(const pki::AuthorityFiles& files) {
    TRY(issuer_, pki::open_authority(files));
    return {};
}

}  // namespace trustx::cli

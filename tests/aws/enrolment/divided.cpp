// SPDX-License-Identifier: Apache-2.0
#include "divided.hpp"

#include "aws/enrolment/absent.hpp"
#include "common/try.hpp"
#include "pki/request.hpp"

#include <stdexcept>

namespace trustx::test {
namespace {

std::string path_of(const std::string& name) {
    return "/mail/" + name + ".json";
}

Result<void> written(const aws::Seams& seams, const std::string& name, const std::string& text) {
    return seams.files.write(path_of(name), text, files::Access::everybody);
}

// offline replaces the account of a gateway, whose seams these are.
aws::ApiClient offline(Clock& clock) {
    return {{.http = aws::no_network(),
             .clock = clock,
             .wall_clock = std::chrono::system_clock::now,
             .random = [] { return 0.5; }},
            {},
            [](const Deadline& /*deadline*/) -> Result<aws::Credentials> { return fail(Errc::not_supported, "none"); }};
}

}  // namespace

Divided::Divided(aws::EnrolmentMethod method) {
    wishes = {.method = method, .ca_file = world.order.ca_file};
    world.order.ca_file.clear();  // the answer has it
    world.order.region.clear();
}

Result<void> Divided::at_gateway(const std::function<Result<void>(const aws::Seams&)>& what) {
    return world.with_seams([&](const aws::Seams& seams) {
        auto client = offline(world.clock);
        return what(
            {.chip = seams.chip, .files = seams.files, .cloud = client, .broker = seams.broker, .now = seams.now});
    });
}

Result<void> Divided::at_operator(const std::function<Result<void>(aws::Approvals&)>& what) {
    return world.with_seams([&](const aws::Seams& seams) -> Result<void> {
        const aws::Seams without_chip{.chip = aws::no_chip(),
                                      .files = seams.files,
                                      .cloud = seams.cloud,
                                      .broker = {.mqtt = aws::no_broker(),
                                                 .clock = world.clock,
                                                 .random = seams.broker.random,
                                                 .note = seams.broker.note},
                                      .now = seams.now,
                                      .issuer = seams.issuer};
        aws::Approvals approvals{without_chip, records, FakeCloud::region};
        TRY(const auto lock, approvals.lock());
        return what(approvals);
    });
}

Result<void> Divided::request() {
    return at_gateway([this](const aws::Seams& seams) -> Result<void> {
        TRY(const auto request, aws::request(seams, world.directories, world.order));
        return written(seams, "request", aws::request_text(request));
    });
}

Result<void> Divided::approve() {
    return at_operator([this](aws::Approvals& approvals) -> Result<void> {
        TRY(const auto received, aws::parse_request(mail("request"), "request"));
        TRY(const auto answer, approvals.approve(received, wishes));
        return world.files.write(path_of("answer"), aws::answer_text(answer), files::Access::everybody);
    });
}

Result<void> Divided::install() {
    return at_gateway([this](const aws::Seams& seams) -> Result<void> {
        TRY(const auto answer, aws::parse_answer(mail("answer"), "answer"));
        TRY(const auto proof, aws::install(seams, world.directories, answer));
        return written(seams, "proof", aws::proof_text(proof));
    });
}

Result<void> Divided::activate() {
    return at_operator([this](aws::Approvals& approvals) -> Result<void> {
        TRY(const auto proof, aws::parse_proof(mail("proof"), "proof"));
        return approvals.activate(proof, unrecorded);
    });
}

Result<void> Divided::connect() {
    return at_gateway([this](const aws::Seams& seams) { return aws::Enrolment(seams, world.directories).resume(); });
}

Result<void> Divided::go_on() {
    if (mail("request").empty()) {
        TRYV(request());
    }
    TRYV(approve());
    TRYV(install());
    TRYV(activate());
    return connect();
}

Result<void> Divided::abandon() {
    return at_gateway([this](const aws::Seams& seams) { return aws::Enrolment(seams, world.directories).abandon(); });
}

Result<void> Divided::take_back() {
    return at_operator([this](aws::Approvals& approvals) -> Result<void> {
        TRY(const auto received, aws::parse_request(mail("request"), "request"));
        return approvals.take_back(received.request);
    });
}

std::string Divided::mail(const std::string& name) const {
    const auto found = world.files.files.find(path_of(name));
    return found == world.files.files.end() ? std::string{} : found->second.content;
}

std::string Divided::answered() const {
    auto answer = aws::parse_answer(mail("answer"), "the answer").value();
    answer.challenge.assign(pki::challenge_digits, '0');
    return aws::answer_text(answer);
}

void Divided::put_mail(const std::string& name, const std::string& text) {
    world.files.files[path_of(name)] = {.content = text, .access = files::Access::everybody};
}

void Divided::change_mail(const std::string& name, const std::string& from, const std::string& to) {
    auto text = mail(name);
    const auto at = text.find(from);
    if (at == std::string::npos) {
        throw std::runtime_error(name + " has no " + from);
    }
    put_mail(name, text.replace(at, from.size(), to));
}

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
// trustx aws doctor.
#include "aws/doctor/doctor.hpp"

#include "aws/doctor/paho_broker.hpp"
#include "aws/doctor/system_network.hpp"
#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "commands/aws/doctor_gateway.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

namespace doctor = aws::doctor;

constexpr const char* what_doctor_does =
    R"(Files, provider, chip, key, clock, DNS, TCP, TLS, MQTT, in this order: the first that fails is the cause, and nothing after
it is examined. Where the broker refuses without saying why, AWS is asked if there are credentials of an operator.
Nothing is changed. Two uses of the private key; another client with this client id loses its connection.

Examples:
  trustx aws doctor
  trustx aws doctor --profile operator
  trustx aws doctor --json)";

struct DoctorOptions {
    AccountChoice account;
    DirectoryOptions directories;
    std::string config;
    std::string watch = "3";
    std::string timeout = "30";
    std::uint16_t days = 30;
    bool json = false;
};

const char* doctor_verdict(doctor::Verdict verdict) {
    return verdict == doctor::Verdict::failed ? "FAILED" : doctor::name_of(verdict).data();
}

std::string doctor_column(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size() + 1), ' ');
    return text;
}

std::string doctor_text(const doctor::Report& report) {
    constexpr std::size_t verdict_width = 9;
    constexpr std::size_t stage_width = 13;
    std::string lines;
    for (const auto& finding : report.findings) {
        lines += doctor_column(doctor_verdict(finding.verdict), verdict_width) +
                 doctor_column(std::string{doctor::name_of(finding.stage)}, stage_width) +
                 text::printable(finding.text) + "\n";
        if (finding.cause) {
            const std::string indent(verdict_width + stage_width, ' ');
            lines += indent + "cause: " + std::string{doctor::info_of(*finding.cause).code} + "\n" + indent +
                     "remedy: " + text::printable(finding.remedy) + "\n";
        }
    }
    return lines;
}

nlohmann::ordered_json doctor_finding_json(const doctor::Finding& finding) {
    nlohmann::ordered_json json{{"stage", doctor::name_of(finding.stage)},
                                {"verdict", doctor::name_of(finding.verdict)},
                                {"finding", finding.text}};
    if (finding.cause) {
        json["cause"] = doctor::info_of(*finding.cause).code;
        json["remedy"] = finding.remedy;
    }
    return json;
}

nlohmann::ordered_json doctor_json(const doctor::Report& report) {
    nlohmann::ordered_json json{{"cause", nullptr}};
    if (const auto* cause = report.cause()) {
        json = doctor_finding_json(*cause);
        json.erase("verdict");
        json["exit_code"] = static_cast<int>(exit_code_of(Error{*cause->cause}));
    }
    json["findings"] = nlohmann::ordered_json::array();
    for (const auto& finding : report.findings) {
        json["findings"].push_back(doctor_finding_json(finding));
    }
    return json;
}

// enrolled_region is the gateway's, for calls that name none; files that cannot be read are reported by the
// examination.
std::string enrolled_region(const aws::Directories& directories) {
    files::DiskStore files;
    const auto identity = aws::load_identity(files, directories);
    return identity && *identity ? (*identity)->region : std::string{};
}

// DoctorCloud is what is known of an account: without credentials its control plane still tells the time.
struct DoctorCloud {
    std::unique_ptr<CloudSession> session;
    Result<aws::ApiClient*> client = fail(aws::AccountErrc::no_credentials);
    std::optional<aws::Url> service;
};

Result<aws::ApiClient*> usable_client(CloudSession& session, SystemClock& clock) {
    constexpr std::chrono::seconds patience{30};
    TRYV(session.account().credentials(clock, std::chrono::system_clock::now(), Deadline::after(clock, patience)));
    return &session.cloud();
}

DoctorCloud find_doctor_cloud(const Context& context, const DoctorOptions& options, const aws::Directories& directories,
                              SystemClock& clock) {
    const auto region = options.account.region.empty() ? enrolled_region(directories) : options.account.region;
    auto session = CloudSession::open(context, {.profile = options.account.profile, .region = region});
    if (!session) {
        return {.session = {}, .client = tl::unexpected{session.error()}, .service = {}};
    }
    DoctorCloud cloud;
    cloud.session = *std::move(session);
    cloud.service = cloud.session->cloud().endpoint().url;
    cloud.client = usable_client(*cloud.session, clock);
    return cloud;
}

Result<void> examine_gateway(const Context& context, const DoctorOptions& options) {
    TRY(const auto watch, parse_wait(options.watch));
    TRY(const auto timeout, parse_wait(options.timeout));
    const auto settings = directories_of(context, options.directories);
    const auto directories = settings.value_or(aws::Directories{});
    SystemClock clock;
    const auto cloud = find_doctor_cloud(context, options, directories, clock);
    aws::CurlClient http{
        {.ca_file = cloud.session ? cloud.session->account().ca_bundle() : std::string{}, .ignore_dates = true}, clock};
    files::DiskStore files;
    DoctorGateway gateway{context, options.config};
    doctor::SystemNetwork network{http, clock, cloud.service};
    doctor::PahoBroker broker{clock, timeout};
    const auto report =
        doctor::examine({.gateway = gateway,
                         .files = files,
                         .network = network,
                         .broker = broker,
                         .cloud = cloud.client,
                         .clock = clock,
                         .now = std::chrono::system_clock::now},
                        {.directories = directories,
                         .settings = settings ? std::nullopt : std::optional{doctor::Failure{settings.error()}},
                         .warn_before = std::chrono::days{options.days},
                         .cloud_wanted = !options.account.profile.empty(),
                         .watch = watch});
    TRYV(answer(options.json ? json_text(doctor_json(report)) : doctor_text(report)));
    const auto* cause = report.cause();
    return cause == nullptr ? Result<void>{} : fail(*cause->cause, cause->text + "; " + cause->remedy);
}

}  // namespace

void add_aws_doctor(Command& aws) {
    const auto options = std::make_shared<DoctorOptions>();
    auto command = aws.subcommand("doctor", "Find the one cause why there is no connection", what_doctor_does);
    add_account_options(command, options->account);
    add_directory_options(command, options->directories);
    command.option("--config", options->config,
                   "OpenSSL's configuration; default: the one OpenSSL reads, or OPENSSL_CONF", "FILE");
    command.option("--timeout", options->timeout, "How long the broker may take to answer; default: 30", "TIME");
    command.option("--watch", options->watch, "How long to see whether the broker closes the connection; default: 3",
                   "TIME");
    command.option("--days", options->days, "Warn of certificates that expire within so many days; default: 30", "N");
    command.flag("--json", options->json, "The same for programs");
    command.on_run([options](const Context& context) { return examine_gateway(context, *options); });
}

}  // namespace trustx::cli

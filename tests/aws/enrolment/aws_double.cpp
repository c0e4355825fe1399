// SPDX-License-Identifier: Apache-2.0
#include "aws_double.hpp"

#include "support/build_tree.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace trustx::test {
namespace {

std::string packages() {
    const char* named = std::getenv("TRUSTX_AWS_PACKAGES");
    return named != nullptr ? named : (source_directory() / "build" / "aws").string();
}

Process start(const std::filesystem::path& state, const std::string& packages) {
    return {"node",
            {(source_directory() / "tests/aws/double/main.mjs").string(), "--state", state.string(), "--keep",
             "--ready-fd", "1"},
            {.environment = {{"TRUSTX_AWS_PACKAGES", packages}}}};
}

// facts_of is read when the double has said that it is ready.
nlohmann::json facts_of(Process& process, const std::filesystem::path& file) {
    process.wait_for_line("", patience(std::chrono::seconds(60)));
    return nlohmann::json::parse(read_file(file));
}

}  // namespace

AwsDouble* AwsDouble::shared() {
    static std::unique_ptr<AwsDouble> running;
    if (running) {
        return running.get();
    }
    const auto directory = packages();
    if (!std::filesystem::exists(directory + "/node_modules")) {
        std::printf("SKIPPED: nothing is installed in %s; tests/aws/setup does that\n", directory.c_str());
        return nullptr;
    }
    running.reset(new AwsDouble{directory});
    return running.get();
}

AwsDouble::AwsDouble(const std::string& packages)
    : packages_{packages},
      process_{start(directory_.path(), packages)},
      facts_(facts_of(process_, directory_ / "facts.json")) {}

std::map<std::string, std::string> AwsDouble::environment() const {
    return {{"AWS_ACCESS_KEY_ID", facts_.at("accessKeyId")},
            {"AWS_SECRET_ACCESS_KEY", facts_.at("secretAccessKey")},
            {"AWS_REGION", facts_.at("region")},
            {"AWS_ENDPOINT_URL_IOT", facts_.at("control").at("url")},
            {"AWS_CA_BUNDLE", ca_file()},
            {"AWS_CONFIG_FILE", "/dev/null"},
            {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"}};
}

std::string AwsDouble::broker() const {
    const auto& mqtt = facts_.at("mqtt");
    return mqtt.at("host").get<std::string>() + ":" + std::to_string(mqtt.at("port").get<int>());
}

nlohmann::json AwsDouble::call(const std::string& method, const std::string& path, const nlohmann::json& body) const {
    const auto text = [this](const char* name) { return facts_.at(name).get<std::string>(); };
    std::vector<std::string> arguments{"--silent",
                                       "--fail-with-body",
                                       "--noproxy",
                                       "*",
                                       "--cacert",
                                       ca_file(),
                                       "--aws-sigv4",
                                       "aws:amz:" + text("region") + ":iot",
                                       "--user",
                                       text("accessKeyId") + ":" + text("secretAccessKey"),
                                       "--request",
                                       method,
                                       facts_.at("control").at("url").get<std::string>() + path};
    if (!body.is_null()) {
        arguments.insert(arguments.end(), {"--header", "content-type: application/json", "--data-binary", body.dump()});
    }
    const auto outcome = run("curl", arguments);
    if (!outcome.ok()) {
        throw std::runtime_error("the double refuses " + method + " " + path + ": " + outcome.both());
    }
    return outcome.out.empty() ? nlohmann::json{} : nlohmann::json::parse(outcome.out);
}

// Debian's interpreter has botocore; another one in PATH may not.
Outcome AwsDouble::judged() const {
    const auto judge = (source_directory() / "tests/aws/oracle/judge.py").string();
    return run("/usr/bin/python3", {"-B", judge, "--packages", packages_, directory_.path().string()});
}

void AwsDouble::wait_until_held(const nlohmann::json& fault, const Process& program) const {
    while (!control("GET", "/holding?id=" + fault.at("id").dump()).at("holding").get<bool>()) {
        if (!program.running()) {
            throw std::runtime_error("the program ended before the fault hit it: " + program.out() + program.err());
        }
    }
}

nlohmann::json AwsDouble::control(const std::string& method, const std::string& path,
                                  const nlohmann::json& body) const {
    const auto url = facts_.at("faults").at("url").get<std::string>() + path;
    std::vector<std::string> arguments{"--silent", "--noproxy", "*", "--request", method, url};
    if (!body.is_null()) {
        arguments.insert(arguments.end(), {"--data-binary", body.dump()});
    }
    const auto outcome = run("curl", arguments);
    auto answer = outcome.ok() ? nlohmann::json::parse(outcome.out, nullptr, false) : nlohmann::json{};
    if (!answer.is_structured() || (answer.is_object() && answer.contains("message"))) {
        throw std::runtime_error("the double refuses " + method + " " + path + ": " + outcome.both());
    }
    return answer;
}

}  // namespace trustx::test

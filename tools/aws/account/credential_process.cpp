// SPDX-License-Identifier: Apache-2.0
#include "aws/account/credential_process.hpp"

#include "aws/account/json_member.hpp"
#include "common/process/run_program.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

tl::unexpected<Error> fail_process(const std::string& program, const std::string& why) {
    return fail(AccountErrc::process_failed,
                "the credential_process " + program + ": " + why + "; run it by hand to see why");
}

// Splitter takes a command line apart by the rules of POSIX for words and quotes.
class Splitter {
 public:
    bool run(std::string_view command) {
        for (const char letter : command) {
            take(letter);
        }
        end_word();
        return quote_ == '\0' && !escaped_;
    }
    std::vector<std::string> words{};

 private:
    void take(char letter) {
        if (escaped_) {
            add(letter);
            escaped_ = false;
        } else if (letter == '\\' && quote_ != '\'') {
            escaped_ = true;
        } else if (quote_ != '\0') {
            letter == quote_ ? static_cast<void>(quote_ = '\0') : add(letter);
        } else if (letter == '"' || letter == '\'') {
            quote_ = letter;
            inside_ = true;
        } else if (letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r') {
            end_word();
        } else {
            add(letter);
        }
    }
    void add(char letter) {
        word_.push_back(letter);
        inside_ = true;
    }
    void end_word() {
        if (inside_) {
            words.push_back(std::exchange(word_, {}));
        }
        inside_ = false;
    }

    std::string word_;
    char quote_ = '\0';
    bool escaped_ = false;
    bool inside_ = false;
};

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) {
    Splitter splitter;
    if (!splitter.run(command) || splitter.words.empty()) {
        return fail(AccountErrc::configuration_malformed,
                    "credential_process is empty, or a quote in it is not closed; correct it in the profile");
    }
    return std::move(splitter.words);
}

Result<Credentials> parse_process_answer(std::string_view text) {
    const auto json = Json::parse(text, nullptr, false);
    const auto version = json.is_object() ? json.find("Version") : json.end();
    if (!json.is_object() || version == json.end() || *version != 1) {
        return fail(AccountErrc::process_failed, "its output is not JSON with \"Version\": 1");
    }
    const auto id = text_member(json, "AccessKeyId");
    const auto secret = text_member(json, "SecretAccessKey");
    if (id.empty() || secret.empty()) {
        return fail(AccountErrc::process_failed, "its output has no AccessKeyId or no SecretAccessKey");
    }
    Credentials credentials{.access_key_id = std::string{id},
                            .secret_access_key = SecretText{secret},
                            .session_token = SecretText{text_member(json, "SessionToken")}};
    credentials.account_id = text_member(json, "AccountId");
    if (const auto expiration = text_member(json, "Expiration"); !expiration.empty()) {
        credentials.expiration = text::parse_time(std::string{expiration});
        if (!credentials.expiration) {
            return fail(AccountErrc::process_failed, "the Expiration in its output is no time of ISO 8601");
        }
    }
    return credentials;
}

Result<Credentials> credentials_of_process(std::string_view command, const Clock& clock, const Deadline& deadline) {
    TRY(auto words, split_command(command));
    const auto program = words.front();
    const Deadline patience{std::min(deadline.at, Deadline::after(clock, longest_process).at)};
    const auto outcome = process::run_program({.words = std::move(words)}, clock, patience);
    if (!outcome) {
        return fail_process(program,
                            "it cannot be run: " + outcome.error().description() + "; " + process::start_advice);
    }
    if (!outcome->good()) {
        return fail_process(program, outcome->text());
    }
    auto credentials = parse_process_answer(view_of(outcome->output));
    return credentials ? std::move(credentials) : fail_process(program, credentials.error().operation());
}

}  // namespace trustx::aws

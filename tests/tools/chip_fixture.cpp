// SPDX-License-Identifier: Apache-2.0
#include "chip_fixture.hpp"

#include "cli/output.hpp"
#include "common/text/as_bytes.hpp"
#include "support/catch.hpp"

#include <algorithm>

namespace trustx::test {

ProcessOptions Chip::with_chip(ProcessOptions options) const {
    options.environment.emplace("TRUSTX_DEVICE", simulator.address());
    options.environment.emplace("TRUSTX_LOCK_DIRECTORY", files.path().string());
    options.environment.emplace("TRUSTX_CONF", "/dev/null");
    options.environment.emplace("TRUSTX", program("trustx").string());
    if (options.directory.empty()) {
        options.directory = files.path();
    }
    return options;
}

Outcome Chip::trustx(const Arguments& arguments, ProcessOptions options) const {
    return run(program("trustx"), arguments, with_chip(std::move(options)));
}

std::string Chip::must(const Arguments& arguments, ProcessOptions options) const {
    const auto outcome = trustx(arguments, std::move(options));
    INFO(outcome.both());
    REQUIRE(outcome.status == 0);
    return outcome.out;
}

Outcome Chip::must_fail(int status, const Arguments& arguments, const std::vector<std::string>& words,
                        ProcessOptions options) const {
    auto outcome = trustx(arguments, std::move(options));
    INFO(outcome.both());
    CHECK(outcome.status == status);
    CHECK(outcome.out.empty());
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
    for (const auto& word : words) {
        CHECK_THAT(outcome.err, ContainsSubstring(word));
    }
    return outcome;
}

Process Chip::start(const Arguments& arguments) const {
    return {program("trustx"), arguments, with_chip({})};
}

Outcome Chip::shell(const std::string& script) const {
    return run("sh", {"-c", script}, with_chip({}));
}

KeyReference Chip::keygen(const std::string& slot, const Arguments& more) const {
    Arguments arguments{"keygen", slot};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return reference_in(must(arguments));
}

bool Chip::holds_key(const std::string& slot) const {
    const auto metadata = nlohmann::json::parse(must({"metadata", "show", slot, "--json"}));
    return !metadata.at("curve").is_null();
}

std::string Chip::write(const std::string& name, const std::string& content) const {
    write_file(files / name, content);
    return path(name);
}

KeyReference reference_in(const std::string& text) {
    const auto reference = keys::parse_key_file(text::as_bytes(text), "the key file under test");
    INFO(text);
    REQUIRE(reference);
    return *reference;
}

}  // namespace trustx::test

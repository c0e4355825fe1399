// SPDX-License-Identifier: Apache-2.0
// The settings, as the library declares them, in the manual pages and in the sample files.
#include "page.hpp"
#include "settings/declarations.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>

using namespace trustx;
using namespace trustx::test;

namespace {

Words declared(SettingLayer layer) {
    Words names;
    for (const auto name : setting_names(layer)) {
        names.emplace(name);
    }
    return names;
}

// variables are those of the settings that a layer may have.
Words variables(SettingLayer layer) {
    Words names;
    for (const auto& setting : setting_declarations()) {
        if (setting.variable != nullptr && setting.allowed_in(layer)) {
            names.emplace(setting.variable);
        }
    }
    return names;
}

// commented_out are the `#name = value` of a sample file.
Words commented_out(const std::string& file) {
    return all_of(read_file(source_directory() / "conf" / file), R"(\n# ?([a-z-]+) = )");
}

// items are the first words of the items of a list.
Words items(const std::string& part) {
    return all_of(part, R"(\n\.It Cm ([a-z-]+)(?=\n))");
}

}  // namespace

TEST_CASE("trustx.conf(5) and the sample file have exactly the settings that the file may have", "[manual]") {
    const auto settings = declared(SettingLayer::file);
    CHECK(settings.size() >= 9);
    CHECK(items(Page::by_name("trustx.conf.5").part("SETTINGS")) == settings);
    CHECK(commented_out("trustx.conf") == settings);
}

TEST_CASE("trustx.conf(5) and the sample file name the same defaults", "[manual]") {
    const auto part = Page::by_name("trustx.conf.5").part("SETTINGS");
    const auto sample = read_file(source_directory() / "conf" / "trustx.conf");
    for (const auto* name :
         {"device", "lock-directory", "lock-timeout-ms", "command-timeout-ms", "open", "trace-level"}) {
        CAPTURE(name);
        const auto line = std::string{"\n#"} + name + " = ";
        const auto begin = sample.find(line);
        REQUIRE(begin != std::string::npos);
        const auto value = sample.substr(begin + line.size(), sample.find('\n', begin + 1) - begin - line.size());
        const auto item = part.find(std::string{"\n.It Cm "} + name + "\n");
        const auto described = part.substr(item, part.find("\n.It ", item + 1) - item);
        CHECK_THAT(described, ContainsSubstring("Default:") && ContainsSubstring(value));
    }
}

TEST_CASE("provider-trustx(7) has exactly the settings of the provider's section", "[manual]") {
    const auto part = Page::by_name("provider-trustx.7").part("CONFIGURATION");
    const auto settings = declared(SettingLayer::openssl_conf);
    CHECK(settings.size() >= 10);
    CHECK(items(part) == settings);
    const auto sample = commented_out("openssl-trustx.cnf");
    CHECK(sample.size() >= 5);
    // `module` is OpenSSL's own.
    for (const auto& name : sample) {
        CAPTURE(name);
        CHECK((settings.contains(name) || name == "module"));
    }
}

TEST_CASE("trustx.conf(5) says which settings the provider's section alone may have", "[manual]") {
    const auto part = Page::by_name("trustx.conf.5").part("SETTINGS");
    const auto in_file = declared(SettingLayer::file);
    for (const auto& name : declared(SettingLayer::openssl_conf)) {
        CAPTURE(name);
        CHECK_THAT(part, ContainsSubstring("\n." + std::string{in_file.contains(name) ? "It " : ""} + "Cm " + name));
    }
}

TEST_CASE("the pages that describe the environment name every variable", "[manual]") {
    auto of_a_chip = variables(SettingLayer::openssl_conf);
    CHECK(of_a_chip.size() >= 4);
    of_a_chip.insert("TRUSTX_CONF");
    auto all = variables(SettingLayer::environment);
    all.insert("TRUSTX_CONF");
    const auto described = [](const char* name) {
        return all_of(Page::by_name(name).part("ENVIRONMENT"), R"((TRUSTX_[A-Z_]+))");
    };
    CHECK(described("trustx.1") == all);
    CHECK(described("trustx-mqtt.1") == of_a_chip);
    CHECK(described("trustx.conf.5") == all);
}

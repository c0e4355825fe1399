// SPDX-License-Identifier: Apache-2.0
// An OpenSSL configuration as OpenSSL reads it: includes followed, variables replaced, sections merged. Which
// providers it names, and which of them it activates (openssl-provider.md section 1.15).
#pragma once

#include <trustx/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::cli {

// Activation is what a provider's section says. OpenSSL 3.0 takes any `activate` line for a yes, 3.3 accepts certain
// words only; what the two read differently is `unclear`.
enum class Activation { no, yes, unclear };

struct ProviderEntry {
    std::string name;     // by which OpenSSL will know it
    std::string line;     // the name of the line that names the section, as written
    std::string section;  // where its settings are
    Activation activation = Activation::no;
    std::string activate_value;                                 // as written
    std::optional<std::string> module;                          // as written; OpenSSL's own directory otherwise
    std::vector<std::pair<std::string, std::string>> settings;  // the provider's own

    // is_trustx: by its name, or by its module, which may go by any name.
    [[nodiscard]] bool is_trustx() const;
};

struct OpensslConfiguration {
    std::string init_section;        // what openssl_conf names; empty: there is no such line
    std::string node_section;        // what nodejs_conf names, for Node.js; empty: there is no such line
    std::string providers_section;   // what `providers` in it names; empty: there is no such line
    std::string algorithms_section;  // what alg_section in it names; empty: there is no such line
    std::string default_properties;  // in that; empty: none
    std::string ssl_section;         // what ssl_conf names; empty: there is no such line
    std::string tls_section;         // what system_default in that names; empty: there is no such line
    std::string tls_groups;          // `Groups` or `Curves` in that; empty: none
    std::string tls_ciphers;         // `CipherString` in that; empty: none
    std::string tls_options;         // `Options` in that; empty: none
    std::string tls_minimum;         // `MinProtocol` in that; empty: none
    std::string tls_maximum;         // `MaxProtocol` in that; empty: none
    std::vector<ProviderEntry> providers;
    std::vector<std::string> sections;  // the names of all, for choosing new ones

    // parse parses a file's text; name is the file's, for messages. Relative includes are found as OpenSSL does.
    // Error: InputErrc::malformed with OpenSSL's own words and the line.
    static Result<OpensslConfiguration> parse(const std::string& text, const std::string& name);

    [[nodiscard]] const ProviderEntry* find(std::string_view provider) const;
    [[nodiscard]] bool activates(std::string_view provider) const;
    [[nodiscard]] const ProviderEntry* trustx() const;
    [[nodiscard]] bool activates_trustx() const;
    // trustx_without_module is an entry that means trustx under another name, and does not say `module`: OpenSSL looks
    // for a module of that name then. nullptr: there is none.
    [[nodiscard]] const ProviderEntry* trustx_without_module() const;
    [[nodiscard]] bool activates_another_than_trustx() const;
    [[nodiscard]] bool has_section(std::string_view section) const;
    // claims_fips: trustx is told to let its algorithms count as fips=yes.
    [[nodiscard]] bool claims_fips() const;
};

// AppendedLine is a line `name = value` behind a configuration as OpenSSL reads it.
struct AppendedLine {
    std::string section;  // the one that is open there
    std::string value;    // with variables replaced and quotes removed
};

// read_appended appends a line with that value to a text. Nothing: the line is not read as a line, because the
// text cannot be read or ends in a continued line.
std::optional<AppendedLine> read_appended(const std::string& text, std::string_view value);

// openssl_errors empties OpenSSL's error queue into one text: "first; second".
std::string openssl_errors();

}  // namespace trustx::cli

// SPDX-License-Identifier: Apache-2.0
// Completion in bash and zsh. Most is asked of bash's function without a terminal, because that is quick; what a line
// becomes is then typed on a terminal, in both shells.
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <cstdlib>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <vector>

using namespace trustx::test;

namespace {

using Words = std::set<std::string>;

std::filesystem::path completions() {
    return program("trustx").parent_path().parent_path() / "conf" / "completion";
}

std::map<std::string, std::string> found_by_path() {
    return {{"PATH", program("trustx").parent_path().string() + ":" + std::getenv("PATH")}};
}

// Each word costs some processes, on a machine that may be busy.
Milliseconds long_patience() {
    return patience(std::chrono::minutes{10});
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream{text};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

Words words_of(const std::string& text) {
    std::istringstream stream{text};
    return {std::istream_iterator<std::string>{stream}, {}};
}

// completed_all gives what bash offers for the last word of each line. The words are as readline splits them: "=", ":"
// and "@" are words. The first one is the program as it was typed; the last one may be ''. `changes` is a script that
// may replace functions of the completion.
std::vector<Words> completed_all(const std::string& name, const std::string& lines, ProcessOptions options = {},
                                 const std::string& changes = {}) {
    auto function = "_" + name;
    std::replace(function.begin(), function.end(), '-', '_');
    const auto script =
        "source " + (completions() / "bash" / name).string() + "\n" + changes +
        "\nwhile read -r line; do\neval \"COMP_WORDS=($line)\"\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n" + function +
        "\nprintf '%s\\n' \"${COMPREPLY[*]}\"\ndone\n";
    options.environment.merge(found_by_path());
    options.input = lines;
    const TempDir empty;  // nothing there is offered as a file name
    if (options.directory.empty()) {
        options.directory = empty.path();
    }
    const auto outcome = run("bash", {"-c", script}, options, long_patience());
    INFO(outcome.both());
    REQUIRE(outcome.ok());
    std::vector<Words> offered;
    for (const auto& line : lines_of(outcome.out)) {
        offered.push_back(words_of(line));
    }
    REQUIRE(offered.size() == lines_of(lines).size());
    return offered;
}

Words completed(const std::string& words, const std::string& typed = "trustx", ProcessOptions options = {}) {
    return completed_all("trustx", typed + " " + words + "\n", std::move(options)).front();
}

// Help is the --help of a command: "trustx", "trustx cert read".
struct Help {
    std::string command;
    std::string text;

    [[nodiscard]] std::string part(const std::string& heading) const {
        const auto begin = text.find(heading + "\n");
        return begin == std::string::npos ? "" : text.substr(begin, text.find("\n\n", begin) - begin) + "\n";
    }
    [[nodiscard]] Words all(const std::string& of, const std::string& pattern) const {
        const std::regex form{pattern};
        Words found;
        for (auto match = std::sregex_iterator{of.begin(), of.end(), form}; match != std::sregex_iterator{}; ++match) {
            found.insert((*match)[1]);
        }
        return found;
    }
    [[nodiscard]] Words subcommands() const { return all(part("Subcommands:"), R"(\n  ([a-z-]+))"); }
    [[nodiscard]] Words options() const { return all(text, R"(\n\s+(?:-\w,)?(--[a-z0-9-]+))"); }
    // placeholders are the words that stand for a value, and the arguments.
    [[nodiscard]] Words placeholders() const {
        auto found = all(text, R"(\n\s+(?:-\w,)?--[a-z0-9-]+ ([^ =\n]+))");
        found.merge(all(part("Positionals:"), R"(\n  ([A-Z]+))"));
        return found;
    }
};

// remembering makes a script with which the completion reads these texts, each once, instead of asking the program and
// awk at each word of each line, some hundreds of times.
std::string remembering(const std::vector<Help>& all, const TempDir& directory) {
    for (const auto& help : all) {
        write_file(directory / help.command, help.text);
    }
    return "declare -A known\ntold() { cat \"$1\"; }\nfor file in " + directory.path().string() +
           "/*; do known[${file##*/}]=$(_trustx_read told \"$file\"); done\n"
           "_trustx_read() { local IFS=' ' command=(\"${1##*/}\" \"${@:2}\"); printf '%s\\n' "
           "\"${known[${command[*]}]}\"; }\n";
}

std::vector<Help> helps(const std::string& command) {
    std::istringstream stream{command};
    std::vector<std::string> words{std::istream_iterator<std::string>{stream}, {}};
    const auto name = words.front();
    words.erase(words.begin());
    words.emplace_back("--help");
    std::vector<Help> found{{command, run(program(name), words).out}};
    for (const auto& below : found.front().subcommands()) {
        for (auto& help : helps(command + " " + below)) {
            found.push_back(std::move(help));
        }
    }
    return found;
}

// typed gives what the line editor of a shell makes of each line and a TAB behind it.
std::vector<std::string> typed(const std::string& shell, const std::vector<std::string>& lines,
                               const std::filesystem::path& directory) {
    ProcessOptions options{.environment = found_by_path(), .input = "", .directory = directory};
    for (const auto& line : lines) {
        *options.input += line + "\n";
    }
    const auto program = source_directory() / "tests" / "tools" / "type_keys";
    const auto outcome = run("python3", {program.string(), shell, completions().string()}, options, long_patience());
    INFO(outcome.both());
    REQUIRE(outcome.ok());
    return lines_of(outcome.out);
}

}  // namespace

TEST_CASE("bash completes subcommands, options and objects as the program knows them", "[completion]") {
    CHECK(completed_all("trustx",
                        "trustx met\ntrustx metadata s\ntrustx --quiet metadata p\ntrustx sign --ha\n"
                        "trustx sign device-key-\ntrustx object read F1E\n") ==
          std::vector<Words>{{"metadata"},
                             {"set", "show"},
                             {"plan"},
                             {"--hashed"},
                             {"device-key-1", "device-key-2", "device-key-3", "device-key-4"},
                             {"F1E0", "F1E1"}});
}

TEST_CASE("bash runs no program but the one that PATH finds to complete a word", "[completion]") {
    const TempDir directory;
    const auto foreign = directory / "trustx";
    write_file(foreign, "#!/bin/sh\ntouch was-run\n");
    std::filesystem::permissions(foreign, std::filesystem::perms::owner_all);
    for (const auto& typed : {std::string{"./trustx"}, foreign.string()}) {
        CAPTURE(typed);
        CHECK(completed("met", typed, {.directory = directory.path()}) == Words{"metadata"});
        CHECK_FALSE(std::filesystem::exists(directory / "was-run"));
    }
    // Without a program there is nothing to offer, and nothing is run in its place.
    CHECK(completed("met", "./trustx", {.environment = {{"PATH", "/usr/bin:/bin"}}, .directory = directory.path()}) ==
          Words{});
    CHECK_FALSE(std::filesystem::exists(directory / "was-run"));
}

TEST_CASE("bash offers every subcommand and every option of each program where --help has it", "[completion]") {
    for (const std::string name : {"trustx", "trustx-mqtt", "trustx-sim"}) {
        const auto all = helps(name);
        std::string lines;
        for (const auto& help : all) {
            lines += help.command + " --\n" + help.command + " ''\n";
        }
        const TempDir texts;
        const auto offered = completed_all(name, lines, {}, remembering(all, texts));
        for (std::size_t i = 0; i < all.size(); ++i) {
            CAPTURE(all[i].command);
            auto options = all[i].options();
            CHECK_FALSE(options.empty());
            // The options of the program may stand behind each subcommand, too, unless it does without subcommands.
            if (all.front().text.find("[SUBCOMMAND]") == std::string::npos) {
                options.merge(all.front().options());
            }
            CHECK(offered[2 * i] == options);
            if (const auto subcommands = all[i].subcommands(); !subcommands.empty()) {
                CHECK(offered[2 * i + 1] == subcommands);
            }
        }
    }
}

TEST_CASE("completion knows every word that stands for a value", "[completion]") {
    const Words proposed{"EVIDENCE",  "PATH",
                         "ADDRESS",   "COMMAND",
                         "CONDITION", "DEVICE",
                         "DIRECTORY", "FILE",
                         "LIST",      "OBJECT",
                         "ANSWER",    "PEER",
                         "PROGRAM",   "PROOF",
                         "RECIPE",    "REQUEST",
                         "SERVICE",   "SLOT",
                         "STATE",     "USER",
                         "WHAT",      "FILE|trustx:OBJECT",
                         "MANIFEST",  "OBJECTS"};
    const Words free{"ADDR:PORT", "ARN",     "CLOCK",  "FILTER", "HEX",  "HOST",     "HOST[:PORT]", "ID",
                     "N",         "MINUTES", "NAME",   "NUMBER", "PORT", "PROTOCOL", "SERVER",      "RULE",
                     "SECONDS",   "SIZE",    "SUFFIX", "TEXT",   "TIME", "TOPIC"};
    const auto rules = read_file(source_directory() / "conf" / "completion" / "help.awk");
    for (const auto& word : proposed) {
        CHECK_THAT(rules, ContainsSubstring(word.substr(0, word.find('|'))));
    }
    for (const std::string name : {"trustx", "trustx-mqtt", "trustx-sim"}) {
        for (const auto& help : helps(name)) {
            for (const auto& word : help.placeholders()) {
                CAPTURE(help.command, word);
                const bool choice = word.find('|') != std::string::npos;
                // What CLI11 adds of its own: other options, and from 2.4 on a default in brackets.
                const bool rule = word.starts_with("Excludes:") || word.starts_with("Needs:") || word.starts_with("[");
                CHECK((choice || rule || proposed.contains(word) || free.contains(word)));
            }
        }
    }
}

TEST_CASE("bash proposes what a value may be", "[completion]") {
    CHECK(completed_all("trustx",
                        "trustx keygen --curve ''\n"
                        "trustx sign --digest sha5\n"
                        "trustx cert write E0E1 --form = t\n"
                        "trustx keygen --usage sign,a\n"
                        "trustx lifecycle raise cha\n"
                        "trustx lifecycle raise chi\n"
                        "trustx derive --secret F1E\n"
                        "trustx derive --key F1E\n"
                        "trustx metadata set F1D0 --change ne\n"
                        "trustx setup check --user roo\n"
                        "trustx random 1\n") == std::vector<Words>{{"P-256", "P-384"},
                                                                   {"sha512"},
                                                                   {"tls-identity"},
                                                                   {"sign,auth"},
                                                                   {},
                                                                   {"chip"},
                                                                   {"F1E0", "F1E1"},
                                                                   {},
                                                                   {"never"},
                                                                   {"root"},
                                                                   {}});
    CHECK(completed_all("trustx-mqtt",
                        "trustx-mqtt --cert trustx : E0E8\ntrustx-mqtt --cert trust\n"
                        "trustx-mqtt --qos ''\n") == std::vector<Words>{{"E0E8"}, {"trustx:"}, {"0", "1"}});
    CHECK(completed_all("trustx-sim",
                        "trustx-sim --timing ''\ntrustx-sim --acknowledge p\n"
                        "trustx-sim ctl unix : /tmp/chip power\n") ==
          std::vector<Words>{{"none", "typical"}, {"piggyback"}, {"power-cycle"}});
}

TEST_CASE("what completion proposes for a word with a list of its own, the program takes", "[completion]") {
    const auto text = run(program("trustx"), {"lifecycle", "raise", "--help"}).out;
    const auto offered = completed_all("trustx", "trustx lifecycle raise F1D0 ''\ntrustx keygen --usage ''\n");
    CHECK(offered[0].size() == 3);
    for (const auto& state : offered[0]) {
        CHECK_THAT(text, ContainsSubstring(state));
    }
    CHECK(offered[1].size() == 6);
    for (const auto& usage : offered[1]) {
        CHECK_THAT(run(program("trustx"), {"keygen", "--help"}).out, ContainsSubstring(usage));
    }
}

TEST_CASE("on a terminal a TAB completes the line, in bash and in zsh", "[completion]") {
    const TempDir directory;
    write_file(directory / "key.pem", "");
    const std::vector<std::pair<std::string, std::string>> lines{
        {"trustx met", "trustx metadata "},
        {"./trustx met", "./trustx metadata "},
        {"trustx -q cert wr", "trustx -q cert write "},
        {"trustx sign --ha", "trustx sign --hashed "},
        {"trustx sign --qui", "trustx sign --quiet "},
        {"trustx object read F1E1", "trustx object read F1E1 "},
        {"trustx cert write E0E1 ke", "trustx cert write E0E1 key.pem "},
        {"trustx keygen E0F1 --out ke", "trustx keygen E0F1 --out key.pem "},
        {"trustx keygen -o ke", "trustx keygen -o key.pem "},
        {"trustx keygen --usage sign,k", "trustx keygen --usage sign,keyagree "},
        {"trustx keygen --curve P-3", "trustx keygen --curve P-384 "},
        {"trustx lifecycle raise F1D0 o", "trustx lifecycle raise F1D0 operational "},
        {"trustx trace x --object=F1E1", "trustx trace x --object=F1E1 "},
        {"trustx -d un", "trustx -d unix:"},
        {"trustx -d unix:ke", "trustx -d unix:key.pem "},
        {"trustx-mqtt --persis", "trustx-mqtt --persistent-session "},
        {"trustx-mqtt --cert tru", "trustx-mqtt --cert trustx:"},
        {"trustx-mqtt --cert trustx:F1E1", "trustx-mqtt --cert trustx:F1E1 "},
        {"trustx-mqtt --key ke", "trustx-mqtt --key key.pem "},
        {"trustx-sim --timing ty", "trustx-sim --timing typical "},
        {"trustx-sim ctl unix:key.pem power", "trustx-sim ctl unix:key.pem power-cycle "}};
    std::vector<std::string> short_lines;
    std::vector<std::string> whole_lines;
    for (const auto& [line, whole] : lines) {
        short_lines.push_back(line);
        whole_lines.push_back(whole);
    }
    for (const std::string shell : {"bash", "zsh"}) {
        CAPTURE(shell);
        CHECK(typed(shell, short_lines, directory.path()) == whole_lines);
    }
}

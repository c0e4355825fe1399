// SPDX-License-Identifier: Apache-2.0
// The sample handler for jobs that install firmware: what it fetches, from whom and how much, and that it asks RAUC,
// and with it the chip, before anything else. RAUC's service is not there.
#include "https_server.hpp"
#include "slots.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>

using namespace trustx::test;

namespace {

struct Handler {
    Handler() {
        std::filesystem::create_directory(gateway.chip.path("state"));
        shim("sleep", "echo \"$1\" >>" + gateway.chip.path("pauses"));
        shim("curl",
             "echo \"$*\" >>" + gateway.chip.path("curl-arguments") + "\nexec /usr/bin/curl \"$@\" $MORE_OF_CURL");
    }

    // shim puts a script in front of a program.
    void shim(const std::string& name, const std::string& script) const {
        std::filesystem::permissions(gateway.chip.write("bin/" + name, "#!/bin/sh\n" + script + "\n"),
                                     std::filesystem::perms::owner_all);
    }
    // noted takes what a shim has written.
    [[nodiscard]] std::string noted(const std::string& name) const {
        const auto path = gateway.chip.path(name);
        auto text = std::filesystem::exists(path) ? read_file(path) : std::string{};
        gateway.chip.write(name, "");
        return text;
    }

    Outcome run(const nlohmann::json& document, const Environment& more = {}) {
        auto environment = slots.on_bus(gateway.environment());
        environment["CURL_CA_BUNDLE"] = web.certificate();
        environment["STATE_DIRECTORY"] = gateway.chip.path("state");
        for (const auto& [name, value] : more) {
            environment[name] = value;
        }
        static_cast<void>(gateway.commands());
        return trustx::test::run((source_directory() / "conf/firmware/install-firmware").string(), {},
                                 {.environment = environment, .input = document.dump()});
    }
    // refuse demands that the handler ends so, with these words in its first line, and that nothing is left on the
    // disk.
    void refuse(int status, const std::string& words, const nlohmann::json& document) {
        const auto outcome = run(document);
        INFO(document.dump() << ": " << outcome.both());
        CHECK(outcome.status == status);
        CHECK_THAT(outcome.err.substr(0, outcome.err.find('\n')), ContainsSubstring(words));
        CHECK(left().empty());
    }
    // accepted says that RAUC, and the chip, took what was fetched: what is missing then is RAUC's service.
    void accept(const nlohmann::json& document, const Environment& more = {}) {
        const auto outcome = run(document, more);
        INFO(document.dump() << ": " << outcome.both());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.out, ContainsSubstring("{\"step\":\"installing\"}"));
        CHECK_THAT(outcome.err, ContainsSubstring("RAUC did not install it"));
        CHECK(gateway.commands()["VerifySign"] == 2);
        CHECK(left().empty());
    }
    [[nodiscard]] std::vector<std::string> left() const {
        std::vector<std::string> names;
        if (const auto directory = gateway.chip.path("state/firmware"); std::filesystem::exists(directory)) {
            for (const auto& entry : std::filesystem::directory_iterator(directory)) {
                names.push_back(entry.path().filename());
            }
        }
        return names;
    }

    Gateway gateway;
    Slots slots{gateway};
    CertificateAuthority web{gateway.chip.files.path(), "web"};
    HttpsServer server{web, gateway.chip.files.path()};
};

nlohmann::json with(nlohmann::json document, const char* member, const nlohmann::json& value) {
    document[member] = value;
    return document;
}

}  // namespace

TEST_CASE("the handler of a job fetches what was announced and from there, and asks the chip", "[firmware]") {
    if (curl_skipped()) {
        return;
    }
    Handler handler;
    const auto bundle = handler.slots.bundle(&handler.gateway.signer);
    const auto job = [&](const std::string& habit) {
        return document_for(handler.server.url(habit, "update.raucb"), bundle);
    };
    const auto size = std::filesystem::file_size(bundle);
    const auto asked = [&handler] { return handler.server.requests(); };

    handler.accept(job("file"));
    CHECK(asked() == std::vector<std::string>{"/file/update.raucb -"});

    handler.refuse(1, "no redirection is followed", job("redirect"));
    CHECK(asked() == std::vector<std::string>{"/redirect/update.raucb -"});
    handler.refuse(1, "do not fit", with(job("file"), "size", 900000000000000));
    CHECK(asked().empty());
    handler.refuse(1, "cannot fetch", with(job("file"), "size", size - 1));
    handler.refuse(1, "cannot fetch", job("endless"));
    handler.refuse(1, "and not", with(job("file"), "size", size + 1));
    handler.refuse(1, "another SHA-256", with(job("file"), "sha256", std::string(64, '0')));
    handler.refuse(1, "404", with(job("file"), "url", handler.server.url("file", "nothing")));
    static_cast<void>(asked());
    for (const auto* url : {"http://localhost/x", "file:///etc/passwd", "ftp://localhost/x", "-o/tmp/x", ""}) {
        handler.refuse(65, "url", with(job("file"), "url", url));
    }
    handler.refuse(65, "size", with(job("file"), "size", "7"));
    handler.refuse(65, "size", with(job("file"), "size", -1));
    handler.refuse(65, "size", with(job("file"), "size", 1.5));
    handler.refuse(65, "sha256", with(job("file"), "sha256", "../" + std::string(61, '0')));
    handler.refuse(65, "size is 0", with(job("file"), "size", 0));
    handler.refuse(65, "sha256", {{"url", job("file").at("url")}, {"size", 1}});
    CHECK(asked().empty());

    auto digest = job("file").at("sha256").get<std::string>();
    std::transform(digest.begin(), digest.end(), digest.begin(), [](char letter) {
        return letter >= 'a' && letter <= 'f' ? static_cast<char>(letter - 'a' + 'A') : letter;
    });
    handler.accept(with(job("file"), "sha256", digest));
    // One file, and not as many as curl makes of such a name.
    const std::string name = "up[1-9]{a,b}\\d.raucb";
    std::filesystem::copy(bundle, handler.gateway.chip.path(name));
    static_cast<void>(asked());
    handler.accept(with(job("file"), "url", handler.server.url("file", name + "?n=[1-99]")));
    CHECK(asked() == std::vector<std::string>{"/file/" + name + "?n=[1-99] -"});
}

TEST_CASE("the handler of a job shows nobody what lets it in", "[firmware]") {
    if (curl_skipped()) {
        return;
    }
    Handler handler;
    const auto bundle = handler.slots.bundle(&handler.gateway.signer);
    auto url = handler.server.url("file", "nothing?X-Amz-Security-Token=secret");
    url.insert(std::string{"https://"}.size(), "user:password@");
    const auto outcome = handler.run(document_for(url, bundle));
    INFO(outcome.both());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, ContainsSubstring("cannot fetch " + handler.server.url("file", "nothing") + ": "));
    CHECK_THAT(handler.server.requests().at(0), ContainsSubstring("?X-Amz-Security-Token=secret"));
    for (const auto& text : {outcome.both(), handler.noted("curl-arguments")}) {
        CHECK_THAT(text, !ContainsSubstring("secret") && !ContainsSubstring("password"));
    }
    handler.refuse(65, "url names no host", document_for("https://user:pass?word@localhost/x", bundle));
    handler.refuse(65, "url has spaces", document_for("https://localhost/x\ty", bundle));
}

TEST_CASE("the handler of a job waits before it tries again, and not for ever for a slow server", "[firmware]") {
    if (curl_skipped()) {
        return;
    }
    Handler handler;
    const auto bundle = handler.slots.bundle(&handler.gateway.signer);
    const auto size = std::filesystem::file_size(bundle);
    handler.refuse(1, "cannot fetch", document_for(handler.server.url("mute", "update.raucb"), bundle));
    CHECK(handler.server.requests().size() == 5);
    CHECK(handler.noted("pauses") == "5\n10\n20\n40\n");
    CHECK_THAT(handler.noted("curl-arguments"), ContainsSubstring(" --max-time " + std::to_string(300 + size / 4000)) &&
                                                    ContainsSubstring(" --speed-time 60 "));

    handler.accept(document_for(handler.server.url("drip", "update.raucb"), bundle),
                   {{"MORE_OF_CURL", "--speed-time 1"}});
    CHECK(handler.server.requests().size() == 2);
    CHECK(handler.noted("pauses") == "5\n");
}

TEST_CASE("the handler of a job says what is not installed, and does not blame the document", "[firmware]") {
    const Gateway gateway;
    std::filesystem::create_directory(gateway.chip.path("few"));
    std::vector<std::string> programs{"curl", "jq", "rauc"};
    std::filesystem::create_symlink("/bin/cat", gateway.chip.path("few/cat"));
    for (const auto& program : programs) {
        const auto outcome = run((source_directory() / "conf/firmware/install-firmware").string(), {},
                                 {.environment = {{"PATH", gateway.chip.path("few")}}, .input = "{}"});
        CHECK(outcome.status == 1);
        CHECK(outcome.err == program + " is not installed\n");
        std::filesystem::create_symlink("/bin/true", gateway.chip.path("few/" + program));
    }
}

TEST_CASE("the handler of a job goes on with what was fetched", "[firmware]") {
    if (curl_skipped()) {
        return;
    }
    Handler handler;
    const auto bundle = handler.slots.bundle(&handler.gateway.signer);
    const auto half = std::filesystem::file_size(bundle) / 2;
    const auto range = " bytes=" + std::to_string(half) + "-";
    handler.accept(document_for(handler.server.url("cut", "update.raucb"), bundle));
    CHECK(handler.server.requests() == std::vector<std::string>{"/cut/update.raucb -", "/cut/update.raucb" + range});

    // What a run that was killed leaves behind, and another job.
    const auto document = document_for(handler.server.url("file", "update.raucb"), bundle);
    const auto part = "state/firmware/" + document.at("sha256").get<std::string>() + ".part";
    handler.gateway.chip.write(part, read_file(bundle).substr(0, half));
    handler.gateway.chip.write("state/firmware/" + std::string(64, '1') + ".part", "x");
    handler.accept(document);
    CHECK(handler.server.requests() == std::vector<std::string>{"/file/update.raucb" + range});
    handler.gateway.chip.write(part, read_file(bundle).substr(0, half));
    handler.accept(document_for(handler.server.url("norange", "update.raucb"), bundle));
    CHECK(handler.server.requests() ==
          std::vector<std::string>{"/norange/update.raucb" + range, "/norange/update.raucb -"});
}

TEST_CASE("the handler of a job gives RAUC nothing to install that the chip does not vouch for", "[firmware]") {
    if (curl_skipped()) {
        return;
    }
    Handler handler;
    const auto job = [&handler](const Signer& signer) {
        return document_for(handler.server.url("file", "update.raucb"), handler.slots.bundle(&signer));
    };
    handler.refuse(1, "RAUC does not accept it", job(handler.gateway.stranger));
    handler.refuse(1, "RAUC does not accept it", job(handler.gateway.former));
    const auto good = job(handler.gateway.signer);
    handler.accept(good);
    handler.gateway.replace_authority();
    handler.refuse(1, "RAUC does not accept it", good);
}

TEST_CASE("the handler of a job speaks to no server that does not prove who it is", "[firmware]") {
    if (curl_skipped()) {
        return;
    }
    Handler handler;
    HttpsServer impostor{handler.gateway.other, handler.gateway.chip.files.path()};
    const auto bundle = handler.slots.bundle(&handler.gateway.signer);
    handler.refuse(1, "certificate", document_for(impostor.url("file", "update.raucb"), bundle));
    CHECK(impostor.requests().empty());
}

// SPDX-License-Identifier: Apache-2.0
// The provider's section of openssl.cnf: what each setting does, and that a value that cannot be read keeps the
// provider loaded and is reported by whatever is used first.
#include "support/catch.hpp"
#include "workbench.hpp"

using namespace trustx::test;

namespace {

const auto bad_values = {
    std::pair<std::string, std::string>{"lock-timeout-ms", "soon"},
    {"lock-timeout-ms", "0"},
    {"lock-timeout-ms", "600001"},
    {"command-timeout-ms", "-5"},
    {"command-timeout-ms", "99999999999"},
    {"self-verify", "perhaps"},
    {"claim-fips", "maybe"},
    {"lock-directory", "locks"},
    {"open", "later"},
    {"trace", "chip.trace"},
    {"trace-level", "everything"},
    {"library-context", "global"},
    {"scope", "everything"},
    {"session-timeout-ms", "0"},
    {"ephemeral-fallback", "perhaps"},
    {"verify-anchors", "E0E8"},
    {"device", "usb:7"},
};

// Layers are a machine where each place of settings may name a chip: the strongest first.
struct Layers {
    std::string environment;
    std::string openssl_conf;
    std::string file;
};

// signing_with signs with a key file in such a machine.
Outcome signing_with(const ChipBench& chip, const Layers& layers, const std::string& key,
                     const std::map<std::string, std::string>& settings = {}) {
    const Bench bench = chip.with(Arrangement::default_first, settings);
    std::string configuration = read_file(bench.configuration());
    const std::string line = "device = " + chip.simulator().address() + "\n";
    configuration.replace(configuration.find(line), line.size(),
                          layers.openssl_conf.empty() ? "" : "device = " + layers.openssl_conf + "\n");
    write_file(bench.configuration(), configuration);
    write_file(bench.path("trustx.conf"), layers.file);
    write_file(bench.path("key.pem"), key);
    ProcessOptions options = bench.process_options();
    std::erase(options.without_environment, "TRUSTX_CONF");
    options.environment["TRUSTX_CONF"] = bench.path("trustx.conf").string();
    if (!layers.environment.empty()) {
        std::erase(options.without_environment, "TRUSTX_DEVICE");
        options.environment["TRUSTX_DEVICE"] = layers.environment;
    }
    options.input = "message";
    return run("openssl", {"dgst", "-sha256", "-sign", "key.pem", "-out", "signature"}, options);
}

}  // namespace

TEST_CASE("a setting that cannot be read leaves the provider loaded and everything else alone", "[settings]") {
    const auto [name, value] = GENERATE(from_range(bad_values));
    INFO(name << " = " << value);
    const Bench bench(BenchOptions{.settings = {{name, value}}});
    CHECK_THAT(bench.must_openssl({"list", "-providers"}), ContainsSubstring("OPTIGA Trust X"));
    CHECK_FALSE(bench.must_openssl({"rand", "-hex", "4"}).empty());
    bench.must_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-256", "-out", "software.pem"});
    bench.must_openssl({"dgst", "-sha256", "-sign", "software.pem", "-out", "signature"}, "message");
}

TEST_CASE("a setting that cannot be read is reported by whatever is used first, in the first line", "[settings]") {
    const auto [name, value] = GENERATE(from_range(bad_values));
    const Bench bench(BenchOptions{.settings = {{name, value}}});
    const LibCtx plain(OSSL_LIB_CTX_new());
    const Pkey software = software_key(plain.get());
    write_file(bench.path("key.pem"), reference_pem(software.get()));
    for (const auto& arguments : {std::vector<std::string>{"pkey", "-in", "key.pem", "-pubout"},
                                  {"dgst", "-sha256", "-sign", "key.pem", "-out", "signature", "key.pem"},
                                  {"storeutl", "trustx:"},
                                  {"genpkey", "-propquery", "?provider=trustx", "-algorithm", "EC", "-pkeyopt",
                                   "group:P-256", "-pkeyopt", "slot:E0F1"}}) {
        const Outcome outcome = bench.openssl(arguments);
        INFO(arguments.front() << ": " << outcome.both());
        CHECK_FALSE(outcome.ok());
        CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
        CHECK_THAT(first_error_line(outcome), ContainsSubstring("setting in the provider's configuration section"));
        CHECK_THAT(first_error_line(outcome), ContainsSubstring("the provider's section of openssl.cnf: "));
        CHECK_THAT(first_error_line(outcome), ContainsSubstring(name) && ContainsSubstring("`" + value + "`"));
    }
}

TEST_CASE("a trace named in openssl.cnf is written, without a byte of what is secret", "[settings]") {
    const TempDir directory;
    const auto trace = directory / "chip.trace";
    ChipBench chip(Arrangement::default_first, {{"trace", trace.string()}});
    const auto key = chip.make_key("E0F1");
    CHECK_THAT(read_file(trace), ContainsSubstring("GenKeyPair"));
    CHECK_THAT(read_file(trace), !ContainsSubstring("\"event\":\"frame\""));

    const Bench frames = chip.with(Arrangement::default_first, {{"trace", trace.string()}, {"trace-level", "frames"}});
    frames.must_openssl({"dgst", "-sha256", "-sign", key.string(), "-out", "signature"}, "message");
    CHECK_THAT(read_file(trace), ContainsSubstring("CalcSign"));
    CHECK_THAT(read_file(trace), ContainsSubstring("\"event\":\"frame\""));
}

TEST_CASE("the environment's trace comes before the one in openssl.cnf", "[settings]") {
    const TempDir directory;
    ChipBench chip(Arrangement::default_first, {{"trace", (directory / "configured").string()}});
    ProcessOptions options = chip->process_options();
    options.environment["TRUSTX_TRACE"] = (directory / "asked").string();
    REQUIRE(run("openssl", {"storeutl", "-noout", "trustx:E0E0"}, options).ok());
    CHECK(std::filesystem::exists(directory / "asked"));
    CHECK_FALSE(std::filesystem::exists(directory / "configured"));
}

TEST_CASE("an empty TRUSTX_LOCK_DIRECTORY leaves the decision to openssl.cnf, a set one takes it", "[settings]") {
    const TempDir directory;
    const auto files = [](const std::filesystem::path& path) {
        return std::distance(std::filesystem::directory_iterator{path}, {});
    };
    for (const char* place : {"configured", "asked"}) {
        std::filesystem::create_directory(directory / place);
    }
    ChipBench chip(Arrangement::default_first, {{"lock-directory", (directory / "configured").string()}});
    ProcessOptions options = chip->process_options();
    std::erase(options.without_environment, "TRUSTX_LOCK_DIRECTORY");
    options.environment["TRUSTX_LOCK_DIRECTORY"] = "";
    REQUIRE(run("openssl", {"storeutl", "-noout", "trustx:E0E0"}, options).ok());
    CHECK(files(directory / "configured") == 1);

    options.environment["TRUSTX_LOCK_DIRECTORY"] = (directory / "asked").string();
    REQUIRE(run("openssl", {"storeutl", "-noout", "trustx:E0E0"}, options).ok());
    CHECK(files(directory / "asked") == 1);
    CHECK(files(directory / "configured") == 1);
}

TEST_CASE("a trace that cannot be written fails no signature", "[settings]") {
    ChipBench chip(Arrangement::default_first, {{"trace", "/nonexistent/directory/chip.trace"}});
    const auto key = chip.make_key("E0F1");
    chip->must_openssl({"dgst", "-sha256", "-sign", key.string(), "-out", "signature"}, "message");
}

TEST_CASE("chip keys and software keys work with the application's providers in place of our own", "[settings]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    ChipBench chip(arrangement, {{"library-context", "child"}});
    const auto key = chip.make_key("E0F1");
    const Bench plain(BenchOptions{.with_trustx = false});
    chip->must_openssl({"pkey", "-in", key.string(), "-pubout", "-out", "key.pub"});
    chip->must_openssl({"dgst", "-sha384", "-sign", key.string(), "-out", "signature"}, "message");
    plain.must_openssl(
        {"dgst", "-sha384", "-verify", chip->path("key.pub").string(), "-signature", chip->path("signature").string()},
        "message");
    chip->must_openssl({"dgst", "-sha384", "-prverify", key.string(), "-signature", "signature"}, "message");
    chip->must_openssl({"req", "-x509", "-key", key.string(), "-subj", "/CN=chip", "-out", "cert.pem"});
    chip->must_openssl({"verify", "-CAfile", "cert.pem", "cert.pem"});
    CHECK_THAT(chip->must_openssl({"pkey", "-in", key.string(), "-text", "-noout"}), ContainsSubstring("E0F1"));
}

TEST_CASE("a child library context without EC keys in it says what is missing", "[settings]") {
    const Bench bench(BenchOptions{.settings = {{"library-context", "child"}}});
    const LibCtx plain(OSSL_LIB_CTX_new());
    const Pkey software = software_key(plain.get());
    write_file(bench.path("key.pem"), reference_pem(software.get()));
    std::string configuration = read_file(bench.configuration());
    const std::string line = "default = default_sect";
    configuration.replace(configuration.find(line), line.size(), "base = default_sect");
    write_file(bench.configuration(), configuration);
    const Outcome outcome = bench.openssl({"pkey", "-in", "key.pem", "-pubout"});
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("activate"));
}

TEST_CASE("algorithms count as fips=yes only when the setting claims it", "[settings]") {
    const std::string claim = GENERATE("yes", "no", "");
    INFO("claim-fips = " << claim);
    const bool claimed = claim == "yes";
    std::map<std::string, std::string> settings;
    if (!claim.empty()) {
        settings["claim-fips"] = claim;
    }
    const Bench bench(BenchOptions{.settings = settings});
    const LibCtx libctx = bench.libctx();
    const std::string properties = "provider=trustx,fips=yes";
    const Handle<EVP_KEYMGMT, EVP_KEYMGMT_free> keys(EVP_KEYMGMT_fetch(libctx.get(), "EC", properties.c_str()));
    const Handle<EVP_SIGNATURE, EVP_SIGNATURE_free> signature(
        EVP_SIGNATURE_fetch(libctx.get(), "ECDSA", properties.c_str()));
    const Handle<EVP_KEYEXCH, EVP_KEYEXCH_free> exchange(EVP_KEYEXCH_fetch(libctx.get(), "ECDH", properties.c_str()));
    const Rand rand(EVP_RAND_fetch(libctx.get(), "TRUSTX-RNG", properties.c_str()));
    const Handle<OSSL_STORE_LOADER, OSSL_STORE_LOADER_free> store(
        OSSL_STORE_LOADER_fetch(libctx.get(), "trustx", properties.c_str()));
    CHECK((keys != nullptr) == claimed);
    CHECK((signature != nullptr) == claimed);
    CHECK((exchange != nullptr) == claimed);
    CHECK((rand != nullptr) == claimed);
    CHECK((store != nullptr) == claimed);
    // Who does not ask finds them either way.
    const Handle<EVP_SIGNATURE, EVP_SIGNATURE_free> anyway(
        EVP_SIGNATURE_fetch(libctx.get(), "ECDSA", "provider=trustx"));
    CHECK(anyway != nullptr);
    static_cast<void>(take_errors());
}

TEST_CASE("with default_properties = fips=yes the claim makes chip keys sign and URIs open", "[settings]") {
    const bool claimed = GENERATE(true, false);
    ChipBench chip;
    const auto key = chip.make_key("E0F1");
    chip->must_openssl({"pkey", "-in", key.string(), "-pubout", "-out", "key.pub"});
    write_file(chip->path("digest"), std::string(32, 'd'));
    const Bench strict = chip.with(Arrangement::default_first, {{"claim-fips", claimed ? "yes" : "no"}});
    std::string configuration = read_file(strict.configuration());
    const std::string line = "providers = ";
    configuration.insert(configuration.find(line), "alg_section = properties\n");
    write_file(strict.configuration(), configuration + "\n[properties]\ndefault_properties = fips=yes\n");
    INFO(read_file(strict.configuration()));
    const Outcome signing = strict.openssl({"pkeyutl", "-sign", "-inkey", key.string(), "-in",
                                            chip->path("digest").string(), "-out", chip->path("signature").string()});
    INFO(signing.both());
    CHECK(signing.ok() == claimed);
    const Outcome listing = strict.openssl({"storeutl", "-noout", "trustx:E0E0"});
    INFO(listing.both());
    CHECK(listing.ok() == claimed);
    if (claimed) {
        chip->must_openssl(
            {"pkeyutl", "-verify", "-pubin", "-inkey", "key.pub", "-in", "digest", "-sigfile", "signature"});
    }
}

TEST_CASE("where layers name different chips the strongest decides, right or wrong", "[settings]") {
    ChipBench chip;
    const std::string key = read_file(chip.make_key("E0F1"));
    const std::string here = chip.simulator().address();
    const std::string absent = "unix:/nonexistent/other-chip";
    const auto in_file = [](const std::string& device) { return "device = " + device + "\n"; };
    for (const Layers& right : {Layers{here, absent, in_file(absent)}, Layers{here, "", in_file(absent)},
                                Layers{"", here, in_file(absent)}, Layers{"", "", in_file(here)}}) {
        const Outcome outcome = signing_with(chip, right, key);
        INFO(right.environment << " | " << right.openssl_conf << " | " << right.file << outcome.both());
        CHECK(outcome.ok());
    }
    for (const Layers& wrong : {Layers{absent, here, in_file(here)}, Layers{absent, "", in_file(here)},
                                Layers{"", absent, in_file(here)}, Layers{"", "", in_file(absent)}}) {
        const Outcome outcome = signing_with(chip, wrong, key);
        INFO(wrong.environment << " | " << wrong.openssl_conf << " | " << wrong.file << outcome.both());
        CHECK_FALSE(outcome.ok());
        CHECK_THAT(first_error_line(outcome), ContainsSubstring("/nonexistent/other-chip"));
    }
}

TEST_CASE("a key that names a device gets that of the settings file, whatever openssl.cnf calls `device`",
          "[settings]") {
    ChipBench chip;
    const std::string here = chip.simulator().address();
    const auto file = chip->path("second.pem");
    ProcessOptions options = chip->process_options();
    std::erase(options.without_environment, "TRUSTX_CONF");
    options.environment["TRUSTX_CONF"] = chip->path("trustx.conf").string();
    const std::string settings = "device = unix:/nonexistent/first\n[device second]\ndevice = " + here + "\n";
    write_file(chip->path("trustx.conf"), settings);
    REQUIRE(run("openssl",
                {"genpkey", "-propquery", "?provider=trustx", "-algorithm", "EC", "-pkeyopt", "group:P-256", "-pkeyopt",
                 "slot:E0F1", "-pkeyopt", "device:second", "-out", file.string()},
                options)
                .ok());
    const std::string key = read_file(file);
    for (const std::string other : {"", "unix:/nonexistent/first"}) {
        INFO(other);
        CHECK(signing_with(chip, {"", other, settings}, key).ok());
    }
    // The environment is stronger than any file; without a section nobody knows the device.
    const Outcome overridden = signing_with(chip, {"unix:/nonexistent/third", "", settings}, key);
    INFO(overridden.both());
    CHECK_THAT(first_error_line(overridden), ContainsSubstring("/nonexistent/third"));
    const Outcome unknown = signing_with(chip, {"", here, "device = " + here + "\n"}, key);
    INFO(unknown.both());
    CHECK_THAT(first_error_line(unknown), ContainsSubstring("[device second]"));
}

TEST_CASE("a wrong value is reported with its place, also where a stronger layer overrides it", "[settings]") {
    ChipBench chip;
    const std::string key = read_file(chip.make_key("E0F1"));
    const Outcome in_file = signing_with(chip, {"", chip.simulator().address(), "lock-timeout-ms = soon\n"}, key,
                                         {{"lock-timeout-ms", "5"}});
    INFO(in_file.both());
    CHECK_FALSE(in_file.ok());
    CHECK_THAT(first_error_line(in_file), ContainsSubstring("trustx.conf:1") && ContainsSubstring("`soon`"));
    const Outcome in_openssl_conf = signing_with(chip, {chip.simulator().address(), "usb:7", ""}, key);
    INFO(in_openssl_conf.both());
    CHECK_FALSE(in_openssl_conf.ok());
    CHECK_THAT(first_error_line(in_openssl_conf), ContainsSubstring("openssl.cnf") && ContainsSubstring("usb:7"));
}

TEST_CASE("a settings file that cannot be read has a reason of its own", "[settings]") {
    ChipBench chip;
    const std::string key = read_file(chip.make_key("E0F1"));
    const Bench bench = chip.with(Arrangement::default_first);
    write_file(bench.path("key.pem"), key);
    ProcessOptions options = bench.process_options();
    std::erase(options.without_environment, "TRUSTX_CONF");
    options.environment["TRUSTX_CONF"] = bench.path("").string();  // a directory
    const Outcome outcome = run("openssl", {"dgst", "-sha256", "-sign", "key.pem", "-out", "signature"}, options);
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("settings file"));
}

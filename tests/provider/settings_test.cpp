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
    {"lock-directory", "locks"},
    {"trace", "chip.trace"},
    {"trace-level", "everything"},
    {"library-context", "global"},
    {"device", "usb:7"},
};

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

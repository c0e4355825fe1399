// SPDX-License-Identifier: Apache-2.0
// A chip that is used very often slows down (chip-objects.md section 9): the provider knows beforehand, says so in the
// trace, waits for it, and where the wait is cut short the error names the reason.
#include "support/catch.hpp"
#include "workbench.hpp"

#include <trustx/device.hpp>

#include <openssl/core_names.h>
#include <openssl/params.h>

using namespace trustx::test;

namespace {

struct Asked {
    std::uint64_t uses = 0;
    unsigned int counter = 0;
};

// ask asks a library context's provider what it knows, without the chip.
Asked ask(OSSL_LIB_CTX* libctx) {
    struct Find {
        static int trustx(OSSL_PROVIDER* provider, void* found) {
            if (std::string(OSSL_PROVIDER_get0_name(provider)) == "trustx") {
                *static_cast<OSSL_PROVIDER**>(found) = provider;
            }
            return 1;
        }
    };
    OSSL_PROVIDER* provider = nullptr;
    static_cast<void>(OSSL_PROVIDER_do_all(libctx, Find::trustx, static_cast<void*>(&provider)));
    REQUIRE(provider != nullptr);
    Asked asked;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint64("trustx-private-key-uses", &asked.uses),
        OSSL_PARAM_construct_uint("trustx-security-event-counter", &asked.counter),
        OSSL_PARAM_construct_end(),
    };
    REQUIRE(OSSL_PROVIDER_get_params(provider, params) == 1);
    return asked;
}

// A chip's memory that has seen many signatures, and a key file for it.
struct WornChip {
    TempDir directory;
    std::string key;
    unsigned int counter = 0;

    explicit WornChip(int signatures) {
        Simulator quick(SimulatorOptions{.nvm = nvm()});
        const Bench bench(BenchOptions{.device = quick.address()});
        key = bench.must_openssl({"genpkey", "-propquery", "?provider=trustx", "-algorithm", "EC", "-pkeyopt",
                                  "group:P-256", "-pkeyopt", "slot:E0F1"});
        write_file(bench.path("key.pem"), key);
        const LibCtx libctx = bench.libctx();
        const Pkey loaded = load_key(libctx.get(), bench.path("key.pem"));
        for (int i = 0; i < signatures; ++i) {
            REQUIRE(signs(libctx.get(), loaded.get()));
        }
        counter = quick.stats().at("security_event_counter");
        // It stores the counter when it is asked to end.
        REQUIRE(quick.process().terminate().ok());
    }

    [[nodiscard]] std::filesystem::path nvm() const { return directory / "nvm"; }
};

}  // namespace

TEST_CASE("uses of private keys and the chip's security event counter are told without asking the chip", "[throttle]") {
    ChipBench chip;
    const auto file = chip.make_key("E0F1");
    const LibCtx libctx = chip->libctx();
    const Pkey key = load_key(libctx.get(), file);
    CHECK(ask(libctx.get()).uses == 0);
    for (int i = 0; i < 33; ++i) {
        REQUIRE(signs(libctx.get(), key.get()));
    }
    const auto transfers = chip.transfers();
    const Asked asked = ask(libctx.get());
    CHECK(chip.transfers() == transfers);
    CHECK(asked.uses == 33);
    // Read before the 33rd signature: 32 events, of which the chip's credit absorbed some, and time took away others.
    CHECK(asked.counter > 0);
    CHECK(asked.counter <= 32);
}

TEST_CASE("the counter is read once in a while, not with each signature", "[throttle]") {
    ChipBench chip;
    const auto file = chip.make_key("E0F1");
    const LibCtx libctx = chip->libctx();
    const Pkey key = load_key(libctx.get(), file);
    REQUIRE(signs(libctx.get(), key.get()));
    const int before = chip.stats().at("commands").value("GetDataObject", 0);
    for (int i = 0; i < 15; ++i) {
        REQUIRE(signs(libctx.get(), key.get()));
    }
    // One more only if this machine is so slow that the reading became old.
    CHECK(chip.stats().at("commands").value("GetDataObject", 0) <= before + 1);
}

TEST_CASE("a first use reads the counter when other programs made many", "[throttle]") {
    ChipBench chip;
    const auto file = chip.make_key("E0F1");
    const auto read_by_the_next = [&] {
        chip.reset_counters();
        chip->must_openssl({"dgst", "-sha256", "-sign", file.string(), "-out", "signature"}, "message");
        return chip.stats().at("commands").value("GetDataObject", 0);
    };
    CHECK(read_by_the_next() == 0);
    trustx::DeviceOptions options;
    options.lock_directory = chip.simulator().directory().path().string();
    const auto other = trustx::Device::open(*trustx::BusAddress::parse(chip.simulator().address()), options);
    for (int i = 0; i < 40; ++i) {
        REQUIRE(other->run(trustx::CalcSign{.key = trustx::ObjectId{0xE0F1}, .digest = trustx::Bytes(32, 0x11)}));
    }
    CHECK(read_by_the_next() == 1);
    CHECK(read_by_the_next() == 0);
}

TEST_CASE("the trace warns before the chip slows down, and not earlier", "[throttle]") {
    const TempDir directory;
    const auto trace = directory / "trace";
    ChipBench chip(Arrangement::default_first, {{"trace", trace.string()}});
    const auto file = chip.make_key("E0F1");
    const LibCtx libctx = chip->libctx();
    const Pkey key = load_key(libctx.get(), file);
    const auto warned = [&] { return read_file(trace).find("security event counter") != std::string::npos; };
    unsigned int counter = 0;
    for (int i = 0; i < 400 && !warned(); ++i) {
        REQUIRE(signs(libctx.get(), key.get()));
        counter = chip.stats().at("security_event_counter");
    }
    REQUIRE(warned());
    CHECK(counter >= 90);  // some may have gone by with the time that this machine took
    CHECK(counter < 128);
    CHECK_THAT(read_file(trace), ContainsSubstring("\"event\":\"note\""));
    CHECK_THAT(read_file(trace), ContainsSubstring("resume TLS sessions"));
}

TEST_CASE("a chip that delays is waited for, and an impatient setting is told why it failed", "[throttle]") {
    const WornChip worn(215);
    REQUIRE(worn.counter > 180);
    const Simulator slow(SimulatorOptions{.nvm = worn.nvm(), .timing = "typical"});
    REQUIRE(slow.stats().at("security_event_counter") > 180);

    const Bench impatient(BenchOptions{.device = slow.address(), .settings = {{"command-timeout-ms", "1500"}}});
    write_file(impatient.path("key.pem"), worn.key);
    const Outcome outcome = impatient.openssl({"dgst", "-sha256", "-sign", "key.pem", "-out", "signature"}, "message");
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("CalcSign"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("E0F1"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("security event counter"));

    const Bench patient(BenchOptions{.device = slow.address(), .settings = {{"command-timeout-ms", "30000"}}});
    write_file(patient.path("key.pem"), worn.key);
    patient.must_openssl({"dgst", "-sha256", "-sign", "key.pem", "-out", "signature"}, "message");
}

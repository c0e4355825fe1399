// SPDX-License-Identifier: Apache-2.0
// Ways of using OpenSSL that no common program shows: leaving without cleanup, threads that shake hands at the same
// time, and a libcrypto inside the program.
#include "host.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <string>

using namespace trustx::test;

TEST_CASE("a program that leaves without OpenSSL's cleanup has signed once, and the chip is free", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const Host host{curve};
    for (const auto arrangement : every_configuration) {
        for (const char* way : {"return", "_exit", "cleanup"}) {
            INFO(curve << " " << name_of(arrangement) << " " << way);
            const auto environment = host.environment(arrangement);
            static_cast<void>(host.counters());
            const auto outcome = Host::must_run(environment, program("consumer_no_atexit"), {host.client().key, way});
            CHECK(outcome.out == "signed and verified\n");
            CHECK(outcome.err.empty());
            CHECK(host.key_uses() == 1);
            // The next program finds the chip as if nothing had happened.
            Host::must_run(environment, program("trustx"), {"info"});
        }
    }
}

TEST_CASE("threads that shake hands at the same time use the key once each", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const Host host{curve};
    for (const auto& tls : both_versions) {
        for (const auto arrangement : every_configuration) {
            INFO(curve << " TLS " << tls << " " << name_of(arrangement));
            static_cast<void>(host.counters());
            const auto outcome = Host::must_run(host.environment(arrangement, tls), program("consumer_threads"),
                                                {"4", "3", host.ca(), host.client().certificate, host.client().key,
                                                 host.software_server().certificate, host.software_server().key});
            CHECK(outcome.out == "12 handshakes, TLSv" + tls + "\n");
            CHECK(host.key_uses() == 12);
        }
    }
}

#ifdef TRUSTX_TEST_STATIC_PROGRAM
TEST_CASE("a program that contains its own libcrypto signs once", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const Host host{curve};
    for (const auto arrangement : every_configuration) {
        for (const char* way : {"return", "_exit"}) {
            INFO(curve << " " << name_of(arrangement) << " " << way);
            static_cast<void>(host.counters());
            const auto outcome =
                Host::must_run(host.environment(arrangement), program("consumer_static"), {host.client().key, way});
            CHECK(outcome.out == "signed and verified\n");
            CHECK(outcome.err.empty());
            CHECK(host.key_uses() == 1);
        }
    }
}

TEST_CASE("a program that contains its own libcrypto may clean up, with and without other providers", "[consumers]") {
    // Whatever else uses the shared libcrypto is unloaded after that has gone, too, and the legacy provider crashes
    // then.
    const std::filesystem::path legacy{TRUSTX_TEST_MODULES_DIR "/legacy.so"};
    const Host host{"P-256"};
    for (const auto arrangement :
         {Arrangement::default_first, Arrangement::trustx_first, Arrangement::trustx_preferred}) {
        INFO(name_of(arrangement));
        auto environment = host.environment(arrangement);
        const auto sign = [&] {
            const auto outcome =
                Host::must_run(environment, program("consumer_static"), {host.client().key, "cleanup"});
            CHECK(outcome.out == "signed and verified\n");
            CHECK(outcome.err.empty());
        };
        sign();
        if (std::filesystem::exists(legacy)) {
            auto configuration = read_file(environment.at("OPENSSL_CONF"));
            const std::string providers = "[provider_sect]\n";
            configuration.insert(configuration.find(providers) + providers.size(), "legacy = legacy_sect\n");
            environment["OPENSSL_CONF"] = host.path("beside-legacy.cnf");
            write_file(environment["OPENSSL_CONF"],
                       configuration + "[legacy_sect]\nactivate = 1\nmodule = " + legacy.string() + "\n");
            sign();
        }
    }
}
#endif

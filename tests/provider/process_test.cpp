// SPDX-License-Identifier: Apache-2.0
// The provider in the lives of processes: forked at every moment, without privileges, with a chip that was not there or
// was reset, loaded many times, ended without cleanup, and silent throughout (openssl-provider.md section 1.13).
#include "support/build_tree.hpp"
#include "support/cancelled_thread.hpp"
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "workbench.hpp"

#include <trustx/device.hpp>

#include <atomic>
#include <functional>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace trustx::test;

namespace {

struct Loaded {
    ChipBench chip;
    std::filesystem::path file = chip.make_key("E0F1");
    LibCtx libctx = chip->libctx();
    Pkey key = load_key(libctx.get(), file);

    [[nodiscard]] bool sign() const { return signs(libctx.get(), key.get()); }
};

// in_child does something in a forked process and gives its exit status, 128 + signal if it was killed.
int in_child(const std::function<bool()>& act) {
    const pid_t child = fork_with_deadline();
    if (child == 0) {
        ::_exit(act() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count;
}

// become_nobody gives up root's privileges for good; true when there were none.
bool become_nobody() {
    constexpr uid_t nobody = 65534;
    return ::geteuid() != 0 ||
           (::setgroups(0, nullptr) == 0 && ::setgid(nobody) == 0 && ::setuid(nobody) == 0 && ::geteuid() == nobody);
}

}  // namespace

TEST_CASE("a process that forks before its first signature signs on both sides", "[process]") {
    const Loaded loaded;
    CHECK(in_child([&] { return loaded.sign(); }) == 0);
    CHECK(loaded.sign());
    CHECK(loaded.chip.private_key_uses() == 2);
}

TEST_CASE("a process that forks between signatures signs on both sides, in turn and again", "[process]") {
    const Loaded loaded;
    REQUIRE(loaded.sign());
    for (int i = 0; i < 3; ++i) {
        CHECK(in_child([&] { return loaded.sign() && loaded.sign(); }) == 0);
        CHECK(loaded.sign());
    }
    CHECK(in_child([&] { return in_child([&] { return loaded.sign(); }) == 0 && loaded.sign(); }) == 0);
    CHECK(loaded.chip.private_key_uses() == 1 + 3 * 3 + 2);
}

TEST_CASE("several workers of one master sign at the same time", "[process]") {
    const Loaded loaded;
    REQUIRE(loaded.sign());
    constexpr int workers = 4;
    std::vector<pid_t> children;
    for (int i = 0; i < workers; ++i) {
        const pid_t child = fork_with_deadline();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::_exit(loaded.sign() && loaded.sign() && loaded.sign() ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    CHECK(loaded.chip.private_key_uses() == 1 + 3 * workers);
}

TEST_CASE("a process that forks while another thread signs signs in the child", "[process]") {
    if (skipped_under_sanitizers("those of g++ 12 leave their allocator locked in the child")) {
        return;
    }
    // The other thread is in our code for 150 ms, waiting for the chip: forked while it is in libcrypto, the child
    // could find libcrypto's own locks taken, which no provider can help (docs/provider.md).
    const Loaded loaded{.chip = ChipBench{SimulatorOptions{.timing = "typical"}}};
    REQUIRE(loaded.sign());
    for (int i = 0; i < 3; ++i) {
        const auto uses = loaded.chip.private_key_uses();
        bool signed_well = false;
        std::thread busy([&] { signed_well = loaded.sign(); });
        while (loaded.chip.private_key_uses() == uses) {
        }
        CHECK(in_child([&] { return loaded.sign(); }) == 0);
        busy.join();
        CHECK(signed_well);
    }
}

TEST_CASE("a chip that was reset in between is used again without an error", "[process]") {
    const Loaded loaded;
    REQUIRE(loaded.sign());
    const auto address = trustx::BusAddress::parse(loaded.chip.simulator().address());
    trustx::DeviceOptions options;
    options.lock_directory = loaded.chip.simulator().directory().path().string();
    REQUIRE(trustx::Device::open(*address, options)->reset());
    CHECK(loaded.sign());
    CHECK(loaded.sign());
}

TEST_CASE("a chip that was absent when the key was loaded is used when it is there", "[process]") {
    ChipBench chip;
    const auto file = chip.make_key("E0F1");
    chip.simulator().kill9();
    const LibCtx libctx = chip->libctx();
    const Pkey key = load_key(libctx.get(), file);
    REQUIRE(key != nullptr);
    CHECK_FALSE(signs(libctx.get(), key.get()));
    CHECK_THAT(take_errors().front(), ContainsSubstring(chip.simulator().socket().string()));
    chip.simulator().restart();
    CHECK(signs(libctx.get(), key.get()));
}

TEST_CASE("library contexts share a chip, from several threads", "[process]") {
    ChipBench chip;
    const auto file = chip.make_key("E0F1");
    chip.reset_counters();
    constexpr int contexts = 3;
    constexpr int signatures = 5;
    std::atomic<int> made = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < contexts; ++i) {
        threads.emplace_back([&] {
            const LibCtx libctx = chip->libctx();
            const Pkey key = load_key(libctx.get(), file);
            for (int n = 0; n < signatures; ++n) {
                made += signs(libctx.get(), key.get()) ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(made == contexts * signatures);
    CHECK(chip.private_key_uses() == contexts * signatures);
}

TEST_CASE("loading, signing and unloading a hundred times leaves no descriptor open and no error behind", "[process]") {
    ChipBench chip;
    const auto file = chip.make_key("E0F1");
    std::size_t before = 0;
    for (int i = 0; i < 100; ++i) {
        const LibCtx libctx = chip->libctx();
        const Pkey key = load_key(libctx.get(), file);
        REQUIRE(signs(libctx.get(), key.get()));
        if (i == 0) {
            before = open_descriptors();
        }
        CHECK(open_descriptors() == before);
    }
    CHECK(take_errors().empty());
}

TEST_CASE("a process that ends without cleaning up harms neither itself nor the next one", "[process]") {
    const Loaded loaded;
    REQUIRE(loaded.sign());
    SECTION("by exit, with keys and contexts alive and libcrypto's own cleanup") {
        std::cout.flush();  // what the test program has written is not to be written twice
        const pid_t child = fork_with_deadline();
        REQUIRE(child >= 0);
        if (child == 0) {
            std::exit(loaded.sign() ? 0 : 1);
        }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    SECTION("by _exit, in the middle of a message") {
        CHECK(in_child([&] {
                  const MdCtx ctx(EVP_MD_CTX_new());
                  return EVP_DigestSignInit_ex(ctx.get(), nullptr, "SHA256", loaded.libctx.get(), nullptr,
                                               loaded.key.get(), nullptr) == 1 &&
                         EVP_DigestSignUpdate(ctx.get(), "x", 1) == 1;
              }) == 0);
    }
    SECTION("by being killed while it signs") {
        const pid_t child = fork_with_deadline();
        REQUIRE(child >= 0);
        if (child == 0) {
            while (loaded.sign()) {
            }
            ::_exit(1);
        }
        const auto uses = loaded.chip.private_key_uses();
        while (loaded.chip.private_key_uses() < uses + 3) {
            REQUIRE(::waitpid(child, nullptr, WNOHANG) == 0);
        }
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
    }
    CHECK(loaded.sign());
    loaded.chip->must_openssl({"dgst", "-sha256", "-sign", loaded.file.string(), "-out", "signature"}, "message");
}

TEST_CASE("a key loaded with privileges is used without them, as servers do", "[process]") {
    Loaded loaded;
    const auto& directory = loaded.chip.simulator().directory().path();
    // What the udev rule and the lock directory of an installation allow.
    std::filesystem::permissions(directory, std::filesystem::perms::all);
    std::filesystem::permissions(loaded.chip.simulator().socket(), std::filesystem::perms::all);
    for (const bool used_before : {false, true}) {
        CHECK(in_child([&] { return become_nobody() && loaded.sign(); }) == 0);
        CHECK((used_before || loaded.sign()));
        for (const auto& entry : std::filesystem::directory_iterator(directory)) {
            if (entry.is_regular_file() && entry.path().filename().string().find("nvm") == std::string::npos) {
                std::filesystem::permissions(entry, std::filesystem::perms::all);
            }
        }
    }
}

TEST_CASE("without permission the error names the path, what the system said, and the remedy", "[process]") {
    Loaded loaded;
    const auto& directory = loaded.chip.simulator().directory().path();
    std::filesystem::permissions(directory, std::filesystem::perms::none);
    const int status = in_child([&] {
        if (!become_nobody() || loaded.sign()) {
            return false;
        }
        const auto errors = take_errors();
        const std::string first = errors.empty() ? std::string() : errors.front();
        const auto says = [&](const std::string& words) { return first.find(words) != std::string::npos; };
        return says(directory.string()) && says("no permission for the lock directory") && says("Permission denied") &&
               says("group") && says("E0F1");
    });
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
    CHECK(status == 0);
    CHECK(loaded.sign());
}

TEST_CASE("a thread that is cancelled while it uses the chip ends afterwards, and the process can sign", "[process]") {
    Loaded loaded;
    OSSL_LIB_CTX* const libctx = loaded.libctx.get();
    const Pkey agreeing = load_key(libctx, loaded.chip.make_key("E0F2", "P-256", "keyagree"));
    const Pkey peer = software_key(libctx);
    std::function<bool()> work;
    SECTION("sign, for the first time") {
        work = [&] { return loaded.sign(); };
    }
    SECTION("sign again") {
        REQUIRE(loaded.sign());
        work = [&] { return loaded.sign(); };
    }
    SECTION("agree on a secret") {
        work = [&] {
            const PkeyCtx ctx(EVP_PKEY_CTX_new_from_pkey(libctx, agreeing.get(), nullptr));
            unsigned char secret[32];
            std::size_t size = sizeof secret;
            return EVP_PKEY_derive_init(ctx.get()) == 1 && EVP_PKEY_derive_set_peer(ctx.get(), peer.get()) == 1 &&
                   EVP_PKEY_derive(ctx.get(), secret, &size) == 1;
        };
    }
    SECTION("make a key in a session object, use it and free it") {
        work = [&] {
            const PkeyCtx ctx(EVP_PKEY_CTX_new_from_name(libctx, "EC", "provider=trustx"));
            EVP_PKEY* made = nullptr;
            char slot[] = "session";
            char group[] = "P-256";
            const OSSL_PARAM params[] = {
                OSSL_PARAM_construct_utf8_string("slot", slot, 0),
                OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                OSSL_PARAM_construct_end(),
            };
            const bool good = EVP_PKEY_keygen_init(ctx.get()) == 1 && EVP_PKEY_CTX_set_params(ctx.get(), params) == 1 &&
                              EVP_PKEY_generate(ctx.get(), &made) == 1;
            const Pkey key(made);
            return good && signs(libctx, key.get());
        };
    }
    const auto thread = run_cancelled(work);
    INFO(joined(take_errors()));
    CHECK(thread.finished);
    CHECK(thread.good);
    CHECK(thread.cancelled);
    CHECK(loaded.sign());
    loaded.chip->must_openssl({"dgst", "-sha256", "-sign", loaded.file.string(), "-out", "signature"}, "message");
}

TEST_CASE("a thread that asked to be cancelled at once ends when the provider returns", "[process]") {
    const Loaded loaded;
    // In a child: what libcrypto allocated before it called the provider is lost.
    const int status = in_child([&] {
        const auto thread = run_cancelled_at_once([&] {
            BIO* const bio = BIO_new(BIO_s_mem());
            BIO_set_callback_ex(
                bio, [](BIO*, int operation, const char*, std::size_t, int, long, int result, std::size_t*) -> long {
                    if (operation == BIO_CB_WRITE) {
                        cancel_if_postponed();
                    }
                    return result;
                });
            return PEM_write_bio_PrivateKey(bio, loaded.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
        });
        return !thread.finished && loaded.sign();
    });
    CHECK(status == 0);
    CHECK(loaded.sign());
}

TEST_CASE("nothing is ever written to standard output or standard error", "[process]") {
    const TempDir directory;
    const auto said = directory / "said";
    const Loaded loaded;
    const Bench chipless;
    const int status = in_child([&] {
        const int file = ::open(said.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
        if (file < 0 || ::dup2(file, STDOUT_FILENO) < 0 || ::dup2(file, STDERR_FILENO) < 0) {
            return false;
        }
        const bool signed_well = loaded.sign();
        const LibCtx fresh = chipless.libctx();
        const Pkey absent = load_key(fresh.get(), loaded.file);
        const bool failed_well = absent != nullptr && !signs(fresh.get(), absent.get());
        write_file(said.string() + ".pem",
                   "-----BEGIN TRUSTX PRIVATE KEY-----\nAAAA\n-----END TRUSTX PRIVATE KEY-----\n");
        const bool refused_well = load_key(fresh.get(), said.string() + ".pem") == nullptr;
        return signed_well && failed_well && refused_well;
    });
    CHECK(status == 0);
    CHECK(read_file(said).empty());
}

TEST_CASE("neither provider nor library refers to a function or stream that prints", "[process]") {
    const Outcome symbols = run("nm", {"-A", "--undefined-only", "@" PROVIDER_AND_LIBRARY_OBJECTS});
    INFO(symbols.err);
    REQUIRE(symbols.ok());
    std::istringstream lines{symbols.out};
    std::set<std::string> seen;
    for (std::string line; std::getline(lines, line);) {
        const std::string symbol = line.substr(line.rfind(' ') + 1);
        seen.insert(symbol);
        for (const char* printing : {"_ZSt4cout", "_ZSt4cerr", "_ZSt4clog", "stdout", "stderr", "printf", "vprintf",
                                     "__printf_chk", "puts", "putchar", "perror", "syslog"}) {
            INFO(line);
            CHECK(symbol != printing);
        }
    }
    CHECK(seen.count("ioctl") == 1);              // the library was looked at
    CHECK(seen.count("EVP_PKEY_CTX_free") == 1);  // and the provider
}

// SPDX-License-Identifier: Apache-2.0
#include "stress_worker.hpp"

#include "stress_tls.hpp"
#include "support/build_tree.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <trustx/device.hpp>
#include <trustx/objects.hpp>
#include <trustx/settings.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <random>
#include <thread>

#include <unistd.h>

namespace trustx::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::uint64_t microseconds_since(SteadyClock::time_point start) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start).count());
}

class Worker {
 public:
    Worker(StressShared& shared, std::filesystem::path directory, int worker, int progress)
        : shared_{shared},
          directory_{std::move(directory)},
          progress_{progress},
          public_key_{key_of_reference(key_file())} {
        const auto settings = resolve_settings({}).value();
        device_ = Device::open(settings.address, settings.options);
        certificate_ = read_file(directory_ / "chip-certificate.der");
        own_object_ = ObjectId{static_cast<std::uint16_t>(0xF1D0 + worker % 16)};
    }

    void work() {
        for (;;) {
            const auto ticket = shared_.next_ticket.fetch_add(1);
            if (ticket >= shared_.total) {
                return;
            }
            std::mt19937_64 random{shared_.seed + ticket};
            const auto kind = choose(random);
            const auto end = perform(kind, random);
            shared_.ends[static_cast<std::size_t>(kind)][static_cast<std::size_t>(end)].fetch_add(1);
            shared_.ended.fetch_add(1);
            const std::uint64_t one = 1;
            static_cast<void>(!::write(progress_, &one, sizeof one));
        }
    }

 private:
    [[nodiscard]] std::filesystem::path key_file() const { return directory_ / "key.pem"; }

    Work choose(std::mt19937_64& random) const {
        const auto dice = random() % 100;
        if (shared_.only_direct == 0 && dice < 2) {
            return Work::openssl;
        }
        if (shared_.only_direct == 0 && dice < 14) {
            return Work::tls;
        }
        return dice < 50 ? Work::sign : dice < 65 ? Work::read : dice < 80 ? Work::write : Work::random;
    }

    End perform(Work kind, std::mt19937_64& random) {
        switch (kind) {
            case Work::sign:
                return sign(random);
            case Work::read:
                return read();
            case Work::write:
                return write(random);
            case Work::random:
                return draw();
            case Work::tls:
                return judge(handshake(directory_, key_file()));
            case Work::openssl:
                return call_openssl(random);
            case Work::count:
                break;
        }
        return End::wrong;
    }

    // A message is an error that names something; silence is success.
    End judge(const std::string& message) const {
        if (message.empty()) {
            return End::right;
        }
        return complain(message, message.size() > 10);
    }
    static End complain(const std::string& message, bool clear = true) {
        std::fprintf(stderr, "%s %s\n", clear ? "error:" : "WRONG:", message.c_str());
        return clear ? End::clear_error : End::wrong;
    }

    // with_chip measures how long the lock was waited for and held.
    template <class Use>
    End with_chip(Use use) {
        const auto start = SteadyClock::now();
        auto locked = device_->lock();
        if (!locked) {
            return complain(locked.error().message());
        }
        const auto waited = microseconds_since(start);
        const auto taken = SteadyClock::now();
        const auto end = use(*locked);
        shared_.waits_us.fetch_add(waited);
        shared_.holds_us.fetch_add(microseconds_since(taken));
        shared_.locks.fetch_add(1);
        raise_to(shared_.longest_wait_us, waited);
        return end;
    }

    End sign(std::mt19937_64& random) {
        Bytes digest(32);
        for (auto& byte : digest) {
            byte = static_cast<std::uint8_t>(random());
        }
        return with_chip([&](LockedDevice& chip) {
            const auto signature = chip.run(CalcSign{.key = ObjectId{0xE0F1}, .digest = digest});
            if (!signature) {
                return complain(signature.error().message());
            }
            return verify_ecdsa(public_key_, digest, *signature) ? End::right
                                                                 : complain("a signature does not verify", false);
        });
    }

    End read() {
        return with_chip([&](LockedDevice& chip) {
            const auto content = read_object(chip, object::certificate_1);
            if (!content) {
                return complain(content.error().message());
            }
            return std::string(content->begin(), content->end()) == certificate_
                       ? End::right
                       : complain("the certificate object reads differently", false);
        });
    }

    End write(std::mt19937_64& random) {
        Bytes data(1 + random() % 100);
        for (auto& byte : data) {
            byte = static_cast<std::uint8_t>(random());
        }
        return with_chip([&](LockedDevice& chip) {
            const auto written = write_object(chip, own_object_, data);
            if (!written) {
                return complain(written.error().message(), written.error().code() != Errc::verify_mismatch);
            }
            return End::right;
        });
    }

    End draw() {
        return with_chip([&](LockedDevice& chip) {
            const auto bytes = chip.run(GetRandom{.length = 64});
            if (!bytes) {
                return complain(bytes.error().message());
            }
            return bytes->size() == 64 && *bytes != Bytes(64) ? End::right : complain("no random bytes", false);
        });
    }

    End call_openssl(std::mt19937_64& random) {
        const auto name = std::to_string(random());
        const auto message = directory_ / ("message-" + name);
        const auto signature = directory_ / ("signature-" + name);
        std::ofstream{message} << name;
        ProcessOptions options;
        options.environment = foreign_program_environment();
        const auto made = run("openssl", {"dgst", "-sha256", "-sign", key_file(), "-out", signature, message}, options);
        auto end = made.ok() ? End::right : judge(made.err);
        if (made.ok()) {
            const auto checked =
                run("openssl", {"dgst", "-sha256", "-prverify", key_file(), "-signature", signature, message}, options);
            end = checked.ok() ? End::right
                               : complain("openssl does not verify its own signature: " + checked.err, false);
        }
        std::filesystem::remove(message);
        std::filesystem::remove(signature);
        return end;
    }

    StressShared& shared_;
    std::filesystem::path directory_;
    int progress_;
    PublicKey public_key_;
    std::unique_ptr<Device> device_;
    std::string certificate_;
    ObjectId own_object_;
};

}  // namespace

int run_worker(StressShared& shared, const std::filesystem::path& directory, int worker, int threads, int progress) {
    Worker common{shared, directory, worker, progress};
    std::vector<std::jthread> pool;
    for (int thread = 0; thread < threads; ++thread) {
        pool.emplace_back([&] { common.work(); });
    }
    return 0;
}

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
#include "setup/module_trial.hpp"

#include "common/files/input_error.hpp"
#include "common/io/unique_fd.hpp"
#include "common/io/write_all.hpp"
#include "common/openssl/handles.hpp"
#include "common/openssl/provider_title.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "setup/openssl_configuration.hpp"

#include <trustx/error.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace trustx::cli {
namespace {

constexpr unsigned patience_in_seconds = 30;

// Trial is how the child ended, and what it told: the provider's title or, without success, why.
struct Trial {
    int status = 0;
    std::string told = {};
};

// load gives the title of the provider, or leaves the reason on OpenSSL's error queue. The module alone: loading a
// configuration reports no error for a module that does not load. A name with a slash is the module's path.
std::string load(const std::string& path) {
    const auto libctx = openssl::must<openssl::LibraryContext>(OSSL_LIB_CTX_new());
    ERR_clear_error();
    auto* provider = OSSL_PROVIDER_load(libctx.get(), path.c_str());
    if (provider == nullptr) {
        return {};
    }
    char* title = nullptr;
    std::array params{OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_NAME, &title, 0), OSSL_PARAM_construct_end()};
    const bool told = OSSL_PROVIDER_get_params(provider, params.data()) == 1 && title != nullptr;
    std::string name = told ? title : "a provider without name";
    OSSL_PROVIDER_unload(provider);
    return name;
}

[[noreturn]] void load_and_tell(const std::string& path, int to) {
    const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::alarm(patience_in_seconds);
    const auto title = load(path);
    const auto told = title.empty() ? openssl_errors() : title;
    static_cast<void>(io::write_all(to, text::as_bytes(told)));
    ::_exit(title.empty() ? EXIT_FAILURE : EXIT_SUCCESS);
}

std::string read_all(int from) {
    std::string text;
    std::array<char, 512> buffer{};
    for (;;) {
        const auto count = ::read(from, buffer.data(), buffer.size());
        if (count > 0) {
            text.append(buffer.data(), static_cast<std::size_t>(count));
        } else if (count == 0 || errno != EINTR) {
            return text;
        }
    }
}

Result<Trial> run_trial(const std::string& path) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail(errno_code(), "make a pipe");
    }
    const UniqueFd from{ends[0]};
    UniqueFd to{ends[1]};
    const auto child = ::fork();
    if (child < 0) {
        return fail(errno_code(), "start a process");
    }
    if (child == 0) {
        load_and_tell(path, to.get());
    }
    to.reset();
    Trial trial{.told = read_all(from.get())};
    while (::waitpid(child, &trial.status, 0) < 0) {
        if (errno != EINTR) {
            return fail(errno_code(), "wait for a process");
        }
    }
    return trial;
}

}  // namespace

Result<void> try_module(const std::string& path) {
    TRY(const auto trial, run_trial(path).during("load " + path));
    if (WIFSIGNALED(trial.status)) {
        const int number = WTERMSIG(trial.status);
        return fail(InputErrc::check_failed,
                    number == SIGALRM ? path + " was still loading after " + std::to_string(patience_in_seconds) + " s"
                                      : path + " is damaged: a process that loads it ends by signal " +
                                            std::to_string(number) + " (" + ::strsignal(number) + ")");
    }
    if (WEXITSTATUS(trial.status) != EXIT_SUCCESS) {
        return fail(InputErrc::check_failed, "OpenSSL cannot start it: " + trial.told);
    }
    if (trial.told != openssl::provider_title) {
        return fail(InputErrc::check_failed, path + " is another provider: " + trial.told);
    }
    return {};
}

}  // namespace trustx::cli

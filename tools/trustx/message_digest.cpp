// SPDX-License-Identifier: Apache-2.0
#include "message_digest.hpp"

#include "common/try.hpp"
#include "input_file.hpp"
#include "openssl_handles.hpp"

#include <trustx/commands.hpp>

#include <CLI/CLI.hpp>

namespace trustx::cli {
namespace {

const EVP_MD* algorithm(const std::string& name) {
    if (name == "sha384") {
        return EVP_sha384();
    }
    return name == "sha512" ? EVP_sha512() : EVP_sha256();
}

Outcome<Bytes> hash_file(const std::string& path, const EVP_MD* hash) {
    const auto context = must<DigestContext>(EVP_MD_CTX_new());
    bool good = EVP_DigestInit_ex(context.get(), hash, nullptr) == 1;
    const auto add = [&](ByteView piece) -> Outcome<void> {
        good = good && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
        return {};
    };
    TRYV(for_each_piece(path, add));
    Bytes digest(static_cast<std::size_t>(EVP_MD_get_size(hash)));
    if (!good || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
        throw std::bad_alloc{};
    }
    return digest;
}

// The chip takes a digest of 10 bytes or more; SHA-512 is the longest that anybody brings.
Outcome<Bytes> read_digest(const std::string& path) {
    constexpr std::size_t longest = 64;
    auto digest = read_input(path);
    if (digest && (digest->size() < CalcSign::min_digest || digest->size() > longest)) {
        return give_up(ExitCode::file, input_name(path) + " has " + std::to_string(digest->size()) +
                                           " bytes; --hashed takes a digest of " +
                                           std::to_string(CalcSign::min_digest) + " to " + std::to_string(longest));
    }
    return digest;
}

}  // namespace

void add_message_options(CLI::App& command, MessageOptions& options) {
    command.add_option("FILE", options.file, "Message; default: standard input");
    auto* digest = command.add_option("--digest", options.digest, "sha256 (default), sha384 or sha512")
                       ->type_name("NAME")
                       ->check(CLI::IsMember({"sha256", "sha384", "sha512"}));
    command.add_flag("--hashed", options.hashed, "The input is a digest already, in its bytes")->excludes(digest);
}

Outcome<Bytes> message_digest(const MessageOptions& options, Curve curve) {
    auto digest = options.hashed ? read_digest(options.file) : hash_file(options.file, algorithm(options.digest));
    if (digest && digest->size() > field_size(curve)) {
        digest->resize(field_size(curve));  // FIPS 186-4 section 6.4: the leftmost bits
    }
    return digest;
}

}  // namespace trustx::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/message_digest.hpp"

#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/openssl/handles.hpp"
#include "common/try.hpp"

#include <trustx/commands.hpp>

namespace trustx::cli {
namespace {

const EVP_MD* algorithm(const std::string& name) {
    if (name == "sha384") {
        return EVP_sha384();
    }
    return name == "sha512" ? EVP_sha512() : EVP_sha256();
}

Result<Bytes> hash_file(const std::string& path, const EVP_MD* hash) {
    const auto context = openssl::must<openssl::DigestContext>(EVP_MD_CTX_new());
    bool good = EVP_DigestInit_ex(context.get(), hash, nullptr) == 1;
    const auto add = [&](ByteView piece) -> Result<void> {
        good = good && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
        return {};
    };
    TRYV(files::for_each_piece(path, add));
    Bytes digest(static_cast<std::size_t>(EVP_MD_get_size(hash)));
    if (!good || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
        throw std::bad_alloc{};
    }
    return digest;
}

// The chip takes a digest of 10 bytes or more; SHA-512 is the longest in use.
Result<Bytes> read_digest(const std::string& path) {
    constexpr std::size_t longest = 64;
    TRY(auto digest, files::read_input(path));
    if (digest.size() < CalcSign::min_digest || digest.size() > longest) {
        return fail(InputErrc::malformed, files::input_name(path) + " has " + std::to_string(digest.size()) +
                                              " bytes; --hashed takes a digest of " +
                                              std::to_string(CalcSign::min_digest) + " to " + std::to_string(longest));
    }
    return digest;
}

}  // namespace

void add_message_options(Command& command, MessageOptions& options) {
    command.argument("FILE", options.file, "Message; default: standard input");
    const auto digest = command.option("--digest", options.digest, "sha256 (default), sha384 or sha512", "NAME")
                            .one_of({"sha256", "sha384", "sha512"});
    command.flag("--hashed", options.hashed, "The input is a digest already, in its bytes").excludes(digest);
}

Result<Bytes> message_digest(const MessageOptions& options, Curve curve) {
    TRY(auto digest, options.hashed ? read_digest(options.file) : hash_file(options.file, algorithm(options.digest)));
    if (digest.size() > field_size(curve)) {
        digest.resize(field_size(curve));  // FIPS 186-4 section 6.4: the leftmost bits
    }
    return digest;
}

}  // namespace trustx::cli

// SPDX-License-Identifier: Apache-2.0
#include "pem.hpp"

#include "advice.hpp"
#include "common/openssl/handles.hpp"

#include <string_view>

namespace trustx::provider {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";
// Far more than a reference needs: a longer block is not one.
constexpr std::size_t longest_body = std::size_t{64} * 1024;

std::string_view trimmed(std::string_view line) {
    const auto last = line.find_last_not_of(" \t\r\n");
    return last == std::string_view::npos ? std::string_view{} : line.substr(0, last + 1);
}

// label_of is the text between a mark and the dashes; nothing when the line is something else.
std::optional<std::string_view> label_of(std::string_view line, std::string_view mark) {
    line = trimmed(line);
    if (!line.starts_with(mark) || !line.ends_with(dashes) || line.size() < mark.size() + dashes.size()) {
        return std::nullopt;
    }
    return line.substr(mark.size(), line.size() - mark.size() - dashes.size());
}

tl::unexpected<ProviderError> malformed(std::string_view why, Place place = Place::here()) {
    return fail(
        Reason::key_file_malformed,
        "read a " + std::string{KeyReference::pem_label} + " block: " + std::string{why} + "; " + advise_key_file(),
        place);
}

Outcome<Bytes> from_base64(const std::string& text) {
    const openssl::Handle<EVP_ENCODE_CTX, EVP_ENCODE_CTX_free> ctx{EVP_ENCODE_CTX_new()};
    if (ctx == nullptr) {
        return fail(Reason::out_of_memory, "decode base64");
    }
    Bytes bytes(text.size() + 3);
    int size = 0;
    int rest = 0;
    EVP_DecodeInit(ctx.get());
    if (EVP_DecodeUpdate(ctx.get(), bytes.data(), &size, reinterpret_cast<const unsigned char*>(text.data()),
                         static_cast<int>(text.size())) < 0 ||
        EVP_DecodeFinal(ctx.get(), bytes.data() + size, &rest) < 0) {
        return malformed("its base64 text is damaged");
    }
    bytes.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(rest));
    return bytes;
}

}  // namespace

std::optional<PemBlock> next_pem_block(const Core& core, OSSL_CORE_BIO* bio) {
    std::optional<PemBlock> block;
    for (std::string line = core.read_line(bio); !line.empty(); line = core.read_line(bio)) {
        if (!block) {
            if (const auto label = label_of(line, begin_mark)) {
                block.emplace().label = *label;
            }
        } else if (const auto label = label_of(line, end_mark); label && *label == block->label) {
            block->ended = true;
            return block;
        } else if (line.find(':') != std::string::npos) {
            block->headers += line;
        } else if (block->body.size() < longest_body) {
            block->body += trimmed(line);
        }
    }
    return block;
}

Outcome<Bytes> reference_der(const PemBlock& block) {
    if (!block.headers.empty()) {
        return fail(Reason::key_file_encrypted, "read a " + block.label +
                                                    " block: it has encryption headers, but a key reference holds no "
                                                    "secret and is never encrypted");
    }
    if (!block.ended) {
        return malformed("its END line is missing");
    }
    if (block.body.size() >= longest_body) {
        return malformed("it is too long");
    }
    return from_base64(block.body);
}

}  // namespace trustx::provider

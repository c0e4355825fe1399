// SPDX-License-Identifier: Apache-2.0
#include "attest/ima_log.hpp"

#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace trustx::attest {
namespace {

// Names of templates and of digests are short; the kernel's limits are IMA_TEMPLATE_NAME_LEN_MAX (15) and
// CRYPTO_MAX_ALG_NAME (128).
constexpr std::size_t longest_name = 128;

class Fields {
 public:
    explicit Fields(ByteView bytes) : left_{bytes} {}

    [[nodiscard]] bool empty() const { return left_.empty(); }
    std::optional<ByteView> take(std::size_t size) {
        if (size > left_.size()) {
            return std::nullopt;
        }
        const auto taken = left_.first(size);
        left_ = left_.subspan(size);
        return taken;
    }
    std::optional<std::uint32_t> number() {
        const auto bytes = take(4);
        if (!bytes) {
            return std::nullopt;
        }
        const auto& b = *bytes;
        return b[0] | std::uint32_t{b[1]} << 8U | std::uint32_t{b[2]} << 16U | std::uint32_t{b[3]} << 24U;
    }
    std::optional<ByteView> sized() {
        const auto size = number();
        return size ? take(*size) : std::nullopt;
    }

 private:
    ByteView left_;
};

template <class D>
D extended(const D& aggregate, const D& value, D (*hash)(ByteView)) {
    Bytes both{aggregate.begin(), aggregate.end()};
    both.insert(both.end(), value.begin(), value.end());
    return hash(both);
}

Digest sha256_of(ByteView bytes) {
    return sha256(bytes);
}

bool is_path(std::string_view text) {
    return text.size() >= 2 && text.back() == '\0' && text.find('\0') == text.size() - 1;
}

// "sha256:" zero digest, and "verity:sha256:" zero digest in later templates.
std::optional<std::string> digest_text(ByteView field) {
    const auto text = text::as_text(field);
    const auto zero = text.substr(0, longest_name).find('\0');
    if (zero == std::string_view::npos || zero < 2 || text[zero - 1] != ':') {
        return std::nullopt;
    }
    return std::string{text.substr(0, zero)} + hex(field.subspan(zero + 1));
}

std::optional<ImaEntry> read_entry(ByteView data, bool violation) {
    Fields fields{data};
    const auto digest = fields.sized();
    const auto path = fields.sized();
    if (!digest || !path || !is_path(text::as_text(*path))) {
        return std::nullopt;
    }
    const auto name = text::as_text(*path);
    ImaEntry entry{.path = std::string{name.substr(0, name.size() - 1)}, .digest = {}};
    if (!violation) {
        auto text = digest_text(*digest);
        if (!text) {
            return std::nullopt;
        }
        entry.digest = *std::move(text);
    }
    return entry;
}

}  // namespace

Result<ImaLog> parse_ima_log(ByteView log) {
    ImaLog read;
    Fields fields{log};
    const auto wrong = [&read](const char* what) {
        return fail(InputErrc::malformed,
                    "entry " + std::to_string(read.entries.size() + 1) + " of the kernel's IMA log " + what);
    };
    while (!fields.empty()) {
        const auto pcr = fields.number();
        const auto sha = fields.take(Sha1Digest{}.size());
        const auto name = fields.sized();
        if (!pcr || !sha || !name || name->size() > longest_name || text::as_text(*name) == "ima") {
            return wrong(
                "is cut off, or of a form that is not known; the kernel's `ima_template` must be ima-ng or later");
        }
        const auto data = fields.sized();
        if (!data) {
            return wrong("is cut off");
        }
        Sha1Digest told{};
        std::ranges::copy(*sha, told.begin());
        const bool violation = told == Sha1Digest{};
        if (!violation && told != sha1(*data)) {
            return wrong("was changed: its SHA-1 is not that of its data");
        }
        auto entry = read_entry(*data, violation);
        if (!entry) {
            return wrong("names no digest and path");
        }
        // A violation makes the values of the PCRs useless, on purpose: it extends them with ones.
        Sha1Digest first{};
        Digest second{};
        first.fill(0xFF);
        second.fill(0xFF);
        read.aggregate_sha1 = extended(read.aggregate_sha1, violation ? first : told, &sha1);
        read.aggregate_sha256 = extended(read.aggregate_sha256, violation ? second : sha256(*data), &sha256_of);
        read.violations += violation ? 1U : 0U;
        read.entries.push_back(*std::move(entry));
    }
    read.digest = sha256(log);
    return read;
}

}  // namespace trustx::attest

// SPDX-License-Identifier: Apache-2.0
#include "chip/chip_hash.hpp"

#include "common/try.hpp"

#include <algorithm>

namespace trustx::cli {
namespace {

// As many whole SHA-256 blocks as fit into an APDU of 1557 bytes beside its header, three TLV headers and the state.
constexpr std::size_t piece = 1408;
static_assert(piece % 64 == 0 && piece + 4 + std::size_t{3} * 3 + CalcHash::context_size <= 1557);

}  // namespace

Result<void> ChipHash::update(ByteView data) {
    while (!data.empty()) {
        if (pending_.size() == piece) {  // only now: the last piece belongs to finish()
            TRYV(send());
        }
        const auto part = data.first(std::min(data.size(), piece - pending_.size()));
        pending_.insert(pending_.end(), part.begin(), part.end());
        data = data.subspan(part.size());
    }
    return {};
}

Result<void> ChipHash::send() {
    const auto sequence = context_.empty() ? CalcHash::Sequence::start : CalcHash::Sequence::proceed;
    TRY(auto result,
        chip_.run(CalcHash{
            .sequence = sequence, .data = ByteView{pending_}, .import_context = context_, .export_context = true}));
    context_ = std::move(result.context);
    pending_.clear();
    return {};
}

Result<Bytes> ChipHash::finish() {
    const auto sequence = context_.empty() ? CalcHash::Sequence::start_final : CalcHash::Sequence::final;
    TRY(auto result, chip_.run(CalcHash{.sequence = sequence, .data = ByteView{pending_}, .import_context = context_}));
    return std::move(result.digest);
}

}  // namespace trustx::cli

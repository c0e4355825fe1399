// SPDX-License-Identifier: Apache-2.0
// Fragments of handshake messages in the order in which somebody sends them. The input is a list of them; before some
// the reassembly is told to go on with a later message.
#include "dtls/reassembly.hpp"
#include "fuzz_input.hpp"

#include <map>

using namespace trustx;
using namespace trustx::dtls;

namespace {

// Model is what a reassembly has to know, as simply as possible: for each message its type and length, and each byte
// with its value. What contradicts any of it begins the message anew.
class Model {
 public:
    void start_at(std::uint16_t sequence) {
        start_ = sequence;
        messages_.clear();
    }

    Reassembly::Outcome add(const Fragment& fragment) {
        if (fragment.sequence < start_) {
            return Reassembly::Outcome::repeated;
        }
        if (fragment.sequence >= start_ + Reassembly::max_messages) {
            return Reassembly::Outcome::ahead;
        }
        if (fragment.length > Reassembly::max_body) {
            return Reassembly::Outcome::too_long;
        }
        const auto known = messages_.find(fragment.sequence);
        const bool contradicts = known != messages_.end() && known->second.contradicts(fragment);
        if (contradicts) {
            messages_.erase(known);
        }
        const bool first = !messages_.contains(fragment.sequence);
        auto& message = messages_[fragment.sequence];
        message.type = fragment.type;
        message.length = fragment.length;
        bool adds = first;
        for (std::size_t i = 0; i < fragment.bytes.size(); ++i) {
            adds |= message.bytes.emplace(fragment.offset + i, fragment.bytes[i]).second;
        }
        if (contradicts) {
            return Reassembly::Outcome::contrary;
        }
        return adds ? Reassembly::Outcome::taken : Reassembly::Outcome::repeated;
    }

    void check(const Reassembly& reassembly, std::uint16_t sequence) const {
        const auto complete = reassembly.complete(sequence);
        const auto found = messages_.find(sequence);
        const bool whole = found != messages_.end() && found->second.bytes.size() == found->second.length;
        test::expect(complete.has_value() == whole, "a message is complete when all of its bytes are there");
        if (!whole) {
            return;
        }
        ByteView rest = *complete;
        const auto fragment = take_fragment(rest);
        test::expect(fragment && rest.empty() && fragment->is_whole(), "a complete message is one whole fragment");
        test::expect(fragment->type == found->second.type && fragment->sequence == sequence, "of the right message");
        for (const auto& [offset, byte] : found->second.bytes) {
            test::expect(fragment->bytes[offset] == byte, "what nothing contradicted stays");
        }
    }

 private:
    struct Message {
        MessageType type{};
        std::uint32_t length = 0;
        std::map<std::size_t, std::uint8_t> bytes;

        [[nodiscard]] bool contradicts(const Fragment& fragment) const {
            bool differs = type != fragment.type || length != fragment.length;
            for (std::size_t i = 0; i < fragment.bytes.size(); ++i) {
                const auto found = bytes.find(fragment.offset + i);
                differs |= found != bytes.end() && found->second != fragment.bytes[i];
            }
            return differs;
        }
    };
    std::uint16_t start_ = 0;
    std::map<std::uint16_t, Message> messages_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes = test::exactly({data, size});
    ByteView rest{bytes};
    Reassembly reassembly;
    Model model;
    while (!rest.empty()) {
        if (rest.front() == 0xFF) {
            const auto start = static_cast<std::uint16_t>(reassembly.start() + 1);
            reassembly.start_at(start);
            model.start_at(start);
            rest = rest.subspan(1);
            continue;
        }
        const auto fragment = take_fragment(rest);
        if (!fragment) {
            break;
        }
        test::expect(reassembly.add(*fragment) == model.add(*fragment), "the outcome is what it should be");
        model.check(reassembly, fragment->sequence);
    }
    for (int sequence = 0; sequence < 12; ++sequence) {
        model.check(reassembly, static_cast<std::uint16_t>(reassembly.start() + sequence));
    }
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "fuzzed_chip.hpp"

#include <algorithm>
#include <set>

namespace trustx::test {
namespace {

using namespace std::chrono_literals;
using ifx_i2c::Frame;
using ifx_i2c::Sequence;

constexpr std::uint8_t reg_data = 0x80;
constexpr std::uint8_t reg_data_reg_len = 0x81;
constexpr std::uint8_t reg_i2c_state = 0x82;

// 400 kHz, 9 clocks for a byte.
constexpr Duration byte_time = 22500ns;

// The rare events of a transfer; all other values of its deciding byte mean that it is done.
enum class Event : std::uint8_t {
    nak = 0xF0,
    nak_too = 0xF1,
    eio = 0xF2,
    timed_out = 0xF3,
    bus_failure = 0xF4,
    short_delay = 0xF5,
    long_delay = 0xF6,
};

}  // namespace

FuzzedChip::FuzzedChip(Input& input, VirtualClock& clock)
    : input_{input}, clock_{clock}, ending_{static_cast<Ending>(input.u8() & 3)} {}

void FuzzedChip::hold_up(Duration duration) {
    clock_.advance(duration);
    held_up_ += duration;
}

Result<void> FuzzedChip::begin(std::size_t size) {
    ++transfers_;
    clock_.advance(byte_time * (size + 1));
    if (input_.empty()) {
        return ending_ == Ending::silent ? Result<void>{fail(Errc::address_nak)} : Result<void>{};
    }
    switch (static_cast<Event>(input_.u8())) {
        case Event::nak:
        case Event::nak_too:
            return fail(Errc::address_nak);
        case Event::eio:
            return fail(errno_code(EIO), "fuzzed");
        case Event::timed_out:
            return fail(errno_code(ETIMEDOUT), "fuzzed");
        case Event::bus_failure:
            return fail(Errc::bus_failure, "fuzzed");
        case Event::short_delay:
            hold_up(8ms);
            return {};
        case Event::long_delay:
            hold_up(700ms);
            return {};
    }
    return {};
}

// is_question: the one frame that a host damages on purpose, to be told which number the chip expects (data_link.cpp).
// All bits of its FCS are inverted, and it carries no command.
bool FuzzedChip::is_question(ByteView written) {
    Bytes frame{written.begin(), written.end()};
    if (frame.size() < ifx_i2c::frame_overhead) {
        return false;
    }
    std::for_each(frame.end() - 2, frame.end(), [](auto& byte) { byte ^= 0xFFU; });
    const auto intact = ifx_i2c::parse_frame(frame);
    return intact && !intact->control && intact->packet.size() == 1 && intact->packet.front() == 0x07;
}

Result<void> FuzzedChip::write(ByteView bytes, Deadline /*deadline*/) {
    if (auto begun = begin(bytes.size()); !begun) {
        return begun;
    }
    pointer_ = bytes.empty() ? pointer_ : bytes[0];
    if (bytes.size() < 2 || pointer_ != reg_data) {
        return {};
    }
    const auto frame = ifx_i2c::parse_frame(bytes.subspan(1));
    if (!frame) {
        // The input decides what comes back to it, as to every frame.
        expect(is_question(bytes.subspan(1)), "the host writes intact frames, but for its question");
        return {};
    }
    expect(bytes.size() - 1 <= ifx_i2c::max_frame_size, "the host keeps to the frame size");
    if (!frame->control) {
        host_number_ = frame->number;
    } else if (frame->sequence == Sequence::resync) {
        host_number_ = own_number_ = ifx_i2c::number_after_sync;
        offers_.clear();
    }
    return {};
}

void FuzzedChip::offer_packet(std::uint8_t fctr, ByteView packet) {
    Bytes bytes;
    ifx_i2c::build_frame({.control = (fctr & 0x80) != 0,
                          .sequence = static_cast<Sequence>(fctr >> 5 & 3),
                          .number = static_cast<ifx_i2c::FrameNumber>(fctr >> 2 & 3),
                          .acknowledged = static_cast<ifx_i2c::FrameNumber>(fctr & 3),
                          .packet = packet},
                         bytes);
    offers_.push_back(std::move(bytes));
}

// offer_answer offers the next data frame of a chip that is in step with the host.
void FuzzedChip::offer_answer(std::uint8_t chain, std::size_t size) {
    Bytes packet{chain};
    const auto payload = input_.bytes(size);
    packet.insert(packet.end(), payload.begin(), payload.end());
    packet.resize(1 + size, 0x00);
    own_number_ = ifx_i2c::next_number(own_number_);
    offer_packet(static_cast<std::uint8_t>(own_number_ << 2 | host_number_), packet);
}

// full_payload is what a first or intermediate packet carries; nonsense in DATA_REG_LEN gives it the largest.
std::size_t FuzzedChip::full_payload() const {
    const bool sensible = data_reg_len_ >= ifx_i2c::min_frame_size && data_reg_len_ <= ifx_i2c::max_frame_size;
    return (sensible ? data_reg_len_ : ifx_i2c::max_frame_size) - ifx_i2c::frame_overhead - 1U;
}

void FuzzedChip::decide_offer() {
    const auto choice = input_.u8();
    switch (choice & 0x0F) {
        case 0:
            busy_ = false;
            break;
        case 1:
            busy_ = true;
            break;
        case 2:
            offer_packet(static_cast<std::uint8_t>(0x80 | host_number_), {});
            break;
        case 3:
            offer_packet(static_cast<std::uint8_t>(0xA0 | host_number_), {});
            break;
        case 4:
            offer_packet(static_cast<std::uint8_t>(0x80 | (choice >> 4)), {});  // any control frame
            break;
        case 5:
            offer_answer(0x00, input_.u8());
            break;
        case 6:
            offer_answer(0x01, full_payload());
            break;
        case 7:
            offer_answer(0x02, full_payload());
            break;
        case 8:
            offer_answer(0x04, input_.u8());
            break;
        case 9:
            offer_answer(0x07, 0);
            break;
        case 10:
            offer_answer(choice >> 4, input_.u8());
            break;
        case 11: {  // any data frame
            const auto fctr = input_.u8();
            offer_packet(fctr & 0x7F, input_.bytes(input_.u8()));
            break;
        }
        case 12:  // the last frame once more
            if (!offers_.empty()) {
                offers_.push_back(offers_.back());
            }
            break;
        case 13:  // a damaged frame
            offer_answer(0x00, input_.u8());
            offers_.back()[input_.u8() % offers_.back().size()] ^= static_cast<std::uint8_t>(1U << (choice >> 5));
            break;
        case 14:  // no frame at all
            offers_.push_back(exactly(input_.bytes(input_.u16() % 400)));
            break;
        default:  // a data frame again, whose acknowledgement was lost
            own_number_ = (own_number_ + 3U) & 3U;
            break;
    }
}

Bytes FuzzedChip::state_register() {
    if (offers_.empty() && !input_.empty()) {
        decide_offer();
    }
    const bool busy = input_.empty() ? ending_ == Ending::busy : busy_;
    if (input_.empty() && offers_.empty() && ending_ == Ending::busy_then_answer) {
        offer_answer(0x00, 4);
    }
    const std::size_t length = offers_.empty() ? 0 : offers_.front().size();
    const auto flags = static_cast<std::uint8_t>(0x08 | (busy ? 0x80 : 0) | (offers_.empty() ? 0 : 0x40));
    return {flags, 0, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
}

Bytes FuzzedChip::register_value() {
    switch (pointer_) {
        case reg_data: {
            if (offers_.empty()) {
                return {};
            }
            const Bytes frame = offers_.front();
            offers_.pop_front();
            if (const auto parsed = ifx_i2c::parse_frame(frame); parsed && !parsed->control) {
                payloads_.emplace_back(parsed->packet.begin() + 1, parsed->packet.end());
            }
            return frame;
        }
        case reg_data_reg_len: {
            const auto choice = input_.u8();
            if (choice >= 0xE0) {
                data_reg_len_ = input_.u16();
            } else if (choice >= 0xC0) {
                data_reg_len_ = static_cast<std::uint16_t>(0x10 + (choice & 0x1F));
            }
            return {static_cast<std::uint8_t>(data_reg_len_ >> 8), static_cast<std::uint8_t>(data_reg_len_)};
        }
        case reg_i2c_state:
            return state_register();
        default:
            return {};
    }
}

Result<void> FuzzedChip::read(std::span<std::uint8_t> bytes, Deadline /*deadline*/) {
    if (auto begun = begin(bytes.size()); !begun) {
        return begun;
    }
    const auto value = register_value();
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0xFF});
    std::copy_n(value.begin(), std::min(value.size(), bytes.size()), bytes.begin());
    return {};
}

bool FuzzedChip::offered(ByteView answer) const {
    // The lengths of the beginnings of the answer that can be put together from the payloads so far.
    std::set<std::size_t> reached{0};
    for (const Bytes& payload : payloads_) {
        std::set<std::size_t> further;
        for (const std::size_t at : reached) {
            const auto rest = answer.subspan(at);
            if (payload.size() <= rest.size() && std::equal(payload.begin(), payload.end(), rest.begin())) {
                further.insert(at + payload.size());
            }
        }
        reached.merge(further);
    }
    return reached.count(answer.size()) != 0;
}

}  // namespace trustx::test

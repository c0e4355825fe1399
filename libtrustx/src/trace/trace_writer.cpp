// SPDX-License-Identifier: Apache-2.0
#include "trace/trace_writer.hpp"

#include "command/apdu.hpp"
#include "common/text/time_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <unistd.h>

namespace trustx {
namespace {

using ifx_i2c::Frame;
using ifx_i2c::Register;

std::int64_t microseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

std::string_view kind_of(const std::optional<Frame>& frame) {
    if (!frame) {
        return "damaged";
    }
    if (!frame->control) {
        return "data";
    }
    constexpr std::array<std::string_view, 4> names{"ack", "nak", "resync", "reserved"};
    return names.at(static_cast<std::size_t>(frame->sequence));
}

// PCTR, chip-i2c.md section 6.
std::string_view chain_of(std::uint8_t pctr) {
    switch (pctr) {
        case 0:
            return "whole";
        case 1:
            return "first";
        case 2:
            return "intermediate";
        case 4:
            return "last";
        case 7:
            return "chaining error";
        default:
            return "unknown";
    }
}

std::string_view name_of(std::optional<Register> target) {
    if (!target) {
        return "unknown";
    }
    switch (*target) {
        case Register::data:
            return "DATA";
        case Register::data_reg_len:
            return "DATA_REG_LEN";
        case Register::i2c_state:
            return "I2C_STATE";
        case Register::soft_reset:
            return "SOFT_RESET";
    }
    return "unknown";
}

std::string_view name_of(BusTransfer::Kind kind) {
    switch (kind) {
        case BusTransfer::Kind::write:
            return "write";
        case BusTransfer::Kind::read:
            return "read";
        case BusTransfer::Kind::reset:
            return "reset";
    }
    return "unknown";
}

std::string_view event_of(Activity::Kind kind) {
    switch (kind) {
        case Activity::Kind::apdu:
            return "apdu";
        case Activity::Kind::attach:
            return "attach";
        case Activity::Kind::reset:
            return "reset";
    }
    return "unknown";
}

void add_counts(JsonLine& line, const BusCounts& counts) {
    line.number("transfers", counts.transfers);
    line.number("polls", counts.polls);
    line.number("naks", counts.naks);
    line.number("resends", counts.resends);
    line.number("failures", counts.failures);
}

void add_apdu(JsonLine& line, const Activity& activity) {
    line.text("command", activity.name);
    line.hex("cmd", std::array{activity.command});
    line.hex("param", std::array{activity.param});
    if (activity.object) {
        line.text("object", activity.object->hex());
    }
    line.number("sent", static_cast<std::int64_t>(activity.sent));
    line.number("received", static_cast<std::int64_t>(activity.received));
    if (activity.received != 0) {
        line.hex("status", std::array{activity.status});
    }
    if (activity.chip_error) {
        line.hex("chip_error", std::array{static_cast<std::uint8_t>(*activity.chip_error)});
        line.text("chip_error_text", make_error_code(*activity.chip_error).message());
    }
}

}  // namespace

void TraceWriter::begin_line(JsonLine& line, TimePoint when, std::string_view event) const {
    // The clock of the device has no date: the time of day is computed from how long ago it was.
    const auto moment = std::chrono::system_clock::now() -
                        std::chrono::duration_cast<std::chrono::system_clock::duration>(clock_.now() - when);
    line.text("time", text::precise_time_text(moment));
    line.number("pid", ::getpid());
    line.text("program", program_invocation_short_name);
    line.text("device", device_);
    line.text("event", event);
}

void TraceWriter::write(const Activity& activity) {
    JsonLine line;
    begin_line(line, activity.start, event_of(activity.kind));
    line.number("us", microseconds(activity.duration));
    if (activity.kind == Activity::Kind::apdu) {
        add_apdu(line, activity);
    }
    add_counts(line, activity.bus);
    if (activity.error != nullptr) {
        line.text("error", activity.error->message());
    }
    file_.append(line.finish());
}

void TraceWriter::note(TimePoint when, std::string_view text) {
    JsonLine line;
    begin_line(line, when, "note");
    line.text("text", text);
    file_.append(line.finish());
}

void TraceWriter::write(const BusTransfer& transfer, const BusMeter& meter) {
    if (level_ >= TraceLevel::transfers) {
        write_transfer(transfer, meter);
    }
    if (level_ >= TraceLevel::frames && !meter.carried().empty()) {
        write_frame(transfer, meter);
    }
}

// shown_of says how many bytes of a data frame's packet may be shown. Whether a later packet of a chain holds secrets
// is not worked out: it is shown where the whole APDU is public.
std::size_t TraceWriter::shown_of(const Frame& frame, bool from_host) const {
    constexpr std::size_t pctr_size = 1;
    const std::uint8_t pctr = frame.packet.front();
    const bool begins_apdu = pctr == 0 || pctr == 1;
    const std::size_t least = begins_apdu ? pctr_size + apdu_header_size : pctr_size;
    if (command_ == nullptr) {
        // What another program left unread. Its header is an answer's.
        return least;
    }
    if (from_host) {
        const auto prefix = public_prefix(*command_);
        const bool all = prefix == command_->apdu.size();
        return all ? frame.packet.size() : begins_apdu ? pctr_size + prefix : pctr_size;
    }
    // An answer to another frame is another command's, left over from before.
    const bool ours = asked_ == frame.acknowledged;
    return ours && has_public_answer(*command_) ? frame.packet.size() : least;
}

void TraceWriter::write_frame(const BusTransfer& transfer, const BusMeter& meter) {
    const bool from_host = transfer.kind == BusTransfer::Kind::write;
    const auto frame = ifx_i2c::parse_frame(meter.carried());
    JsonLine line;
    begin_line(line, transfer.start, "frame");
    line.text("from", from_host ? "host" : "chip");
    line.text("kind", kind_of(frame));
    line.number("size", static_cast<std::int64_t>(meter.carried().size()));
    if (frame && !frame->control) {
        if (from_host) {
            asked_ = frame->number;
        }
        const auto shown = std::min(shown_of(*frame, from_host), frame->packet.size());
        line.number("number", frame->number);
        line.number("acknowledges", frame->acknowledged);
        line.text("chain", chain_of(frame->packet.front()));
        line.hex("packet", frame->packet.first(shown));
        line.number("withheld", static_cast<std::int64_t>(frame->packet.size() - shown));
        if (meter.resent()) {
            line.number("resent", 1);
        }
    } else if (frame) {
        line.number("acknowledges", frame->acknowledged);
    }
    file_.append(line.finish());
}

void TraceWriter::write_transfer(const BusTransfer& transfer, const BusMeter& meter) {
    JsonLine line;
    begin_line(line, transfer.start, "transfer");
    line.number("us", microseconds(transfer.end - transfer.start));
    line.text("kind", name_of(transfer.kind));
    if (transfer.kind != BusTransfer::Kind::reset) {
        line.text("register", name_of(meter.target()));
        line.number("size", static_cast<std::int64_t>(transfer.size));
    }
    // The bytes of register DATA are a frame, which has its own line if it arrived, and secrets in any case.
    if (meter.target() && meter.target() != Register::data && !transfer.bytes.empty()) {
        line.hex("data", transfer.bytes);
    }
    if (transfer.failure == nullptr) {
        line.text("result", "done");
    } else if (transfer.failure->code() == Errc::address_nak) {
        line.text("result", "nak");
    } else {
        line.text("result", transfer.failure->code().message());
    }
    file_.append(line.finish());
}

}  // namespace trustx

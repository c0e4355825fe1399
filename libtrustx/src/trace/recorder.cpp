// SPDX-License-Identifier: Apache-2.0
#include "trace/recorder.hpp"

#include "trace/json_line.hpp"

#include <utility>

namespace trustx {

// A forked child has the file too, but its transfers are another session's.
bool Recorder::inherited() const noexcept {
    return process_ != ::getpid();
}

Recorder::~Recorder() {
    static_cast<void>(finish());  // for programs that do not ask
}

Result<void> Recorder::finish() {
    if (!std::exchange(finished_, true) && transfers_ > 0 && !inherited()) {
        JsonLine line;
        line.number("end", transfers_);
        file_.append(line.finish());
    }
    auto lost = trouble();
    return lost ? Result<void>{tl::unexpected{*std::move(lost)}} : Result<void>{};
}

std::unique_ptr<I2cBus> Recorder::watch(std::unique_ptr<I2cBus> bus) {
    return observe_bus(std::move(bus), *this, clock_);
}

// The members are those of the recorded sessions in tests/golden.
void Recorder::saw(const BusTransfer& transfer) noexcept {
    if (finished_ || inherited()) {
        return;
    }
    if (transfers_++ == 0) {
        JsonLine header;
        header.text("recording", device_);
        file_.append(header.finish());
    }
    JsonLine line;
    line.number("t_us", std::chrono::duration_cast<std::chrono::microseconds>(transfer.start - begin_).count());
    line.number("took_us",
                std::chrono::duration_cast<std::chrono::microseconds>(transfer.end - transfer.start).count());
    const bool nak = transfer.failure != nullptr && transfer.failure->code() == Errc::address_nak;
    switch (transfer.kind) {
        case BusTransfer::Kind::write:
            line.text("dir", "W");
            break;
        case BusTransfer::Kind::read:
            line.text("dir", "R");
            break;
        case BusTransfer::Kind::reset:
            line.text("dir", "reset");
            break;
    }
    line.flag("ack", !nak);
    if (transfer.failure == nullptr) {
        line.hex("data", transfer.bytes);
    } else if (!nak) {
        line.text("error", transfer.failure->code().message());
    }
    file_.append(line.finish());
}

}  // namespace trustx

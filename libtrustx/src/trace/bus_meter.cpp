// SPDX-License-Identifier: Apache-2.0
#include "trace/bus_meter.hpp"

namespace trustx {

using ifx_i2c::Register;
using ifx_i2c::Sequence;

void BusMeter::count(const BusTransfer& transfer) {
    carried_ = {};
    resent_ = false;
    if (transfer.kind == BusTransfer::Kind::reset) {
        target_.reset();
        last_sent_.reset();
        return;
    }
    ++counts_.transfers;
    const bool write = transfer.kind == BusTransfer::Kind::write;
    if (write && !transfer.bytes.empty()) {
        target_ = static_cast<Register>(transfer.bytes.front());
    }
    if (transfer.failure != nullptr) {
        ++(transfer.failure->code() == Errc::address_nak ? counts_.naks : counts_.failures);
        return;
    }
    if (!write && target_ == Register::i2c_state) {
        ++counts_.polls;
    }
    if (target_ == Register::data && transfer.size > (write ? 1U : 0U)) {
        count_frame(write ? transfer.bytes.subspan(1) : transfer.bytes, write);
    }
}

void BusMeter::count_frame(ByteView frame, bool from_host) {
    carried_ = frame;
    const auto parsed = ifx_i2c::parse_frame(frame);
    if (!parsed || !from_host) {
        return;
    }
    if (parsed->control) {
        // After a re-synchronisation the numbers begin again.
        if (parsed->sequence == Sequence::resync) {
            last_sent_.reset();
        }
        return;
    }
    resent_ = last_sent_ == parsed->number;
    counts_.resends += resent_ ? 1U : 0U;
    last_sent_ = parsed->number;
}

}  // namespace trustx

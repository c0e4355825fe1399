// SPDX-License-Identifier: Apache-2.0
#include "device/tracer.hpp"

#include "command/apdu.hpp"

#include <utility>

namespace trustx {

Tracer::Tracer(const TraceOptions& options, const Clock& clock, const std::string& device) : clock_{clock} {
    if (!options.file.empty()) {
        writer_.emplace(options, clock, device);
    }
    if (!options.recording.empty()) {
        recorder_.emplace(options.recording, clock, device);
    }
}

Tracer::~Tracer() {
    release_held({});
}

std::unique_ptr<I2cBus> Tracer::watch(std::unique_ptr<I2cBus> bus) {
    if (recorder_) {
        bus = recorder_->watch(std::move(bus));
    }
    return listening() ? observe_bus(std::move(bus), *this, clock_) : std::move(bus);
}

void Tracer::note(std::string_view text) {
    if (writer_) {
        writer_->note(clock_.now(), text);
    }
}

void Tracer::begin(Activity::Kind kind, std::string_view name) {
    meter_.reset();
    current_ = Activity{};
    current_.kind = kind;
    current_.name = name;
    current_.start = clock_.now();
}

void Tracer::begin_exchange(const EncodedCommand& command) {
    begin(Activity::Kind::apdu, command.info.name);
    current_.command = command.info.opcode & static_cast<std::uint8_t>(~clear_last_error);
    current_.param = command.facts.param;
    current_.object = command.facts.object;
    current_.sent = command.apdu.size();
    writer_->begin(command);
}

void Tracer::end_exchange(const Result<void>& done, const Bytes& answer) {
    if (done) {
        current_.received = answer.size();
        current_.status = answer.empty() ? std::uint8_t{0} : answer.front();
    }
    writer_->end();
    release_held(answer);
    end(done);
}

void Tracer::end(const Result<void>& done) {
    current_.duration = clock_.now() - current_.start;
    current_.bus = meter_.counts();
    current_.error = done ? nullptr : &done.error();
    if (current_.received != 0 && current_.status != 0 && current_.object != object::last_error_code) {
        held_ = current_;
        return;
    }
    release_held({});
    writer_->write(current_);
}

// The reason for a refusal is the answer of the command that follows it: a read of the last error code.
void Tracer::release_held(const Bytes& answer) {
    if (!held_) {
        return;
    }
    constexpr std::size_t size = apdu_header_size + 1;
    if (current_.object == object::last_error_code && current_.status == 0 && answer.size() == size) {
        held_->chip_error = static_cast<ChipError>(answer.back());
    }
    writer_->write(*std::exchange(held_, std::nullopt));
}

void Tracer::saw(const BusTransfer& transfer) noexcept {
    meter_.count(transfer);
    writer_->write(transfer, meter_);
}

Result<void> Tracer::finish_recording() {
    return recorder_ ? recorder_->finish() : Result<void>{};
}

std::optional<Error> Tracer::trouble() const {
    auto trouble = writer_ ? writer_->trouble() : std::nullopt;
    return trouble || !recorder_ ? trouble : recorder_->trouble();
}

}  // namespace trustx

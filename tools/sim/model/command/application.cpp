// SPDX-License-Identifier: Apache-2.0
#include "model/command/application.hpp"

#include "common/try.hpp"
#include "model/chip/state_image.hpp"
#include "model/command/command.hpp"

#include <algorithm>
#include <exception>

#include <spdlog/spdlog.h>

namespace trustx::sim {

namespace {

constexpr std::uint8_t clear_last_error_bit = 0x80;
constexpr std::uint8_t status_ok = 0x00;
constexpr std::uint8_t status_error = 0xFF;

// Apdu is a parsed command APDU; well_formed is false when InLen is not what follows.
struct Apdu {
    explicit Apdu(ByteView bytes) {
        ByteReader reader{bytes};
        const auto first = reader.u8();
        clears_last_error = (first & clear_last_error_bit) != 0;
        opcode = static_cast<std::uint8_t>(first & ~clear_last_error_bit & 0xFF);
        request.param = reader.u8();
        const std::size_t length = reader.u16();
        well_formed = !reader.failed() && length == reader.left();
        too_long = bytes.size() > max_apdu_size;
        request.data = reader.rest();
    }

    bool clears_last_error;
    std::uint8_t opcode;
    Request request{};
    bool well_formed;
    bool too_long;
};

bool reads_last_error(const Apdu& apdu) {
    ByteReader reader{apdu.request.data};
    return apdu.opcode == static_cast<std::uint8_t>(Opcode::get_data_object) && apdu.request.param == 0x00 &&
           static_cast<ObjectId>(reader.u16()) == ObjectId::last_error;
}

// admit says which command an APDU may run now.
Outcome<const Command*> admit(const Apdu& apdu, bool open) {
    if (apdu.too_long) {
        return fail(ErrorCode::insufficient_memory);
    }
    const bool opens = apdu.opcode == static_cast<std::uint8_t>(Opcode::open_application);
    if (!open && !opens && !reads_last_error(apdu)) {
        return fail(ErrorCode::command_not_available);
    }
    const Command* command = find_command(apdu.opcode);
    if (command == nullptr) {
        return fail(ErrorCode::invalid_command);
    }
    if (!apdu.well_formed) {
        return fail(ErrorCode::invalid_length);
    }
    return command;
}

Bytes response(std::uint8_t status, ByteView data) {
    Bytes bytes{status, 0x00};
    append_u16(bytes, data.size());
    append(bytes, data);
    return bytes;
}

std::string hex_code(std::uint8_t code) {
    return to_hex(Bytes{code});
}

// What a command moves, for its duration: reads ask for a length, all other commands carry their bytes.
std::size_t moved_bytes(const Apdu& apdu, const ChipState& chip) {
    ByteReader reader{apdu.request.data};
    if (apdu.opcode == static_cast<std::uint8_t>(Opcode::get_random)) {
        return reader.u16();
    }
    if (apdu.opcode != static_cast<std::uint8_t>(Opcode::get_data_object)) {
        return apdu.request.data.size();
    }
    const Object* object = chip.find(static_cast<ObjectId>(reader.u16()));
    if (object == nullptr) {
        return 0;
    }
    const std::size_t offset = reader.left() >= 4 ? reader.u16() : 0;
    const std::size_t length = reader.left() >= 2 ? reader.u16() : max_data_size;
    return std::min(length, object->content.size() - std::min(offset, object->content.size()));
}

}  // namespace

Application::Application(ChipState chip, Nvm& nvm, Crypto& crypto, Counters& counters, spdlog::logger& log,
                         dtls::Decisions dtls)
    : chip_{std::move(chip)},
      stored_counter_{chip_.byte(ObjectId::security_event_counter)},
      nvm_{nvm},
      crypto_{crypto},
      counters_{counters},
      log_{log},
      dtls_{std::move(dtls)} {}

Bytes Application::execute(ByteView bytes, Time now) {
    advance(now);
    const Apdu apdu{bytes};
    if (apdu.clears_last_error) {
        volatile_.last_error = ErrorCode::none;
    }
    const auto command = admit(apdu, volatile_.open);
    const char* name = command ? (*command)->name : "refused";
    ++counters_.commands[name];

    auto outcome = [&]() -> Outcome<Bytes> {
        TRY(const Command* admitted, command);
        const ChipState before = admitted->writes_nvm ? chip_ : ChipState{};
        CommandContext context{chip_, volatile_, monitor_, crypto_, counters_, now, dtls_};
        try {
            auto result = admitted->run(context, apdu.request);
            if (result && admitted->writes_nvm && !store_or_return_to(before)) {
                return fail(ErrorCode::internal_process_error);
            }
            return result;
        } catch (const std::exception& error) {
            log_.error("{} failed inside the simulator: {}", name, error.what());
            if (admitted->writes_nvm) {
                chip_ = before;
            }
            return fail(ErrorCode::internal_process_error);
        }
    }();

    if (!outcome) {
        // Of several unread codes the highest is kept (chip-commands.md section 3).
        volatile_.last_error = std::max(volatile_.last_error, outcome.error());
        const std::string code = hex_code(static_cast<std::uint8_t>(outcome.error()));
        ++counters_.errors[code];
        log_.debug("{} {}: error {}", name, to_hex(bytes.first(std::min<std::size_t>(bytes.size(), 8))), code);
        return response(status_error, {});
    }
    log_.debug("{}: {} bytes in, {} bytes out", name, apdu.request.data.size(), outcome->size());
    return response(status_ok, *outcome);
}

bool Application::interrupt(ByteView bytes, double share_done) {
    ++counters_.interrupted_commands;
    const Apdu apdu{bytes};
    const auto command = admit(apdu, volatile_.open);
    if (!command || !(*command)->writes_nvm) {
        return false;
    }
    if ((*command)->torn == nullptr) {
        return true;  // written as a whole or not at all: not at all
    }
    const ChipState before = chip_;
    CommandContext context{chip_, volatile_, monitor_, crypto_, counters_, Time{0}, dtls_};
    if (!(*command)->run(context, apdu.request)) {
        return false;
    }
    chip_ = ChipState(before);
    const auto part = (*command)->torn(chip_, apdu.request, share_done);
    if (part && (*command)->run(context, {apdu.request.param, *part})) {
        ++counters_.torn_writes;
        log_.info("{} was interrupted and left a part behind", (*command)->name);
        static_cast<void>(store_or_return_to(before));
    }
    return true;
}

std::uint8_t Application::opcode_of(ByteView apdu) {
    return Apdu(apdu).opcode;
}

Duration Application::duration(ByteView bytes, const Timing& timing) const {
    const Apdu apdu{bytes};
    const auto command = admit(apdu, volatile_.open);
    if (!command) {
        return timing.execution(std::nullopt, apdu.request.param, 0);
    }
    if (!timing.realistic) {
        return Duration::zero();
    }
    const std::uint8_t current_limit = chip_.byte(ObjectId::current_limit);
    if ((*command)->effort != nullptr) {
        const Effort effort = (*command)->effort({chip_, volatile_, crypto_, dtls_}, apdu.request);
        const Duration delay =
            effort.is_event ? SecurityMonitor::delay(chip_.byte(ObjectId::security_event_counter)) : Duration::zero();
        return timing.execution(effort.work, current_limit) + delay;
    }
    Duration total = timing.execution((*command)->opcode, apdu.request.param, moved_bytes(apdu, chip_), current_limit);
    const auto key = (*command)->key_used != nullptr ? (*command)->key_used(volatile_, apdu.request) : std::nullopt;
    if (key && is_key(*key)) {
        total += SecurityMonitor::delay(chip_.byte(ObjectId::security_event_counter));
    }
    return total;
}

void Application::advance(Time now) {
    monitor_.advance(now, chip_.byte(ObjectId::security_event_counter));
}

void Application::reset(Time now) {
    advance(now);
    monitor_.reset(now);
    volatile_ = ApplicationState{};
}

bool Application::flush() {
    if (chip_.byte(ObjectId::security_event_counter) == stored_counter_) {
        return true;
    }
    // Need not be undone in memory: the counter is right there and only older on disk.
    return store_or_return_to(chip_);
}

bool Application::store_or_return_to(const ChipState& before) {
    const bool counter_is_stored = chip_.byte(ObjectId::security_event_counter) == stored_counter_;
    if (chip_ == before && counter_is_stored) {
        return true;
    }
    ++counters_.nvm_writes;
    if (const auto stored = nvm_.replace(encode_image(chip_)); !stored) {
        ++counters_.nvm_failures;
        log_.error("nothing was stored: {}", stored.error());
        chip_ = ChipState(before);
        return false;
    }
    stored_counter_ = chip_.byte(ObjectId::security_event_counter);
    return true;
}

}  // namespace trustx::sim

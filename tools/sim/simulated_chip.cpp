// SPDX-License-Identifier: Apache-2.0
// The chip as a bus sees it: its address, when it listens, its registers and its resets (chip-i2c.md sections 1 to 3).
#include "simulated_chip.hpp"

#include "application.hpp"
#include "chip/factory.hpp"
#include "chip/state_image.hpp"
#include "ifx_i2c/command_channel.hpp"
#include "ifx_i2c/registers.hpp"

#include <algorithm>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

namespace trustx::sim {

namespace {

constexpr std::uint8_t filler = 0xFF;

template <class Integer>
Bytes big_endian(Integer value) {
    Bytes bytes;
    for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(shift)));
    return bytes;
}

tl::expected<ChipState, std::string> existing_chip(const std::string& image, const Nvm& nvm,
                                                   const std::string& profile) {
    auto state = decode_image(image);
    if (!state)
        return tl::unexpected<std::string>(nvm.name() + " " + state.error() +
                                           ". It was left as it is; name another file or move it away");
    if (!profile.empty() && profile != state->profile)
        return tl::unexpected<std::string>(nvm.name() + " holds a chip of profile " + state->profile + ", not " +
                                           profile + "; leave the profile out or name another file");
    return state;
}

tl::expected<ChipState, std::string> new_chip(Nvm& nvm, const std::string& profile_name, Crypto& crypto) {
    const Profile* profile = find_profile(profile_name.empty() ? default_profile : profile_name);
    if (profile == nullptr)
        return tl::unexpected<std::string>("there is no profile \"" + profile_name + "\"; the profiles are A, B and C");
    ChipState state = make_chip(*profile, crypto);
    if (const auto stored = nvm.replace(encode_image(state)); !stored)
        return tl::unexpected<std::string>(stored.error());
    return state;
}

}  // namespace

class SimulatedChip::Parts {
 public:
    Parts(ChipOptions options, std::unique_ptr<Nvm> nvm, std::unique_ptr<Crypto> crypto, ChipState state,
          const Clock& clock)
        : options_(std::move(options)),
          clock_(clock),
          nvm_(std::move(nvm)),
          crypto_(std::move(crypto)),
          application_(std::move(state), *nvm_, *crypto_, counters_, *options_.log),
          channel_(application_, options_.timing, options_.acknowledge, counters_) {
        start(clock_.now());
    }

    Transfer write(std::uint8_t address, ByteView bytes) {
        const Time start = clock_.now();
        if (!listens(address, start))
            return refuse();
        const Duration bus_time = options_.timing.bus_time(bytes.size());
        stop_ = start + bus_time;
        counters_.bytes_to_chip += bytes.size();
        if (!bytes.empty()) {
            pointer_ = bytes[0];
            if (bytes.size() > 1)
                write_register(bytes.subspan(1));
        }
        return {TransferStatus::done, bus_time};
    }

    Transfer read(std::uint8_t address, std::span<std::uint8_t> bytes) {
        const Time start = clock_.now();
        if (!listens(address, start))
            return refuse();
        const Duration bus_time = options_.timing.bus_time(bytes.size());
        stop_ = start + bus_time;
        counters_.bytes_from_chip += bytes.size();
        const Bytes content = read_register();
        std::fill(bytes.begin(), bytes.end(), filler);
        std::copy_n(content.begin(), std::min(content.size(), bytes.size()), bytes.begin());
        if (pointer_ == static_cast<std::uint8_t>(Register::data) && !content.empty() && bytes.size() >= content.size())
            channel_.fetched(stop_);
        return {TransferStatus::done, bus_time};
    }

    Duration pulse_reset() {
        ++counters_.pin_resets;
        return reset_by(options_.timing.reset_pulse);
    }

    Duration power_cycle() {
        ++counters_.power_cycles;
        return reset_by(options_.timing.reset_pulse);
    }

    void advance() { advance_to(clock_.now()); }
    Application& application() { return application_; }
    [[nodiscard]] const Application& application() const { return application_; }
    Counters& counters() { return counters_; }
    [[nodiscard]] std::uint8_t address() const { return address_; }

 private:
    void start(Time from);
    Duration reset_by(Duration low);
    void advance_to(Time now);
    bool listens(std::uint8_t address, Time start);
    bool falls_asleep(Time start) const;
    Transfer refuse();

    [[nodiscard]] std::size_t max_packet() const { return data_reg_len_ - frame_overhead; }
    [[nodiscard]] Bytes read_register() const;
    [[nodiscard]] std::uint32_t state() const;
    [[nodiscard]] std::uint32_t max_scl_khz() const;
    void write_register(ByteView value);
    void write_data_reg_len(std::uint16_t wanted);
    void write_base_address(std::uint16_t value);
    void write_mode(std::uint16_t value);

    ChipOptions options_;
    const Clock& clock_;
    std::unique_ptr<Nvm> nvm_;
    std::unique_ptr<Crypto> crypto_;
    Counters counters_;
    Application application_;
    CommandChannel channel_;

    std::uint8_t address_ = 0;
    std::uint8_t mode_ = 0;
    std::uint16_t data_reg_len_ = max_data_reg_len;
    std::uint8_t pointer_ = static_cast<std::uint8_t>(Register::data);
    Time stop_{0};         // of the last transfer that was acknowledged
    Time deaf_until_{0};   // starting, waking up or at work
    bool started_ = true;  // no transfer since the start: no guard time to keep
};

void SimulatedChip::Parts::start(Time from) {
    application_.reset(from);
    channel_.reset();
    address_ = application_.chip().i2c_address;
    mode_ = application_.chip().i2c_mode;
    data_reg_len_ = max_data_reg_len;
    pointer_ = static_cast<std::uint8_t>(Register::data);
    deaf_until_ = from + options_.timing.start_up;
    stop_ = deaf_until_;
    started_ = true;
}

Duration SimulatedChip::Parts::reset_by(Duration low) {
    advance();
    start(clock_.now() + low);
    return low;
}

void SimulatedChip::Parts::advance_to(Time now) {
    application_.advance(now);
    channel_.advance(now, max_packet());
}

bool SimulatedChip::Parts::listens(std::uint8_t address, Time start) {
    ++counters_.transfers;
    if (address != address_)
        return false;
    if (start < deaf_until_)
        return false;
    advance_to(start);
    if (!started_ && start - stop_ < options_.timing.guard_time) {
        ++counters_.guard_time_violations;
        return false;
    }
    if (falls_asleep(start)) {
        ++counters_.wake_ups;
        deaf_until_ = start + options_.timing.wake_up;
        stop_ = deaf_until_;
        started_ = true;
        return false;
    }
    started_ = false;
    return true;
}

// The chip sleeps after E0C3 milliseconds without anything to do, and stays awake while the security event counter
// counts down (chip-objects.md sections 9 and 10).
bool SimulatedChip::Parts::falls_asleep(Time start) const {
    const auto& chip = application_.chip();
    const bool can_sleep =
        options_.timing.realistic && channel_.idle() && chip.byte(ObjectId::security_event_counter) == 0;
    const Time last = std::max(stop_, channel_.last_activity());
    return can_sleep && start - last >= std::chrono::milliseconds(chip.byte(ObjectId::sleep_activation_delay));
}

Transfer SimulatedChip::Parts::refuse() {
    ++counters_.address_naks;
    return {TransferStatus::address_nak, options_.timing.bus_time(0)};
}

Bytes SimulatedChip::Parts::read_register() const {
    switch (static_cast<Register>(pointer_)) {
        case Register::data:
            return channel_.waiting().value_or(Bytes{});
        case Register::data_reg_len:
            return big_endian(data_reg_len_);
        case Register::i2c_state:
            return big_endian(state());
        case Register::max_scl_frequ:
            return big_endian(max_scl_khz());
        case Register::guard_time:
            return big_endian(std::uint32_t{50});
        case Register::trans_timeout:
            return big_endian(std::uint32_t{10});
        case Register::i2c_mode:
            return big_endian(std::uint16_t{mode_});
        case Register::app_state_0:
            return big_endian(std::uint32_t{0});
        case Register::base_addr:
        case Register::soft_reset:
        case Register::pwr_save_timeout:
            break;
    }
    return {};  // write-only, absent or unknown: filler
}

std::uint32_t SimulatedChip::Parts::state() const {
    std::uint32_t value = i2c_state::soft_reset_supported;
    if (channel_.busy())
        value |= i2c_state::busy;
    if (const auto frame = channel_.waiting())
        value |= i2c_state::response_ready | static_cast<std::uint32_t>(frame->size());
    return value;
}

std::uint32_t SimulatedChip::Parts::max_scl_khz() const {
    if (mode_ == mode_fast_plus)
        return 1000;
    return mode_ == mode_standard ? 100 : 400;
}

void SimulatedChip::Parts::write_register(ByteView value) {
    const std::uint16_t word = value.size() == 2 ? ByteReader(value).u16() : std::uint16_t{0};
    switch (static_cast<Register>(pointer_)) {
        case Register::data:
            // What does not fit into the register is lost, which the frame's own length then shows.
            deaf_until_ =
                channel_.receive(value.first(std::min<std::size_t>(value.size(), data_reg_len_)), stop_, max_packet());
            break;
        case Register::data_reg_len:
            write_data_reg_len(word);
            break;
        case Register::base_addr:
            if (value.size() == 2)
                write_base_address(word);
            break;
        case Register::soft_reset:
            ++counters_.soft_resets;
            start(stop_);
            break;
        case Register::i2c_mode:
            write_mode(word);
            break;
        default:
            break;
    }
}

void SimulatedChip::Parts::write_data_reg_len(std::uint16_t wanted) {
    if (wanted >= min_data_reg_len)
        data_reg_len_ = std::min(wanted, max_data_reg_len);
}

void SimulatedChip::Parts::write_base_address(std::uint16_t value) {
    const auto wanted = static_cast<std::uint8_t>(value & 0x7FU);
    const bool stored =
        (value & persistent_bit) == 0 || application_.change([&](ChipState& chip) { chip.i2c_address = wanted; });
    if (stored)
        address_ = wanted;
}

void SimulatedChip::Parts::write_mode(std::uint16_t value) {
    const auto wanted = static_cast<std::uint8_t>(value & 0x07U);
    if (wanted < mode_standard || wanted > mode_fast_plus)
        return;
    const bool stored =
        (value & persistent_bit) == 0 || application_.change([&](ChipState& chip) { chip.i2c_mode = wanted; });
    if (stored)
        mode_ = wanted;
}

tl::expected<std::unique_ptr<SimulatedChip>, std::string> SimulatedChip::create(ChipOptions options,
                                                                                std::unique_ptr<Nvm> nvm,
                                                                                const Clock& clock) {
    if (!options.log)
        options.log = std::make_shared<spdlog::logger>("silent", std::make_shared<spdlog::sinks::null_sink_st>());
    auto crypto = std::make_unique<Crypto>(options.seed);
    const auto image = nvm->image();
    auto state = image ? existing_chip(*image, *nvm, options.profile) : new_chip(*nvm, options.profile, *crypto);
    if (!state)
        return tl::unexpected<std::string>(state.error());
    auto parts =
        std::make_unique<Parts>(std::move(options), std::move(nvm), std::move(crypto), std::move(*state), clock);
    return std::unique_ptr<SimulatedChip>(new SimulatedChip(std::move(parts)));
}

SimulatedChip::SimulatedChip(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SimulatedChip::~SimulatedChip() = default;

Transfer SimulatedChip::write(std::uint8_t address, ByteView bytes) {
    return parts_->write(address, bytes);
}

Transfer SimulatedChip::read(std::uint8_t address, std::span<std::uint8_t> bytes) {
    return parts_->read(address, bytes);
}

Duration SimulatedChip::pulse_reset() {
    return parts_->pulse_reset();
}

Duration SimulatedChip::power_cycle() {
    return parts_->power_cycle();
}

bool SimulatedChip::flush() {
    parts_->advance();
    return parts_->application().flush();
}

const Counters& SimulatedChip::counters() const {
    return parts_->counters();
}

void SimulatedChip::reset_counters() {
    parts_->counters() = Counters{};
}

std::uint8_t SimulatedChip::security_event_counter() {
    parts_->advance();
    return parts_->application().chip().byte(ObjectId::security_event_counter);
}

int SimulatedChip::credit() {
    parts_->advance();
    return parts_->application().credit();
}

std::uint8_t SimulatedChip::address() const {
    return parts_->address();
}

std::string SimulatedChip::profile() const {
    return parts_->application().chip().profile;
}

Bytes SimulatedChip::ca_certificate() const {
    return parts_->application().chip().ca_certificate;
}

}  // namespace trustx::sim

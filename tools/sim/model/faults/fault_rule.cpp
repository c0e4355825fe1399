// SPDX-License-Identifier: Apache-2.0
#include "model/faults/fault_rule.hpp"

#include "common/try.hpp"
#include "model/command/command.hpp"
#include "model/i2c/registers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace trustx::sim {

namespace {

// Which values a kind takes, and when it can happen. The first moment is the one that is meant when none is named.
enum class Value { none, byte, byte_and_bit, optional_byte, time };

struct KindFacts {
    FaultKind kind;
    std::string_view name;
    Value value;
    std::vector<Moment> in_transfers;
    std::vector<Moment> in_commands;
};

const std::vector<KindFacts>& kinds() {
    using enum Moment;
    static const std::vector<KindFacts> facts{
        {FaultKind::address_nak, "address-nak", Value::none, {at}, {}},
        {FaultKind::data_nak, "data-nak", Value::byte, {at}, {}},
        {FaultKind::bit_flip, "bit-flip", Value::byte_and_bit, {at}, {}},
        {FaultKind::drop, "drop", Value::none, {at}, {}},
        {FaultKind::duplicate, "duplicate", Value::none, {at}, {}},
        {FaultKind::delay, "delay", Value::time, {before, after}, {during}},
        {FaultKind::bus_error, "bus-error", Value::none, {before, after}, {}},
        {FaultKind::timeout, "timeout", Value::none, {before, after}, {}},
        {FaultKind::reset, "reset", Value::optional_byte, {before, during, after}, {before, during, after}},
        {FaultKind::power_cut, "power-cut", Value::optional_byte, {before, during, after}, {before, during, after}},
        {FaultKind::hang, "hang", Value::none, {before, after}, {before, during, after}},
    };
    return facts;
}

constexpr std::array<std::pair<std::string_view, Moment>, 4> moments{
    {{"at", Moment::at}, {"before", Moment::before}, {"during", Moment::during}, {"after", Moment::after}}};

constexpr std::array<std::pair<std::string_view, Register>, 10> registers{{{"data", Register::data},
                                                                           {"data_reg_len", Register::data_reg_len},
                                                                           {"i2c_state", Register::i2c_state},
                                                                           {"base_addr", Register::base_addr},
                                                                           {"max_scl_frequ", Register::max_scl_frequ},
                                                                           {"guard_time", Register::guard_time},
                                                                           {"trans_timeout", Register::trans_timeout},
                                                                           {"soft_reset", Register::soft_reset},
                                                                           {"i2c_mode", Register::i2c_mode},
                                                                           {"app_state_0", Register::app_state_0}}};

// find looks a word up in a table of pairs; nullptr when it is not there.
template <class Table>
auto find(const Table& table, std::string_view word) -> decltype(&table.begin()->second) {
    for (const auto& [name, value] : table) {
        if (name == word) {
            return &value;
        }
    }
    return nullptr;
}

std::string name_of(Moment moment) {
    return std::string{moments.at(static_cast<std::size_t>(moment)).first};
}

std::string list_of(const std::vector<Moment>& allowed) {
    std::string text;
    for (const auto moment : allowed) {
        text += (text.empty() ? "" : " or ") + name_of(moment) + "=";
    }
    return text;
}

std::string quoted(std::string_view word) {
    return "\"" + std::string{word} + "\"";
}

template <class Number>
std::optional<Number> number_of(std::string_view text, int base = 10) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

// hex_byte takes 31 and 0x31.
std::optional<std::uint8_t> hex_byte(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) {
        text.remove_prefix(2);
    }
    return text.size() == 2 ? number_of<std::uint8_t>(text, 16) : std::nullopt;
}

std::pair<std::string_view, std::optional<std::string_view>> split(std::string_view part) {
    const auto sign = part.find('=');
    if (sign == std::string_view::npos) {
        return {part, std::nullopt};
    }
    return {part.substr(0, sign), part.substr(sign + 1)};
}

std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto comma = text.find(',');
        parts.push_back(text.substr(0, comma));
        if (comma == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(comma + 1);
    }
}

std::string all_kinds() {
    std::string text;
    for (const auto& facts : kinds()) {
        text += (text.empty() ? "" : ", ") + std::string{facts.name};
    }
    return text;
}

Result<void> require(bool good, std::string otherwise) {
    if (!good) {
        return fail(std::move(otherwise));
    }
    return {};
}

// RuleParser reads one rule from left to right.
class RuleParser {
 public:
    Result<FaultRule> parse(std::string_view text);

 private:
    Result<void> kind(std::string_view name, std::optional<std::string_view> value);
    Result<void> kind_value(std::optional<std::string_view> value);
    bool byte_and_bit(std::string_view value);
    Result<void> condition(std::string_view name, std::optional<std::string_view> value);
    Result<void> target(Moment moment, std::string_view value);
    Result<void> count(std::string_view name, std::string_view value);
    Result<void> check();

    FaultRule rule_;
    const KindFacts* facts_ = nullptr;
    bool has_target_ = false;
    bool has_times_ = false;
};

Result<FaultRule> RuleParser::parse(std::string_view text) {
    rule_.text = text;
    const auto parts = parts_of(text);
    const auto [name, value] = split(parts.front());
    TRYV(kind(name, value));
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const auto [word, setting] = split(parts[i]);
        TRYV(condition(word, setting));
    }
    TRYV(check());
    return rule_;
}

Result<void> RuleParser::kind(std::string_view name, std::optional<std::string_view> value) {
    const auto found =
        std::find_if(kinds().begin(), kinds().end(), [&](const KindFacts& facts) { return facts.name == name; });
    if (found == kinds().end()) {
        return fail("there is no fault " + quoted(name) + "; there are " + all_kinds());
    }
    facts_ = &*found;
    rule_.kind = facts_->kind;
    rule_.moment = facts_->in_transfers.front();
    return kind_value(value);
}

Result<void> RuleParser::kind_value(std::optional<std::string_view> value) {
    const std::string name{facts_->name};
    switch (facts_->value) {
        case Value::none:
            return require(!value, name + " takes no value");
        case Value::time: {
            const auto time = value ? parse_duration(*value) : std::nullopt;
            if (!time) {
                return fail(name + " needs a time, such as delay=300us, delay=20ms or delay=2s");
            }
            rule_.delay = *time;
            return {};
        }
        case Value::optional_byte:
            rule_.byte = value ? number_of<std::size_t>(*value) : std::nullopt;
            return require(!value || rule_.byte, name + " needs the number of a byte, counted from 0");
        case Value::byte:
        case Value::byte_and_bit:
            rule_.byte = 0;
            return require(
                !value || byte_and_bit(*value),
                name + " needs the number of a byte, counted from 0, or last" +
                    (facts_->value == Value::byte_and_bit ? ", and after a point a bit from 0 to 7, as in bit-flip=4.7"
                                                          : ", as in data-nak=4"));
    }
    return {};
}

bool RuleParser::byte_and_bit(std::string_view value) {
    if (const auto point = value.find('.'); point != std::string_view::npos) {
        const auto bit = number_of<std::uint8_t>(value.substr(point + 1));
        if (facts_->value != Value::byte_and_bit || !bit || *bit > 7) {
            return false;
        }
        rule_.bit = *bit;
        value = value.substr(0, point);
    }
    rule_.byte = number_of<std::size_t>(value);
    return rule_.byte || value == "last";
}

Result<void> RuleParser::condition(std::string_view name, std::optional<std::string_view> value) {
    if (!value || value->empty()) {
        return fail("the condition " + quoted(name) + " needs a value, as in nth=3");
    }
    if (const Moment* moment = find(moments, name)) {
        return target(*moment, *value);
    }
    if (name == "register") {
        const Register* known = find(registers, *value);
        rule_.register_ = known != nullptr ? static_cast<std::uint8_t>(*known) : hex_byte(*value);
        return require(rule_.register_.has_value(), "there is no register " + quoted(*value) +
                                                        "; name it as data or i2c_state, or by its number as 80");
    }
    return count(name, *value);
}

Result<void> RuleParser::target(Moment moment, std::string_view value) {
    if (has_target_) {
        return fail("it names two moments; write one rule for each");
    }
    has_target_ = true;
    rule_.moment = moment;
    constexpr std::array<std::pair<std::string_view, FaultSubject>, 4> subjects{{{"write", FaultSubject::write},
                                                                                 {"read", FaultSubject::read},
                                                                                 {"transfer", FaultSubject::transfer},
                                                                                 {"command", FaultSubject::command}}};
    if (const FaultSubject* subject = find(subjects, value)) {
        rule_.subject = *subject;
        return {};
    }
    rule_.subject = FaultSubject::command;
    for (const auto& command : commands()) {
        if (value == command.name) {
            rule_.opcode = static_cast<std::uint8_t>(command.opcode);
        }
    }
    if (!rule_.opcode) {
        rule_.opcode = hex_byte(value);
    }
    return require(rule_.opcode.has_value(),
                   "there is no command " + quoted(value) +
                       "; name one as CalcSign or by its Cmd as 31, or say write, read, transfer or command");
}

Result<void> RuleParser::count(std::string_view name, std::string_view value) {
    if (name == "times" && value == "ever") {
        has_times_ = true;
        rule_.times.reset();
        return {};
    }
    const auto number = number_of<std::uint32_t>(value);
    const bool counts = number && *number > 0;
    if (name == "nth" && counts) {
        rule_.nth = *number;
    } else if (name == "every" && counts) {
        rule_.every = *number;
    } else if (name == "times" && counts) {
        has_times_ = true;
        rule_.times = *number;
    } else if (name == "percent" && counts && *number <= 100) {
        rule_.percent = *number;
    } else if (name == "nth" || name == "every" || name == "times" || name == "percent") {
        return fail(quoted(value) + " does not fit " + std::string{name} + "; it must be a number from 1" +
                    (name == "percent" ? " to 100"
                     : name == "times" ? ", or ever"
                                       : ""));
    } else {
        return fail("there is no condition " + quoted(name) +
                    "; there are at, before, during, after, register, nth, every, times and percent");
    }
    return {};
}

Result<void> RuleParser::check() {
    const auto& allowed = rule_.on_command() ? facts_->in_commands : facts_->in_transfers;
    const std::string kind{facts_->name};
    if (allowed.empty()) {
        return fail(kind + " happens to transfers, not to commands");
    }
    if (std::find(allowed.begin(), allowed.end(), rule_.moment) == allowed.end()) {
        return fail(kind + " cannot come " + name_of(rule_.moment) + " a " +
                    (rule_.on_command() ? "command" : "transfer") + "; use " + list_of(allowed));
    }
    if (rule_.kind == FaultKind::data_nak && rule_.subject == FaultSubject::read) {
        return fail("the bytes of a read are acknowledged by the host; use at=write");
    }
    if (rule_.kind == FaultKind::data_nak) {
        rule_.subject = FaultSubject::write;
    }
    const bool has_byte = facts_->value == Value::optional_byte && rule_.byte;
    if (has_byte && (rule_.on_command() || rule_.moment != Moment::during)) {
        return fail("a byte can be named only in the middle of a transfer; use during=");
    }
    if (rule_.register_ && rule_.on_command()) {
        return fail("a command has no register");
    }
    if (!has_times_ && (rule_.every || rule_.percent)) {
        rule_.times.reset();
    }
    return {};
}

}  // namespace

std::string name_of(FaultKind kind) {
    return std::string{kinds().at(static_cast<std::size_t>(kind)).name};
}

std::optional<Duration> parse_duration(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, Duration>, 3> units{
        {{"us", std::chrono::microseconds{1}}, {"ms", std::chrono::milliseconds{1}}, {"s", std::chrono::seconds{1}}}};
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) {
        return std::nullopt;
    }
    const auto count = number_of<std::uint32_t>(text.substr(0, digits));
    const Duration* unit = find(units, text.substr(digits));
    if (!count || unit == nullptr) {
        return std::nullopt;
    }
    return *unit * *count;
}

Result<FaultRule> parse_fault_rule(std::string_view text) {
    auto rule = RuleParser{}.parse(text);
    if (!rule) {
        return fail("the fault rule " + quoted(text) + " cannot be used: " + rule.error());
    }
    return rule;
}

}  // namespace trustx::sim

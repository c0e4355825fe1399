// SPDX-License-Identifier: Apache-2.0
// What a Device writes into its trace, and what it keeps out of it.
#include "encoded.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/scripted_exchanges.hpp"
#include "support/temp_dir.hpp"

#include <trustx/device.hpp>

#include <algorithm>
#include <array>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

using namespace trustx;
using namespace std::chrono_literals;
using nlohmann::json;
using test::from_hex;

namespace {

// A device on a scripted chip that writes a trace.
class Traced {
 public:
    explicit Traced(TraceLevel level, const std::string& name = "trace") : file_{directory_ / name} {
        auto bus = std::make_unique<test::ScriptedChip>(clock);
        chip = bus.get();
        script.emplace(*chip);
        DeviceOptions options;
        options.trace.file = file_.string();
        options.trace.level = level;
        device = Device::with_bus(std::move(bus), clock, options);
    }

    [[nodiscard]] std::string text() const { return test::read_file(file_); }
    [[nodiscard]] const std::filesystem::path& file() const { return file_; }
    [[nodiscard]] const test::TempDir& directory() const { return directory_; }

    // lines gives those of one event.
    [[nodiscard]] std::vector<json> lines(const std::string& event) const {
        std::vector<json> found;
        std::istringstream stream{text()};
        for (std::string line; std::getline(stream, line);) {
            auto parsed = json::parse(line);
            if (parsed.at("event") == event) {
                found.push_back(std::move(parsed));
            }
        }
        return found;
    }

    test::VirtualClock clock;
    test::ScriptedChip* chip = nullptr;
    std::optional<test::ScriptedExchanges> script;
    std::unique_ptr<Device> device;

 private:
    test::TempDir directory_;
    std::filesystem::path file_;
};

const Bytes read_buffer_size = from_hex("01 00 00 06 E0 C6 00 00 06 11");
const Bytes buffer_size = from_hex("00 00 00 02 06 15");
const GetDataObject get_buffer_size{.object = object::max_com_buffer_size};

}  // namespace

TEST_CASE("each command leaves one line with its time, sizes and costs", "[trace]") {
    Traced t{TraceLevel::apdu};
    t.script->add(read_buffer_size, buffer_size);
    REQUIRE(t.device->run(get_buffer_size));

    const auto apdus = t.lines("apdu");
    REQUIRE(apdus.size() == 1);
    const auto& line = apdus.front();
    CHECK(line.at("command") == "GetDataObject");
    CHECK(line.at("object") == "E0C6");
    CHECK(line.at("sent") == 10);
    CHECK(line.at("received") == 6);
    CHECK(line.at("status") == "00");
    CHECK(line.at("device") == "scripted chip");
    CHECK(line.at("pid") == getpid());
    CHECK(line.at("us").get<int>() > 0);
    CHECK(line.at("polls") == 1);
    CHECK(line.at("naks") == 0);
    CHECK(line.at("time").get<std::string>().size() == std::string{"2026-01-31T12:00:00.000000Z"}.size());
    CHECK(t.lines("attach").size() == 1);
    CHECK(t.lines("frame").empty());
    CHECK(t.lines("transfer").empty());
    CHECK_FALSE(t.device->trace_trouble());
}

TEST_CASE("the costs in the trace are those of the bus", "[trace]") {
    Traced t{TraceLevel::apdu};
    REQUIRE(t.device->lock());
    const int attach = t.chip->transfers;
    t.script->add(read_buffer_size, buffer_size, test::Acknowledge::separately);
    t.chip->naks = 3;
    REQUIRE(t.device->run(get_buffer_size));
    REQUIRE(t.lines("attach").size() == 1);
    CHECK(t.lines("attach").front().at("transfers") == attach);
    REQUIRE(t.lines("apdu").size() == 1);
    const auto exchange = t.lines("apdu").front();
    CHECK(exchange.at("command") == "GetDataObject");
    CHECK(exchange.at("transfers") == t.chip->transfers - attach);
    CHECK(exchange.at("naks") == 3);
    CHECK(exchange.at("us").get<int>() > 0);
}

TEST_CASE("the line of a refused command says why", "[trace]") {
    Traced t{TraceLevel::apdu};
    t.script->add(from_hex("01 00 00 06 E0 E9 00 00 06 11"), from_hex("FF 00 00 00"));
    t.script->add(from_hex("01 00 00 06 F1 C2 00 00 00 01"), from_hex("00 00 00 01 01"));
    CHECK_FALSE(t.device->run(GetDataObject{.object = ObjectId{0xE0E9}}));
    const auto apdus = t.lines("apdu");
    REQUIRE(apdus.size() == 2);
    CHECK(apdus[0].at("object") == "E0E9");
    CHECK(apdus[0].at("status") == "FF");
    CHECK(apdus[0].at("chip_error") == "01");
    CHECK(apdus[0].at("chip_error_text") == make_error_code(ChipError::invalid_oid).message());
    CHECK(apdus[1].at("object") == "F1C2");
}

TEST_CASE("the line of a command without an answer says what happened", "[trace]") {
    Traced t{TraceLevel::apdu};
    REQUIRE(t.device->lock());
    t.chip->errors.assign(10, errno_code(ENODEV));
    CHECK_FALSE(t.device->run(get_buffer_size));
    const auto apdus = t.lines("apdu");
    REQUIRE(apdus.size() == 1);
    CHECK_THAT(apdus[0].at("error").get<std::string>(), ContainsSubstring(errno_code(ENODEV).message()));
    CHECK_FALSE(apdus[0].contains("status"));
    CHECK(apdus[0].at("failures") == 1);
}

TEST_CASE("frames and transfers are traced on demand", "[trace]") {
    Traced t{TraceLevel::transfers};
    t.script->add(read_buffer_size, buffer_size, test::Acknowledge::separately);
    REQUIRE(t.device->run(get_buffer_size));

    const auto frames = t.lines("frame");
    REQUIRE(frames.size() == 5);  // re-synchronisation, command, acknowledge, answer, acknowledge
    CHECK(frames[0].at("kind") == "resync");
    CHECK(frames[1].at("from") == "host");
    CHECK(frames[1].at("chain") == "whole");
    CHECK(frames[1].at("packet") == "0001000006E0C600000611");
    CHECK(frames[1].at("number") == 0);
    CHECK(frames[1].at("acknowledges") == 3);
    CHECK(frames[2].at("kind") == "ack");
    CHECK(frames[3].at("from") == "chip");
    CHECK(frames[3].at("packet") == "00000000020615");
    CHECK(frames[3].at("withheld") == 0);
    const auto transfers = t.lines("transfer");
    CHECK(transfers.size() == static_cast<std::size_t>(t.chip->transfers));
    CHECK(std::ranges::any_of(transfers, [](const json& line) {
        return line.at("register") == "I2C_STATE" && line.at("kind") == "read" && line.at("data") == "48000005";
    }));
}

TEST_CASE("a frame that had to be sent again is counted and marked", "[trace]") {
    Traced t{TraceLevel::frames};
    REQUIRE(t.device->lock());
    Bytes packet{0x00};
    packet.insert(packet.end(), read_buffer_size.begin(), read_buffer_size.end());
    t.chip->expect(test::data_frame(0, 3, packet), {test::control_frame(ifx_i2c::Sequence::nak, 0)});
    t.script->add(read_buffer_size, buffer_size);
    REQUIRE(t.device->run(get_buffer_size));
    CHECK(t.lines("apdu").front().at("resends") == 1);
    CHECK(std::ranges::count_if(t.lines("frame"), [](const json& line) { return line.contains("resent"); }) == 1);
}

TEST_CASE("no secret byte gets into a trace", "[trace]") {
    // Long enough for chains in both directions, and found again by its unusual bytes wherever it appears.
    const Bytes secret(600, 0xA5);
    const std::string tell_tale = "A5A5";
    const auto level = GENERATE(TraceLevel::apdu, TraceLevel::frames, TraceLevel::transfers);
    Traced t{level};
    // answer_with scripts an answer of that head and 32 secret bytes.
    const auto answer_with = [&](const auto& command, const std::string& head) {
        Bytes answer = from_hex(head);
        answer.insert(answer.end(), secret.begin(), secret.begin() + 32);
        t.script->add(from_hex(test::encoded(command).value()), answer);
    };

    SECTION("data written to an object") {
        Bytes command = from_hex("02 40 02 5C F1 E0 00 00");
        command.insert(command.end(), secret.begin(), secret.end());
        t.script->add(command, from_hex("00 00 00 00"));
        REQUIRE(t.device->run(SetDataObject{
            .object = ObjectId{0xF1E0}, .offset = 0, .data = secret, .mode = SetDataObject::Mode::erase_and_write}));
        CHECK(t.lines("apdu").front().at("sent") == 608);
    }
    SECTION("data read from an object") {
        Bytes answer = from_hex("00 00 02 58");
        answer.insert(answer.end(), secret.begin(), secret.end());
        t.script->add(from_hex("01 00 00 06 F1 E0 00 00 06 11"), answer);
        REQUIRE(t.device->run(GetDataObject{.object = ObjectId{0xF1E0}}));
        CHECK(t.lines("apdu").front().at("received") == 604);
    }
    SECTION("random bytes") {
        Bytes answer = from_hex("00 00 00 20");
        answer.insert(answer.end(), secret.begin(), secret.begin() + 32);
        t.script->add(from_hex("0C 00 00 02 00 20"), answer);
        REQUIRE(t.device->run(GetRandom{.length = 32}));
    }
    SECTION("an exported private key") {
        answer_with(ExportKeyPair{}, "00 00 00 25 01 00 22 04 20");
        CHECK_FALSE(t.device->run(ExportKeyPair{}));  // the public key is missing
    }
    SECTION("a shared secret") {
        Bytes point(65, 0x11);
        point[0] = 0x04;
        const CalcSSec command{.key = ObjectId{0xE0F1}, .peer = {.curve = Curve::p256, .point = point}};
        answer_with(command, "00 00 00 20");
        REQUIRE(t.device->run(command));
    }
    SECTION("a derived key, and what it is derived from") {
        const DeriveKey command{
            .secret = object::session_1, .label_and_seed = ByteView{secret}.first(40), .length = 32};
        answer_with(command, "00 00 00 20");
        REQUIRE(t.device->run(command));
    }
    SECTION("hashed data") {
        const CalcHash command{.data = ByteView{secret}.first(64)};
        answer_with(command, "00 00 00 23 31 00 20");
        static_cast<void>(t.device->run(command));
    }
    SECTION("an answer that somebody else left unread") {
        Bytes packet = from_hex("00 00 00 00 20");
        packet.insert(packet.end(), secret.begin(), secret.begin() + 32);
        t.chip->offer(test::data_frame(0, 0, packet));
        REQUIRE(t.device->lock());
    }
    SECTION("a damaged answer") {
        REQUIRE(t.device->lock());
        t.chip->offer(secret);
        CHECK_FALSE(t.device->run(GetRandom{.length = 32}));
    }
    SECTION("a command that the bus refused") {
        REQUIRE(t.device->lock());
        t.chip->errors.assign(10, errno_code(ENODEV));
        CHECK_FALSE(t.device->run(SetDataObject{.object = ObjectId{0xF1E0}, .offset = 0, .data = secret}));
    }
    INFO(t.text());
    CHECK(t.text().find(tell_tale) == std::string::npos);
    CHECK(std::ranges::count(t.text(), '\n') >= (level == TraceLevel::transfers ? 6 : 1));
}

TEST_CASE("a trace is for its owner alone and is appended to", "[trace]") {
    Traced t{TraceLevel::apdu};
    test::write_file(t.file(), "{\"event\":\"earlier\"}\n");
    ::chmod(t.file().c_str(), 0640);
    REQUIRE(t.device->lock());
    CHECK(t.lines("earlier").size() == 1);
    CHECK(t.lines("attach").size() == 1);

    Traced fresh{TraceLevel::apdu};
    REQUIRE(fresh.device->lock());
    struct stat status {};
    REQUIRE(::stat(fresh.file().c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("a trace that cannot be written fails no command and is reported", "[trace]") {
    const auto check = [](Traced& t, std::errc reason) {
        REQUIRE(t.device->lock());
        const auto trouble = t.device->trace_trouble();
        REQUIRE(trouble);
        CHECK(trouble->code() == reason);
        CHECK_THAT(trouble->message(), ContainsSubstring("trace " + t.file().string()));
    };
    SECTION("because its directory does not exist") {
        Traced t{TraceLevel::apdu, "nowhere/trace"};
        check(t, std::errc::no_such_file_or_directory);
    }
    SECTION("because it is a symbolic link") {
        Traced t{TraceLevel::apdu};
        const auto target = t.directory() / "target";
        test::write_file(target, "");
        std::filesystem::create_symlink(target, t.file());
        check(t, std::errc::too_many_symbolic_link_levels);
        CHECK(test::read_file(target).empty());
    }
    SECTION("because it is no regular file") {
        Traced t{TraceLevel::apdu};
        REQUIRE(::mkfifo(t.file().c_str(), 0600) == 0);
        check(t, std::errc::no_such_device_or_address);  // nobody reads, and nobody is waited for
    }
}

// SPDX-License-Identifier: Apache-2.0
#include "objects/object_io.hpp"

#include "support/catch.hpp"

using namespace trustx;

namespace {

// MemoryObject behaves like one object of the chip (chip-commands.md sections 6.2 and 6.3) and can be told to fail.
class MemoryObject final : public ObjectCommands {
 public:
    explicit MemoryObject(std::uint16_t max_size) {
        metadata.max_size = max_size;
        metadata.read_access = Bytes{0x00};  // always
    }

    Result<Bytes> run(const GetDataObject& command) override {
        ++reads;
        if (reads == failing_read) {
            return fail(Errc::timeout, "GetDataObject");
        }
        if (command.offset >= content.size()) {
            return fail(ChipError::data_object_boundary_exceeded, "GetDataObject");
        }
        const ByteView rest = ByteView{content}.subspan(command.offset);
        const ByteView slice = rest.first(std::min<std::size_t>(rest.size(), command.length));
        return Bytes{slice.begin(), slice.end()};
    }

    Result<Metadata> run(const GetMetadata&) override { return metadata; }

    Result<NoResponse> run(const SetDataObject& command) override {
        ++writes;
        if (writes == failing_write) {
            return fail(Errc::outcome_unknown, "SetDataObject");
        }
        if (command.mode == SetDataObject::Mode::erase_and_write) {
            content.clear();
        }
        const std::size_t end = command.offset + command.data.size();
        if (end > metadata.max_size) {
            return fail(ChipError::data_object_boundary_exceeded, "SetDataObject");
        }
        content.resize(std::max(content.size(), end));
        std::ranges::copy(command.data, content.begin() + command.offset);
        if (forgetful) {
            content.back() ^= 0x01;
        }
        return NoResponse{};
    }

    Bytes content;
    Metadata metadata;
    int reads = 0;
    int writes = 0;
    int failing_read = 0;
    int failing_write = 0;
    bool forgetful = false;
};

ObjectIo io(MemoryObject& object) {
    return {object, ObjectId{0xE0E1}};
}

Bytes pattern(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t index = 0; index < size; ++index) {
        bytes[index] = static_cast<std::uint8_t>(index * 7 + index / 256);
    }
    return bytes;
}

}  // namespace

TEST_CASE("an object is read in one slice when it fits and in more when it does not", "[objects]") {
    for (const std::size_t size : {1U, 1552U, 1553U, 1554U, 1728U, 3106U, 4000U}) {
        CAPTURE(size);
        MemoryObject object{4000};
        object.content = pattern(size);
        CHECK(io(object).read().value() == pattern(size));
        CHECK(object.reads == static_cast<int>(size / 1553 + 1));
    }
}

TEST_CASE("an object without content is read as nothing", "[objects]") {
    MemoryObject object{100};
    CHECK(io(object).read().value().empty());
}

TEST_CASE("a slice is read as far as the object goes", "[objects]") {
    MemoryObject object{4000};
    object.content = pattern(2000);
    CHECK(io(object).read_slice(0, 3).value() == Bytes{0, 7, 14});
    CHECK(io(object).read_slice(1990, 5).value().size() == 5);
    CHECK(io(object).read_slice(1990, 100).value().size() == 10);
    CHECK(io(object).read_slice(1, 0xFFFFFFFF).value().size() == 1999);
    const auto beyond = io(object).read_slice(2000, 1);
    REQUIRE_FALSE(beyond);
    CHECK(beyond.error() == ChipError::data_object_boundary_exceeded);
    CHECK_THAT(beyond.error().message(), ContainsSubstring("E0E1 from offset 2000"));
}

TEST_CASE("a failure in the middle of an object is a failure", "[objects]") {
    MemoryObject object{4000};
    object.content = pattern(4000);
    object.failing_read = 2;
    const auto content = io(object).read();
    REQUIRE_FALSE(content);
    CHECK(content.error() == Errc::timeout);
    CHECK(content.error().operation() == "read object E0E1: GetDataObject");
}

TEST_CASE("writing an object replaces all of it and reads it back", "[objects]") {
    for (const std::size_t size : {1U, 1549U, 1550U, 1728U}) {
        CAPTURE(size);
        MemoryObject object{1728};
        object.content = Bytes(1728, 0xEE);
        REQUIRE(io(object).replace(pattern(size)));
        CHECK(object.content == pattern(size));
        CHECK(object.writes == static_cast<int>((size + 1548) / 1549));
        CHECK(object.reads > 0);
    }
}

TEST_CASE("writing a slice leaves the rest of the object alone", "[objects]") {
    MemoryObject object{100};
    object.content = pattern(100);
    REQUIRE(io(object).patch(90, Bytes{1, 2, 3}));
    Bytes expected = pattern(100);
    std::ranges::copy(Bytes{1, 2, 3}, expected.begin() + 90);
    CHECK(object.content == expected);
}

TEST_CASE("data that does not fit is refused before anything is written", "[objects]") {
    MemoryObject object{100};
    for (const auto& result :
         {io(object).replace(pattern(101)), io(object).replace({}), io(object).patch(100, pattern(1)),
          io(object).patch(0xFFFF, pattern(1)), io(object).patch(60, pattern(41))}) {
        REQUIRE_FALSE(result);
        CHECK(result.error() == Errc::argument_invalid);
        CHECK_THAT(result.error().message(), ContainsSubstring("write object E0E1"));
    }
    CHECK(object.writes == 0);
}

TEST_CASE("an interrupted write says how much was written", "[objects]") {
    MemoryObject object{4000};
    object.failing_write = 2;
    const auto result = io(object).replace(pattern(4000));
    REQUIRE_FALSE(result);
    CHECK(result.error() == Errc::outcome_unknown);
    CHECK_THAT(result.error().message(),
               ContainsSubstring("write object E0E1, interrupted after 1549 of 4000 bytes: SetDataObject"));
}

TEST_CASE("a write that the chip did not keep is noticed", "[objects]") {
    MemoryObject object{100};
    object.forgetful = true;
    for (const auto& result : {io(object).replace(pattern(10)), io(object).patch(5, pattern(5))}) {
        REQUIRE_FALSE(result);
        CHECK(result.error() == Errc::verify_mismatch);
    }
}

TEST_CASE("an object that can never be read is written without reading it back", "[objects]") {
    MemoryObject object{100};
    object.metadata.read_access = Bytes{0xFF};
    REQUIRE(io(object).replace(pattern(10)));
    CHECK(object.reads == 0);
}

TEST_CASE("a failed reading back says that it was the reading back", "[objects]") {
    MemoryObject object{100};
    object.failing_read = 1;
    const auto result = io(object).replace(pattern(10));
    REQUIRE_FALSE(result);
    CHECK(result.error() == Errc::timeout);
    CHECK(result.error().operation() == "read back object E0E1: GetDataObject");
}

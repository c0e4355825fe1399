// SPDX-License-Identifier: Apache-2.0
// Objects, their metadata and their life cycles (chip-commands.md section 6, chip-objects.md sections 1 to 5).
#include "host.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

std::string golden_field(const char* id, const char* field) {
    return to_hex(from_hex(golden_apdu(id).at(field).get<std::string>()));
}

// exchange runs a golden command and compares with the golden response.
void exchange(Host& host, const char* id) {
    CAPTURE(id);
    CHECK(host.apdu(golden_field(id, "cmd")) == golden_field(id, "rsp"));
}

std::string metadata(Host& host, const std::string& oid) {
    return host.apdu("01010002" + oid).substr(8);
}

}  // namespace

TEST_CASE("sim: reads recorded from real chips are answered alike", "[object]") {
    Host a({.profile = "A"});
    for (const char* id : {"get-e0c6", "get-f1c0", "get-e0c0", "meta-e0c2", "uid-a", "read-e0c0", "read-e0c1",
                           "read-e0c3", "read-e0c4", "read-e0c5", "read-f1c1"}) {
        exchange(a, id);
    }
    Host b({.profile = "B"});
    exchange(b, "uid-b");
    Host c({.profile = "C"});
    exchange(c, "uid-c");
}

TEST_CASE("sim: writes and metadata printed by a real chip are answered alike", "[object]") {
    Host host;
    // On that chip the object had been erased before.
    CHECK(host.apdu("02400004E0E10000") == "00000000");
    for (const char* id : {"write-e0e1", "read-e0e1", "erase-write-e0e1", "read-e0e1-2", "setmeta-e0e1", "getmeta-e0e1",
                           "setmeta-e0e1-complex", "getmeta-e0e1-complex"}) {
        exchange(host, id);
    }
}

TEST_CASE("sim: golden commands that the chip has to refuse are refused", "[object]") {
    Host host;
    exchange(host, "bad-oid");
    CHECK(host.apdu("01000002F1C2") == "0000000101");
}

TEST_CASE("sim: a DTLS session begins and ends as recorded", "[object]") {
    Host host;
    exchange(host, "scheme-dtls");
    exchange(host, "close-session");
}

TEST_CASE("sim: a new chip has the objects and metadata of a chip from the factory", "[object]") {
    Host host;
    for (const char* oid : {"E0C0", "E0C1", "E0C3", "E0C4", "F1C0", "F1C1"}) {
        CHECK(metadata(host, oid) == "2009C40101D00100D10100");
    }
    for (const char* oid : {"E0C5", "F1C2"}) {
        CHECK(metadata(host, oid) == "2009C40101D001FFD10100");
    }
    CHECK(metadata(host, "E0C6") == "2006C40102D10100");
    for (const char* oid : {"E0E1", "E0E2", "E0E3"}) {
        CHECK(metadata(host, oid) == "2013C00101C40206C0C50206C0D003E1FC07D10100");
    }
    CHECK(metadata(host, "E0EF") == "2013C00101C40204B0C50204B0D003E1FC07D10100");
    CHECK(metadata(host, "E0F0") == "200CC00101D001FFE00103E10101");
    for (const char* oid : {"E0F1", "E0F2", "E0F3"}) {
        CHECK(metadata(host, oid) == "2008C00101D003E1FC07");
    }
    CHECK(metadata(host, "F1D0") == "2011C00101C40164C50164D003E1FC07D10100");
    CHECK(metadata(host, "F1DF") == "2011C00101C40164C50164D003E1FC07D10100");
    CHECK(metadata(host, "F1E1") == "2013C00101C40205DCC50205DCD003E1FC07D10100");
    CHECK(host.apdu("01000006F1D000000004") == "0000000400000000");
}

TEST_CASE("sim: objects of the successor are unknown", "[object]") {
    Host host;
    for (const char* oid : {"E0C9", "E0E9", "E0FC", "E120", "E140", "E200", "F1E2", "0000"}) {
        CHECK(host.error(std::string("01000002") + oid) == "01");
    }
}

TEST_CASE("sim: nothing but OpenApplication and the last error is available before the application is open",
          "[object]") {
    Host host({.open = false});
    for (const char* command : {"01000002E0C6", "0C0000020008", "02000004F1D00000", "31110000", "7F000000"}) {
        CHECK(host.error(command) == "0C");
    }
    host.open_application();
    CHECK(host.apdu("01000002E0C6") == "000000020615");
}

TEST_CASE("sim: OpenApplication wants its identifier", "[object]") {
    Host host({.open = false});
    CHECK(host.error("F0000010D27600000447656E417574684170706D") == "05");
    CHECK(host.error("F000000FD27600000447656E41757468417070") == "04");
}

TEST_CASE("sim: parts of an object are clipped to what is there, and refused beyond it", "[object]") {
    Host host;
    CHECK(host.apdu("02400008F1D0000001020304") == "00000000");
    CHECK(host.apdu("01000006F1D000020002") == "000000020304");
    CHECK(host.apdu("01000006F1D000020611") == "000000020304");
    CHECK(host.error("01000006F1D000040001") == "08");
    CHECK(host.error("01000006F1D0FFFFFFFF") == "08");
    CHECK(host.apdu("01000002F1D0") == "0000000401020304");
    CHECK(host.error("01000003F1D000") == "04");
}

TEST_CASE("sim: an object larger than the buffer is read in parts only", "[object]") {
    Host host;
    CHECK(host.error("01000002E0E1") == "0D");
    CHECK(host.apdu("01000006E0E100000611").size() == 2 * (4 + 0x611));
    CHECK(host.apdu("01000006E0E106110611").substr(0, 8) == "000000AF");
}

TEST_CASE("sim: a write keeps what is there, an erasing write does not", "[object]") {
    Host host;
    CHECK(host.apdu("02400006F1D00000AABB") == "00000000");
    CHECK(host.apdu("02000005F1D00001CC") == "00000000");
    CHECK(host.apdu("01000002F1D0") == "00000002AACC");
    CHECK(host.apdu("02000005F1D00004DD") == "00000000");
    CHECK(host.apdu("01000002F1D0") == "00000005AACC0000DD");
    CHECK(host.apdu("02400004F1D00000") == "00000000");
    CHECK(host.apdu("01000002F1D0") == "00000000");
    CHECK(metadata(host, "F1D0") == "2011C00101C40164C50100D003E1FC07D10100");
}

TEST_CASE("sim: a write beyond the end changes nothing", "[object]") {
    Host host;
    CHECK(host.apdu("02400005F1D00000AA") == "00000000");
    CHECK(host.error("02400006F1D00063AABB") == "08");
    CHECK(host.apdu("01000002F1D0") == "00000001AA");
    CHECK(host.apdu("02000005F1D00063BB") == "00000000");
}

TEST_CASE("sim: keys and sessions are neither read nor written", "[object]") {
    Host host;
    for (const char* oid : {"E0F0", "E0F1", "E100", "E103"}) {
        CHECK(host.error(std::string("01000002") + oid) == "07");
        CHECK(host.error(std::string("02000005") + oid + "000000") == "07");
    }
    // Even when their metadata would allow it.
    CHECK(host.apdu("0201000CE0F100002006D00100D10100") == "00000000");
    CHECK(host.error("01000002E0F1") == "07");
    CHECK(host.error("02000005E0F1000000") == "07");
}

TEST_CASE("sim: access conditions rule reading and changing", "[object]") {
    Host host;
    SECTION("never") {
        CHECK(host.apdu("0201000CF1D000002006D001FFD101FF") == "00000000");
        CHECK(host.error("01000002F1D0") == "07");
        CHECK(host.error("02000005F1D0000000") == "07");
    }
    SECTION("until the object is operational") {
        CHECK(host.apdu("02000005F1D0000000") == "00000000");
        CHECK(host.apdu("02010009F1D000002003C00107") == "00000000");
        CHECK(host.error("02000005F1D0000000") == "07");
        CHECK(host.apdu("01000002F1D0").substr(0, 8) == "00000064");
    }
    SECTION("no condition at all means never") {
        CHECK(host.error("02000006E0C600000615") == "07");
    }
    SECTION("by the life cycle of the application") {
        CHECK(host.apdu("0201000BF1D000002005D003E0FC03") == "00000000");
        CHECK(host.apdu("02000005F1D0000000") == "00000000");
        CHECK(host.apdu("02000005F1C0000003") == "00000000");
        CHECK(host.error("02000005F1D0000000") == "07");
    }
}

TEST_CASE("sim: metadata may change below operational whatever the change condition says", "[metadata]") {
    Host host;
    CHECK(host.apdu("02010009F1D000002003D001FF") == "00000000");
    CHECK(host.apdu("02010009F1D000002003D00100") == "00000000");
    CHECK(metadata(host, "F1D0") == "200FC00101C40164C50164D00100D10100");
}

TEST_CASE("sim: an operational object's metadata only moves on to termination", "[metadata]") {
    Host host;
    CHECK(host.apdu("02010009F1D000002003C00107") == "00000000");
    CHECK(host.error("02010009F1D000002003D00100") == "07");
    CHECK(host.error("02010009F1D000002003C00103") == "07");
    CHECK(host.apdu("02010009F1D000002003C0010F") == "00000000");
    CHECK(metadata(host, "F1D0") == "2011C0010FC40164C50164D003E1FC07D10100");
    // Objects without a life cycle count as operational, permanently.
    CHECK(host.error("02010009E0C000002003D001FF") == "07");
    CHECK(host.error("02010009E0C000002003C0010F") == "07");
}

TEST_CASE("sim: metadata that makes no sense is refused and nothing changes", "[metadata]") {
    Host host;
    const std::string before = metadata(host, "F1D0");
    CHECK(host.error("02010009F1D000002003C00105") == "05");          // no such state
    CHECK(host.error("02010009F1D000002003C40101") == "05");          // max size
    CHECK(host.error("02010009F1D000002003C50101") == "05");          // used size
    CHECK(host.error("02010009F1D000002003E00103") == "05");          // algorithm
    CHECK(host.error("02010009F1D000002003E10110") == "05");          // key usage of what is no key
    CHECK(host.error("02010009F1D000002003D00101") == "05");          // no such condition
    CHECK(host.error("0201000BF1D000002005D003E1F907") == "05");      // no such comparison
    CHECK(host.error("0201000CF1D000002006D004E1FC07FD") == "05");    // ends in a connective
    CHECK(host.error("0201000DF1D000002007D005E1FC07FD00") == "05");  // ALW inside an expression
    CHECK(host.error("02010009F1D000002004D00100") == "05");          // length
    CHECK(host.error("02010009F1D000002103D00100") == "05");          // not 20
    CHECK(host.error("0201000CF1D000002006D00100D00100") == "05");    // twice
    CHECK(host.error("02010009F1D000012003D00100") == "05");          // offset
    CHECK(host.error("0201000CF1D000002006D00100D00101") == "05");    // the first would do
    CHECK(host.error("02010006F1D000002000") == "05");                // nothing to change
    CHECK(metadata(host, "F1D0") == before);

    const std::string key = metadata(host, "E0F3");
    CHECK(host.error("02010009E0F300002003E10100") == "05");  // no usage
    CHECK(host.error("02010009E0F300002003E10140") == "05");  // one that no key has
    CHECK(metadata(host, "E0F3") == key);
}

TEST_CASE("sim: metadata beyond 28 bytes is refused", "[metadata]") {
    Host host;
    // Three conditions take eleven bytes: 2 + 3 + 3 + 3 + 13 + 3 = 27; with four it is 31.
    CHECK(host.apdu("02010013F1D00000200DD00BE1FC07FDE0FC07FD70FC0F") == "00000000");
    CHECK(host.error("02010017F1D000002011D00FE1FC07FDE0FC07FD70FC0FFD70FB01") == "09");
}

TEST_CASE("sim: the chip and its application only grow older", "[life_cycle]") {
    Host host;
    CHECK(host.apdu("02000005F1C0000003") == "00000000");
    CHECK(host.apdu("02000005F1C0000007") == "00000000");
    CHECK(host.error("02000005F1C0000003") == "07");
    CHECK(host.error("02000005F1C0000005") == "05");
    CHECK(host.error("02000005F1C000000F") == "05");
    CHECK(host.apdu("01000002F1C0") == "0000000107");
    CHECK(host.error("02000005E0C0000003") == "07");
    CHECK(host.apdu("02000005E0C000000F") == "00000000");
    host.chip->power_cycle();
    host.reset_counters();
    CHECK(host.error(open_command) == "0C");
}

TEST_CASE("sim: system objects keep to their ranges", "[object]") {
    Host host;
    CHECK(host.error("02000005E0C3000013") == "05");
    CHECK(host.apdu("02000005E0C30000FF") == "00000000");
    CHECK(host.error("02000005E0C4000005") == "05");
    CHECK(host.error("02000005E0C4000010") == "05");
    CHECK(host.apdu("02000005E0C400000F") == "00000000");
    CHECK(host.error("02000006E0C400000F0F") == "08");
    CHECK(host.error("02000005E0C5000000") == "07");
    CHECK(host.apdu("02000005E0C10000FF") == "00000000");
    CHECK(host.apdu("01000002E0C1") == "0000000100");  // bits can only be cleared
}

TEST_CASE("sim: of several unread errors the highest is kept, and reading clears it", "[error]") {
    Host host;
    CHECK(host.apdu("01000002FFFF") == "FF000000");
    CHECK(host.apdu("7F000000") == "FF000000");
    CHECK(host.apdu("01000002FFFF") == "FF000000");
    CHECK(host.apdu("01000002F1C2") == "000000010A");
    CHECK(host.apdu("01000002F1C2") == "0000000100");
}

TEST_CASE("sim: the top bit of Cmd clears the last error first", "[error]") {
    Host host;
    CHECK(host.apdu("01000002FFFF") == "FF000000");
    CHECK(host.apdu("81000002E0C6") == "000000020615");
    CHECK(host.apdu("01000002F1C2") == "0000000100");
    CHECK(host.apdu("FF000000") == "FF000000");
    CHECK(host.apdu("81000002F1C2") == "0000000100");
}

TEST_CASE("sim: unknown commands, parameters and lengths have their codes", "[error]") {
    Host host;
    for (const char* opcode : {"03", "14", "1E", "39", "71", "00"}) {
        CHECK(host.error(std::string(opcode) + "000000") == "0A");
    }
    for (const char* opcode :
         {"01", "02", "0C", "10", "18", "19", "1A", "1B", "30", "31", "32", "33", "34", "38", "70"}) {
        CHECK(host.error(std::string(opcode) + "770000") == "03");
    }
    CHECK(host.error("01000003E0C6") == "04");
    CHECK(host.error("01000001E0C6") == "04");
    CHECK(host.error("0100") == "04");
}

TEST_CASE("sim: random numbers come in the lengths the chip offers", "[random]") {
    Host host;
    CHECK(host.apdu("0C0000020008").substr(0, 8) == "00000008");
    CHECK(host.apdu("0C0100020100").size() == 2 * (4 + 0x100));
    CHECK(host.error("0C0000020007") == "05");
    CHECK(host.error("0C0000020101") == "05");
    CHECK(host.error("0C00000120") == "04");
    CHECK(host.apdu("0C0000020020") != host.apdu("0C0000020020"));
}

// SPDX-License-Identifier: Apache-2.0
// Non-volatile memory: what survives, what is refused, and what a full disk does not destroy.
#include "host.hpp"
#include "model/chip/state_image.hpp"
#include "model/nvm/nvm_file.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/simulator.hpp"

#include <sys/stat.h>

using namespace trustx;
using namespace trustx::test;

namespace {

// An NVM that a test can fill up.
class LimitedNvm final : public sim::Nvm {
 public:
    explicit LimitedNvm(const bool& full) : full_{full} {}
    [[nodiscard]] std::optional<std::string> image() const override { return std::nullopt; }
    [[nodiscard]] sim::Result<void> replace(const std::string& image) override {
        if (full_) {
            return sim::fail("no space left");
        }
        stored = image;
        return {};
    }
    [[nodiscard]] std::string name() const override { return "limited"; }

    std::string stored;

 private:
    const bool& full_;
};

std::unique_ptr<sim::Nvm> file(const std::filesystem::path& path) {
    auto opened = sim::NvmFile::open(path);
    if (!opened) {
        throw std::runtime_error(opened.error());
    }
    return std::move(*opened);
}

std::string image_of_new_chip() {
    const TempDir directory;
    const Host host({.nvm = file(directory / "chip.nvm")});
    return read_file(directory / "chip.nvm");
}

std::string start_error(const std::filesystem::path& nvm, const std::vector<std::string>& more = {}) {
    const TempDir directory;
    std::vector<std::string> arguments{"--listen", "unix:" + (directory / "chip").string(), "--nvm", nvm.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(program("trustx-sim"), arguments);
    CHECK(outcome.status == 1);
    CHECK(outcome.out.empty());
    CHECK_FALSE(std::filesystem::exists(directory / "chip"));
    return outcome.err;
}

}  // namespace

TEST_CASE("sim: what was written is there after the program ended", "[nvm]") {
    const TempDir directory;
    std::string certificate;
    std::string key;
    {
        Host host({.nvm = file(directory / "chip.nvm")});
        CHECK(host.apdu("02400006F1D000000102") == "00000000");
        key = host.apdu("38030009010002E0F302000113");
        certificate = host.apdu("01000006E0E000000611");
        CHECK(host.apdu("02010009F1D100002003C00107") == "00000000");
        host.write(from_hex("838044"));
        host.address = 0x44;
    }
    Host host({.nvm = file(directory / "chip.nvm")});
    CHECK(host.chip->address() == 0x44);
    CHECK(host.apdu("01000002F1D0") == "000000020102");
    CHECK(host.apdu("01000006E0E000000611") == certificate);
    CHECK(host.apdu("01010002E0F3") == "00000010200EC00101D003E1FC07E00103E10113");
    CHECK(host.apdu("01010002F1D1").substr(8, 10) == "2011C00107");
    const std::string digest(64, '7');
    const std::string signature = host.apdu("31110028010020" + digest + "030002E0F3").substr(8);
    const std::string data =
        "010020" + digest + "02" + hex16(signature.size() / 2) + signature + "05000103" + "060044" + key.substr(14);
    CHECK(host.apdu("3211" + hex16(data.size() / 2) + data) == "00000000");
}

TEST_CASE("sim: the security event counter is stored along with other changes and at the end", "[nvm]") {
    const TempDir directory;
    const std::string sign = sign_command("E0F0");
    {
        Host host({.nvm = file(directory / "chip.nvm")});
        const auto writes = host.chip->counters().nvm_writes;
        static_cast<void>(host.apdu(sign));
        static_cast<void>(host.apdu(sign));
        CHECK(host.chip->counters().nvm_writes == writes);
        CHECK(host.chip->flush());
        CHECK(host.chip->counters().nvm_writes == writes + 1);
        CHECK(host.chip->flush());
        CHECK(host.chip->counters().nvm_writes == writes + 1);
    }
    Host host({.nvm = file(directory / "chip.nvm")});
    CHECK(host.apdu("01000002E0C5") == "0000000102");
}

TEST_CASE("sim: a file with private keys is for its owner only", "[nvm]") {
    const TempDir directory;
    const Host host({.nvm = file(directory / "chip.nvm")});
    struct stat status {};
    REQUIRE(::stat((directory / "chip.nvm").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600);
    CHECK_FALSE(std::filesystem::exists(directory / "chip.nvm.new"));
}

TEST_CASE("sim: when nothing can be stored a command fails with 06 and changes nothing", "[nvm]") {
    bool full = false;
    auto nvm = std::make_unique<LimitedNvm>(full);
    const LimitedNvm& store = *nvm;
    Host host({.nvm = std::move(nvm)});
    CHECK(host.apdu("02400006F1D000000102") == "00000000");
    const std::string before = store.stored;
    full = true;
    CHECK(host.error("02400006F1D000000304") == "06");
    CHECK(host.error("38030009010002E0F302000113") == "06");
    CHECK(host.error("02010009F1D000002003C00107") == "06");
    host.write(from_hex("838044"));
    CHECK(host.chip->address() == 0x30);
    CHECK(host.apdu("01000002F1D0") == "000000020102");
    CHECK(host.apdu("01010002E0F3") == "0000000A2008C00101D003E1FC07");
    CHECK(host.apdu("01010002F1D0").substr(8, 10) == "2011C00101");
    CHECK(host.chip->counters().nvm_failures == 4);
    // What touches no memory goes on, and everything does once there is room again.
    CHECK(host.apdu("38030009010002E10002000113").substr(0, 4) == "0000");
    CHECK(store.stored == before);
    full = false;
    CHECK(host.apdu("02400006F1D000000304") == "00000000");
    CHECK(store.stored != before);
}

TEST_CASE("sim: an image is refused unless every byte is right", "[nvm]") {
    const std::string image = image_of_new_chip();
    REQUIRE(sim::decode_image(image));
    CHECK_FALSE(sim::decode_image(""));
    CHECK_FALSE(sim::decode_image("[]"));
    CHECK_FALSE(sim::decode_image(image.substr(0, image.size() / 2)));
    for (const char* field : {"F1D0", "i2c_address", "sha256", "kind", "2011C0", "D003E1FC07"}) {
        std::string damaged = image;
        const auto at = damaged.find(field);
        REQUIRE(at != std::string::npos);
        damaged[at] = damaged[at] == '1' ? '2' : '1';
        CAPTURE(field);
        CHECK_FALSE(sim::decode_image(damaged));
    }
    std::string newer = image;
    newer.replace(newer.find("\"version\": 1"), 12, "\"version\": 2");
    CHECK(sim::decode_image(newer).error() == "has NVM format version 2; this trustx-sim reads version 1");
}

TEST_CASE("sim: a foreign or damaged NVM file is named and left alone", "[nvm]") {
    const TempDir directory;
    const auto nvm = directory / "chip.nvm";
    const std::string content = GENERATE(std::string("not a chip"), std::string(""), std::string("{\"format\": 3}"));
    write_file(nvm, content);
    CHECK_THAT(start_error(nvm), ContainsSubstring(nvm.string() + " is not an NVM file of trustx-sim"));
    CHECK(read_file(nvm) == content);
}

TEST_CASE("sim: a profile that is not that of the NVM file is refused", "[nvm]") {
    const TempDir directory;
    { const Host host({.profile = "B", .nvm = file(directory / "chip.nvm")}); }
    CHECK_THAT(start_error(directory / "chip.nvm", {"--profile", "A"}), ContainsSubstring("holds a chip of profile B"));
}

TEST_CASE("sim: a new chip has the UID that it is given, and keeps it", "[nvm]") {
    const TempDir directory;
    const auto nvm = directory / "chip.nvm";
    { const Host host({.uid = sim::Bytes(27, 0x5A), .nvm = file(nvm)}); }
    { const Host host({.nvm = file(nvm)}); }  // it is not said again
    CHECK_THAT(start_error(nvm, {"--uid", std::string(54, 'B')}), ContainsSubstring("holds a chip with the UID 5A5A"));
}

TEST_CASE("sim: a second simulator on the same NVM file is refused", "[nvm]") {
    const Simulator simulator;
    CHECK_THAT(start_error(simulator.nvm()), ContainsSubstring("is in use by another trustx-sim"));
}

TEST_CASE("sim: an NVM file that cannot be made is a clear error", "[nvm]") {
    CHECK_THAT(start_error("/nonexistent/directory/chip.nvm"),
               ContainsSubstring("/nonexistent/directory/chip.nvm") && ContainsSubstring("No such file or directory"));
}

// SPDX-License-Identifier: Apache-2.0
// A folder of gateways.
#include "aws/fleet/bulk.hpp"

#include "aws/enrolment/absent.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/fleet/gateway.hpp"
#include "aws/fleet/pace.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"
#include "divided.hpp"
#include "support/catch.hpp"
#include "support/virtual_clock.hpp"

#include <algorithm>
#include <map>

using namespace trustx;
using namespace trustx::test;

namespace {

// Folder is an operator's, with requests of gateways that are pairs of their own; the cloud is one for all.
class Folder {
 public:
    explicit Folder(std::size_t gateways) {
        operators_.wishes.ca_file = "/ca.pem";
        for (std::size_t i = 1; i <= gateways; ++i) {
            add("gateway-" + std::to_string(i));
        }
    }

    Divided& add(const std::string& thing) {
        auto& gateway = *gateways_.emplace(thing, std::make_unique<Divided>(aws::EnrolmentMethod::csr)).first->second;
        gateway.world.order.thing = thing;
        gateway.world.chip.identity.bytes.fill(static_cast<std::uint8_t>(gateways_.size()));
        REQUIRE(gateway.request());
        put(thing + ".json", gateway.mail("request"));
        return gateway;
    }

    void put(const std::string& name, const std::string& text) {
        world().files.files["/folder/" + name] = {.content = text, .access = files::Access::owner};
    }

    [[nodiscard]] std::string content(const std::string& name) const {
        const auto found = operators_.world.files.files.find("/folder/" + name);
        return found == operators_.world.files.files.end() ? std::string{} : found->second.content;
    }

    // install takes the answers to the gateways, and their proofs back.
    void install() {
        for (auto& [thing, gateway] : gateways_) {
            const auto answer = content("answers/" + thing + ".json");
            if (!answer.empty()) {
                gateway->put_mail("answer", answer);
                REQUIRE(gateway->install());
                put(thing + ".proof.json", gateway->mail("proof"));
            }
        }
    }

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& [path, file] : operators_.world.files.files) {
            const std::string prefix = "/folder/";
            if (path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos &&
                path != aws::BulkDirectories{"/folder"}.report_file()) {
                found.push_back(path.substr(prefix.size()));
            }
        }
        return found;
    }

    Result<aws::BulkReport> run() {
        std::optional<aws::BulkReport> report;
        const auto done = world().with_seams([&](const aws::Seams& seams) -> Result<void> {
            const aws::Seams without_chip{.chip = aws::no_chip(),
                                          .files = seams.files,
                                          .cloud = seams.cloud,
                                          .broker = {.mqtt = aws::no_broker(),
                                                     .clock = world().clock,
                                                     .random = seams.broker.random,
                                                     .note = seams.broker.note},
                                          .now = seams.now};
            const aws::BulkDirectories directories{"/folder"};
            aws::Approvals approvals{without_chip, directories.records(), FakeCloud::region};
            TRY(const auto lock, approvals.lock());
            TRY(report, aws::bulk(approvals, seams.files, directories, names(), operators_.wishes,
                                  [](const auto&, std::size_t, std::size_t) {}));
            return {};
        });
        return done ? Result<aws::BulkReport>{*std::move(report)} : done.failure();
    }

    World& world() { return operators_.world; }
    [[nodiscard]] std::size_t requests_sent() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            operators_.world.trap.calls(), [](const std::string& call) { return call.starts_with("http "); }));
    }

 private:
    Divided operators_{aws::EnrolmentMethod::csr};
    std::map<std::string, std::unique_ptr<Divided>> gateways_;
};

std::map<std::string, aws::Outcome> outcomes(const aws::BulkReport& report) {
    std::map<std::string, aws::Outcome> by_file;
    for (const auto& device : report.devices) {
        INFO((device.failure ? device.failure->message() : ""));
        by_file[device.file] = device.outcome;
    }
    return by_file;
}

}  // namespace

TEST_CASE("a folder of requests is approved, and its proofs activate", "[fleet]") {
    const auto folder = std::make_unique<Folder>(5);
    auto report = folder->run().value();
    CHECK(report.count(aws::Outcome::approved) == 5);
    CHECK(folder->world().cloud.certificates.size() == 5);
    folder->install();
    report = folder->run().value();
    CHECK(report.count(aws::Outcome::approved) == 5);
    CHECK(report.count(aws::Outcome::activated) == 5);
    for (const auto& [id, certificate] : folder->world().cloud.certificates) {
        CHECK(certificate.status == "ACTIVE");
    }
    CHECK(folder->content("report.json") == report.text());
}

TEST_CASE("what a folder's records have is not asked for again, only looked at", "[fleet]") {
    const auto folder = std::make_unique<Folder>(3);
    REQUIRE(folder->run());
    folder->world().trap.disarm();
    REQUIRE(folder->run());
    CHECK(folder->requests_sent() == 0);
    folder->install();
    REQUIRE(folder->run());
    folder->world().trap.disarm();
    const auto report = folder->run().value();
    CHECK(folder->requests_sent() == 6);  // DescribeCertificate for each request and each proof
    for (const auto& device : report.devices) {
        CHECK(device.before);
    }
}

TEST_CASE("a folder's proofs of what is out of use since, forged or not recorded fail", "[fleet]") {
    const auto folder = std::make_unique<Folder>(3);
    REQUIRE(folder->run());
    folder->install();
    REQUIRE(folder->run());
    auto& certificates = folder->world().cloud.certificates;
    const auto certificate_of = [&](const std::string& file) -> FakeCloud::Certificate& {
        return certificates.at(aws::parse_proof(folder->content(file), file).value().message.certificate_id);
    };
    certificate_of("gateway-1.proof.json").status = "REVOKED";
    certificate_of("gateway-2.proof.json").status = "INACTIVE";
    auto forged = aws::parse_proof(folder->content("gateway-3.proof.json"), "it").value();
    forged.signature = aws::parse_proof(folder->content("gateway-2.proof.json"), "it").value().signature;
    folder->put("forged.json", aws::proof_text(forged));
    auto by_file = outcomes(folder->run().value());
    CHECK(by_file.at("gateway-1.proof.json") == aws::Outcome::failed);
    CHECK(by_file.at("gateway-2.proof.json") == aws::Outcome::failed);
    CHECK(by_file.at("forged.json") == aws::Outcome::failed);
    CHECK(by_file.at("gateway-3.proof.json") == aws::Outcome::activated);
    // A folder without the records is no way around them, and neither is one with the request and new records.
    const auto request = folder->content("gateway-2.json");
    folder->world().files.files.erase("/folder/records/gateway-2.journal");
    folder->world().files.files.erase("/folder/gateway-2.json");
    by_file = outcomes(folder->run().value());
    CHECK(by_file.at("gateway-2.proof.json") == aws::Outcome::failed);
    CHECK(certificate_of("gateway-2.proof.json").status == "INACTIVE");
    folder->put("gateway-2.json", request);
    by_file = outcomes(folder->run().value());
    CHECK(by_file.at("gateway-2.json") == aws::Outcome::approved);
    CHECK(by_file.at("gateway-2.proof.json") == aws::Outcome::failed);
    CHECK(certificate_of("gateway-2.proof.json").status == "INACTIVE");
}

TEST_CASE("what is a symbolic link in a folder is neither read nor replaced", "[fleet]") {
    const auto folder = std::make_unique<Folder>(2);
    auto& files = folder->world().files;
    files.files["/folder/sub/elsewhere"] = files.files.at("/folder/gateway-1.json");
    files.files.at("/folder/gateway-1.json").content.clear();
    files.links["/folder/gateway-1.json"] = "sub/elsewhere";
    files.files["/folder/answers/victim"] = {.content = "untouched", .access = files::Access::owner};
    files.links["/folder/answers/gateway-2.json"] = "victim";
    const auto by_file = outcomes(folder->run().value());
    CHECK(by_file.at("gateway-1.json") == aws::Outcome::failed);
    CHECK(by_file.at("gateway-2.json") == aws::Outcome::failed);
    CHECK(files.files.at("/folder/answers/victim").content == "untouched");
    files.links["/folder/report.json"] = "answers/victim";
    const auto done = folder->run();
    REQUIRE_FALSE(done);
    CHECK(done.error() == InputErrc::check_failed);
    CHECK(files.files.at("/folder/answers/victim").content == "untouched");
}

TEST_CASE("a bad file in a folder fails by itself", "[fleet]") {
    const auto folder = std::make_unique<Folder>(3);
    const auto good = folder->content("gateway-2.json");
    folder->put("gateway-2.json", good.substr(0, good.size() / 2));
    folder->put("notes.json", "{}");
    auto& cloud = folder->world().cloud;
    cloud.things["gateway-3"] = nlohmann::json::object();
    const auto stranger = cloud.add(pem("CERTIFICATE", SoftwareKey{Curve::p256}.certificate("another")), "ACTIVE");
    cloud.certificates.at(stranger).things = {"gateway-3"};
    const auto report = folder->run().value();
    const auto by_file = outcomes(report);
    CHECK(by_file.at("gateway-1.json") == aws::Outcome::approved);
    CHECK(by_file.at("gateway-2.json") == aws::Outcome::failed);
    CHECK(by_file.at("gateway-3.json") == aws::Outcome::failed);
    CHECK(by_file.at("notes.json") == aws::Outcome::failed);
    CHECK_FALSE(report.stopped);
    folder->put("gateway-2.json", good);
    CHECK(outcomes(folder->run().value()).at("gateway-2.json") == aws::Outcome::approved);
}

TEST_CASE("a thing, a chip or a key that is in a folder twice is approved for none", "[fleet]") {
    const auto folder = std::make_unique<Folder>(1);
    // The same thing of another chip.
    Divided twin{aws::EnrolmentMethod::csr};
    twin.world.order.thing = "gateway-1";
    REQUIRE(twin.request());
    folder->put("twin.json", twin.mail("request"));
    // The same chip, with another thing and another slot.
    Divided& second = folder->add("gateway-2");
    REQUIRE(second.abandon());
    second.world.order.thing = "gateway-3";
    second.world.order.slot = ObjectId{0xE0F2};
    REQUIRE(second.request());
    folder->put("same-chip.json", second.mail("request"));
    folder->add("gateway-4");
    // The same key, said to be in another chip.
    Divided& third = folder->add("gateway-5");
    auto asked = aws::parse_request(third.mail("request"), "it").value().request;
    asked.thing = "gateway-6";
    asked.chip = std::string(asked.chip.size(), '7');
    const auto key = third.world.chip.public_key(asked.slot).value();
    folder->put("same-key.json", aws::request_text(aws::signed_by_chip(third.world.chip, key, asked).value()));
    // A copy is no second request.
    folder->put("copy.json", folder->content("gateway-4.json"));
    const auto report = folder->run().value();
    const auto by_file = outcomes(report);
    CHECK(report.count(aws::Outcome::approved) == 1);
    CHECK(report.count(aws::Outcome::failed) == 6);
    for (const auto* name :
         {"gateway-1.json", "twin.json", "gateway-2.json", "same-chip.json", "gateway-5.json", "same-key.json"}) {
        CAPTURE(name);
        CHECK(by_file.at(name) == aws::Outcome::failed);
    }
    CHECK(by_file.at("gateway-4.json") == aws::Outcome::approved);
    CHECK(by_file.at("copy.json") == aws::Outcome::approved);
    CHECK(folder->world().cloud.certificates.size() == 1);
}

TEST_CASE("a run over a folder that is killed at any call is run again to its end", "[fleet]") {
    std::size_t points = 0;
    for (std::size_t number = 1;; ++number) {
        CAPTURE(number);
        const auto folder = std::make_unique<Folder>(2);
        auto& world = folder->world();
        world.trap.arm(Fault::kill, number);
        World::survives([&] { static_cast<void>(folder->run()); });
        const bool hit = world.trap.was_hit();
        world.trap.disarm();
        const auto report = folder->run().value();
        CHECK(report.count(aws::Outcome::approved) == 2);
        CHECK(world.cloud.certificates.size() == 2);
        CHECK(world.cloud.things.size() == 2);
        if (!hit) {
            break;
        }
        points = number;
    }
    std::printf("bulk, two gateways: killed at %zu points\n", points);
    CHECK(points >= 40);
}

TEST_CASE("a run over a folder that is killed at any call while it activates is run again to its end", "[fleet]") {
    for (std::size_t number = 1;; ++number) {
        CAPTURE(number);
        const auto folder = std::make_unique<Folder>(2);
        REQUIRE(folder->run());
        folder->install();
        auto& world = folder->world();
        world.trap.arm(Fault::kill, number);
        World::survives([&] { static_cast<void>(folder->run()); });
        const bool hit = world.trap.was_hit();
        world.trap.disarm();
        CHECK(folder->run().value().count(aws::Outcome::activated) == 2);
        CHECK(std::ranges::all_of(world.cloud.certificates,
                                  [](const auto& entry) { return entry.second.status == "ACTIVE"; }));
        if (!hit) {
            CHECK(number > 10);
            break;
        }
    }
}

TEST_CASE("what hinders all gateways ends a run over a folder", "[fleet]") {
    const auto folder = std::make_unique<Folder>(3);
    folder->world().cloud.refusal = "UnauthorizedException";
    const auto report = folder->run().value();
    REQUIRE(report.stopped);
    CHECK(report.count(aws::Outcome::not_reached) == 3);
    folder->world().cloud.refusal.clear();
    CHECK(folder->run().value().count(aws::Outcome::approved) == 3);
    CHECK(folder->world().cloud.certificates.size() == 3);
}

TEST_CASE("a full disk ends a run over a folder, and nothing is made twice", "[fleet]") {
    const auto folder = std::make_unique<Folder>(2);
    REQUIRE(folder->run());
    folder->add("gateway-3");
    folder->world().files.full = true;
    const auto done = folder->run();
    REQUIRE_FALSE(done);
    CHECK(done.error() == InputErrc::unwritable);
    folder->world().files.full = false;
    CHECK(folder->run().value().count(aws::Outcome::approved) == 3);
    CHECK(folder->world().cloud.certificates.size() == 3);
}

TEST_CASE("an account that throttles is waited for by a run over a folder", "[fleet]") {
    const auto folder = std::make_unique<Folder>(2);
    folder->world().cloud.throttled = 9;
    CHECK(folder->run().value().count(aws::Outcome::approved) == 2);
}

TEST_CASE("each operation has its own pace", "[fleet]") {
    VirtualClock clock;
    aws::Pace pace{clock, 10};
    const auto begin = clock.now();
    for (int i = 0; i < 11; ++i) {
        pace.wait_for("CreateThing");
        pace.wait_for("AttachPolicy");
    }
    CHECK(clock.now() - begin == std::chrono::seconds{1});
}

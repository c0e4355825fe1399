// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include "../faults/chip_bus.hpp"
#include "common/files/input_error.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/x509/certificate_chain.hpp"
#include "model/nvm/nvm.hpp"
#include "pki/request.hpp"
#include "provisioning/manifest.hpp"

#include <trustx/life_cycle.hpp>
#include <trustx/objects.hpp>

#include <stdexcept>

#include <openssl/pem.h>

namespace trustx::test {
namespace {

constexpr ObjectId slot{0xE0F1};
constexpr ObjectId place{0xE0E1};

tl::unexpected<Error> seam_failed() {
    return fail(Errc::bus_failure, "the seam failed");
}

// trapped is a call of a seam: it may not take place, or take place and be reported as failed.
template <class Call>
auto trapped(Trap& trap, const std::string& name, Call call) -> decltype(call()) {
    if (trap.enter(name)) {
        return seam_failed();
    }
    auto result = call();
    if (trap.leave()) {
        return seam_failed();
    }
    return result;
}

class TrappedKeys final : public pki::ChipPort {
 public:
    TrappedKeys(Trap& trap, pki::ChipPort& chip) : trap_{trap}, chip_{chip} {}

    Result<Uid> uid() override {
        return trapped(trap_, "chip uid", [&] { return chip_.uid(); });
    }
    Result<std::optional<Curve>> curve_in(ObjectId object) override {
        return trapped(trap_, "chip curve_in", [&] { return chip_.curve_in(object); });
    }
    Result<PublicKey> generate(ObjectId object, Curve curve, KeyUsage usage) override {
        return trapped(trap_, "chip generate", [&] { return chip_.generate(object, curve, usage); });
    }
    Result<PublicKey> regenerate(ObjectId object, Curve curve, KeyUsage usage) override {
        return trapped(trap_, "chip regenerate", [&] { return chip_.regenerate(object, curve, usage); });
    }
    Result<PublicKey> public_key(ObjectId object) override {
        return trapped(trap_, "chip public_key", [&] { return chip_.public_key(object); });
    }
    Result<Signature> sign(ObjectId object, ByteView digest) override {
        return trapped(trap_, "chip sign", [&] { return chip_.sign(object, digest); });
    }
    Result<std::vector<Bytes>> certificates(ObjectId object) override {
        return trapped(trap_, "chip certificates", [&] { return chip_.certificates(object); });
    }
    Result<void> write_certificates(ObjectId object, const std::vector<Bytes>& certificates) override {
        return trapped(trap_, "chip write_certificates",
                       [&] { return chip_.write_certificates(object, certificates); });
    }

 private:
    Trap& trap_;
    pki::ChipPort& chip_;
};

class TrappedObjects final : public provisioning::ObjectPort {
 public:
    TrappedObjects(Trap& trap, provisioning::ObjectPort& chip) : trap_{trap}, chip_{chip} {}

    Result<LifeCycles> life_cycles() override {
        return trapped(trap_, "object life_cycles", [&] { return chip_.life_cycles(); });
    }
    Result<Metadata> metadata(ObjectId object) override {
        return trapped(trap_, "object metadata", [&] { return chip_.metadata(object); });
    }
    Result<void> change(ObjectId object, const MetadataChange& change) override {
        return trapped(trap_, "object change", [&] { return chip_.change(object, change); });
    }
    Result<void> raise(ObjectId object, LifeCycleState state) override {
        return trapped(trap_, "object raise", [&] { return chip_.raise(object, state); });
    }
    Result<Bytes> read(ObjectId object) override {
        return trapped(trap_, "object read", [&] { return chip_.read(object); });
    }
    Result<void> write(ObjectId object, ByteView content) override {
        return trapped(trap_, "object write", [&] { return chip_.write(object, content); });
    }

 private:
    Trap& trap_;
    provisioning::ObjectPort& chip_;
};

PublicKey requested(const std::string& request) {
    const auto bio = openssl::reading(text::as_bytes(request));
    const openssl::Handle<X509_REQ, X509_REQ_free> parsed{
        PEM_read_bio_X509_REQ(bio.get(), nullptr, openssl::refuse_passphrase, nullptr)};
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(X509_REQ_get0_pubkey(parsed.get()), &der);
    const openssl::Memory owner{der};
    return PublicKey::from_subject_public_key_info(ByteView{der, static_cast<std::size_t>(length)}).value();
}

class TrappedIssuer final : public pki::Issuer {
 public:
    TrappedIssuer(Trap& trap, const SoftwareKey& key, std::string name)
        : trap_{trap}, key_{key}, name_{std::move(name)} {}

    Result<std::string> issue(const std::string& request) override {
        return trapped(trap_, "issuer issue", [&]() -> Result<std::string> {
            return pem("CERTIFICATE", key_.certificate_for(requested(request), name_, "authority"));
        });
    }

 private:
    Trap& trap_;
    const SoftwareKey& key_;
    std::string name_;
};

// SignedHandshake is what a handshake comes to: the chain is trusted, and the chip signs for its key.
class SignedHandshake final : public provisioning::HandshakePort {
 public:
    SignedHandshake(Trap& trap, pki::ChipPort& chip) : trap_{trap}, chip_{chip} {}

    Result<std::string> prove(const KeyReference& key, const std::vector<x509::Certificate>& chain,
                              const std::vector<x509::Certificate>& trusted) override {
        return trapped(trap_, "handshake prove", [&]() -> Result<std::string> {
            const bool good = chain.front().public_key().value() == key.public_key &&
                              x509::verify_chain(chain, trusted) && pki::prove_key(chip_, key.key, key.public_key);
            return good ? Result<std::string>{"TLS"} : fail(InputErrc::check_failed, "no handshake");
        });
    }

 private:
    Trap& trap_;
    pki::ChipPort& chip_;
};

}  // namespace

class ProvisioningWorld::Ports {
 public:
    explicit Ports(ProvisioningWorld& world)
        : chip_{.settings = {},
                .device = Device::with_bus(std::make_unique<ChipBus>(*world.chip, world.time), world.time, {})},
          keys_{world.context, chip_},
          objects_{chip_},
          trapped_keys_{world.trap, keys_},
          trapped_objects_{world.trap, objects_},
          issuer_{world.trap, world.authority, "gw-" + cli::chip_uid(*world.opened).value().hex()},
          handshake_{world.trap, keys_},
          world_{world} {}

    provisioning::Seams seams() {
        return {.chip = trapped_keys_,
                .objects = trapped_objects_,
                .files = world_.files,
                .issuer = &issuer_,
                .handshake = handshake_,
                .now = [] { return std::time(nullptr); },
                .note = [](std::string_view) {},
                .state = "/state"};
    }

 private:
    cli::Chip chip_;
    cli::EnrolmentChip keys_;
    cli::ChipObjects objects_;
    TrappedKeys trapped_keys_;
    TrappedObjects trapped_objects_;
    TrappedIssuer issuer_;
    SignedHandshake handshake_;
    ProvisioningWorld& world_;
};

const char* ProvisioningWorld::usual_recipe() {
    return R"(
name = "gateway"
manifest = "manifest.jsonl"
[ca]
certificate = "ca.pem"
command = ["unused"]
[slot.E0F1]
subject = "CN=gw-{uid}"
life_cycle = "operational"
[object.E0E1]
change = "never"
life_cycle = "operational"
[anchor.E0E8]
certificate = "anchor.pem"
replace = true
[object.F1E0]
file = "data"
read = "always"
life_cycle = "operational"
)";
}

ProvisioningWorld::ProvisioningWorld() {
    context.quiet = true;
    sim::ChipOptions options;
    options.seed = 20'261'129;
    auto made = sim::SimulatedChip::create(std::move(options), std::make_unique<sim::MemoryNvm>(), time.for_chip());
    if (!made) {
        throw std::runtime_error(made.error());
    }
    chip = *std::move(made);
    opened = std::make_unique<cli::Chip>(
        cli::Chip{.settings = {}, .device = Device::with_bus(std::make_unique<ChipBus>(*chip, time), time, {})});
    write_file(directory / "ca.pem", pem("CERTIFICATE", authority.authority_certificate("authority")));
    write_file(directory / "anchor.pem", pem("CERTIFICATE", anchor.authority_certificate("anchor")));
    write_file(directory / "data", std::string(1000, 'x'));
    use(usual_recipe());
}

ProvisioningWorld::~ProvisioningWorld() = default;

void ProvisioningWorld::use(const std::string& text) {
    auto parsed = provisioning::Recipe::parse(text, (directory / "recipe.toml").string());
    if (!parsed) {
        throw std::runtime_error(parsed.error().message());
    }
    recipe.emplace(*std::move(parsed));
}

Result<void> ProvisioningWorld::provision() {
    Ports ports{*this};
    return provisioning::provision(*recipe, ports.seams());
}

Result<provisioning::Plan> ProvisioningWorld::plan() {
    Ports ports{*this};
    return provisioning::plan(*recipe, ports.seams());
}

bool ProvisioningWorld::survives() {
    try {
        static_cast<void>(provision());
        return true;
    } catch (const Killed&) {
        return false;
    }
}

void ProvisioningWorld::forget() {
    std::erase_if(files.files, [](const auto& file) { return file.first.starts_with("/state/"); });
}

std::uint64_t ProvisioningWorld::executed(const std::string& command) const {
    const auto& commands = chip->counters().commands;
    const auto found = commands.find(command);
    return found == commands.end() ? 0 : found->second;
}

// An object that is operational is what the recipe says, or it is so permanently wrong.
std::string ProvisioningWorld::violation() {
    cli::EnrolmentChip keys{context, *opened};
    cli::ChipObjects objects{*opened};
    const auto closed = [&](ObjectId object) {
        return effective_life_cycle(objects.metadata(object).value()) >= LifeCycleState::operational;
    };
    for (const auto& part : recipe->objects) {
        if (part.content && closed(part.object) && objects.read(part.object).value() != *part.content) {
            return part.object.hex() + " is closed with a wrong content";
        }
    }
    const auto stored = keys.certificates(place).value();
    if (closed(slot) && !keys.curve_in(slot).value()) {
        return "the slot is closed without a key";
    }
    if (closed(place) && stored.empty()) {
        return "the place for the certificate is closed without one";
    }
    if (!stored.empty()) {
        const auto key = x509::Certificate::parse(stored.front(), "test").value().public_key().value();
        if (!pki::prove_key(keys, slot, key)) {
            return "the certificate is for another key";
        }
    }
    return executed("GenKeyPair") > 1 ? "a second key was generated" : "";
}

std::string ProvisioningWorld::missing_when_done() {
    const auto left = plan();
    if (!left || !left->actions.empty() || !provisioning::check_plan(*left)) {
        return left ? "the plan is not empty" : left.error().message();
    }
    cli::ChipObjects objects{*opened};
    for (const auto& part : recipe->objects) {
        const auto metadata = objects.metadata(part.object).value();
        if (part.rules.life_cycle && effective_life_cycle(metadata) != *part.rules.life_cycle) {
            return part.object.hex() + " has another life cycle";
        }
        if (part.content && objects.read(part.object).value() != *part.content) {
            return part.object.hex() + " has another content";
        }
    }
    const auto manifest = files.files.find(recipe->manifest);
    const auto deliveries = manifest == files.files.end()
                                ? Result<std::vector<provisioning::Delivery>>{}
                                : provisioning::parse_manifest(manifest->second.content, "manifest");
    if (!deliveries || deliveries->size() != 1) {
        return "the manifest has not one line";
    }
    cli::EnrolmentChip keys{context, *opened};
    const auto stored = x509::Certificate::parse(keys.certificates(place).value().at(0), "test").value();
    return deliveries->front().certificate_id == pki::certificate_id(stored) ? violation()
                                                                             : "the manifest has another certificate";
}

}  // namespace trustx::test

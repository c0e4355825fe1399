// SPDX-License-Identifier: Apache-2.0
#include "script.hpp"

#include "command/open_application.hpp"
#include "model/crypto/crypto.hpp"  // of the simulator

#include <trustx/objects.hpp>

#include <algorithm>

namespace trustx::test {
namespace {

constexpr ObjectId key_p256{0xE0F1};
constexpr ObjectId key_p384{0xE0F2};
constexpr ObjectId empty_key{0xE0F3};
constexpr ObjectId certificate{0xE0E1};
constexpr ObjectId large_object{0xF1E0};
constexpr ObjectId session{0xE100};

const Bytes digest_32(32, 0x5A);
const Bytes digest_48(48, 0xA5);

Outcome failed(const Error& error) {
    return {.error = error, .wrong = {}};
}
Outcome wrong(std::string what) {
    return {.error = std::nullopt, .wrong = std::move(what)};
}

bool equal(ByteView a, ByteView b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

Outcome compare(const Result<Bytes>& got, ByteView expected) {
    if (!got) {
        return failed(got.error());
    }
    return equal(*got, expected) ? Outcome{} : wrong("other bytes were read");
}

Outcome done(const Result<NoResponse>& result) {
    return result ? Outcome{} : failed(result.error());
}
Outcome done(const Result<void>& result) {
    return result ? Outcome{} : failed(result.error());
}

// locked runs something under the device's lock.
template <class Work>
Outcome locked(Fixture& fixture, Work work) {
    auto device = fixture.device->lock();
    return device ? work(*device) : Outcome{device.error(), {}, true};
}

// content looks at an object through the undisturbed bus.
std::string content(Fixture& fixture, ObjectId object, ByteView expected) {
    const auto outcome =
        locked(fixture, [&](LockedDevice& device) { return compare(read_object(device, object), expected); });
    if (outcome.error) {
        return "the object cannot be read: " + outcome.error->message();
    }
    return outcome.wrong.empty() ? std::string{} : "the object holds something else";
}

bool verifies(const PublicKey& key, ByteView digest, const Signature& signature) {
    static const sim::Crypto crypto{1};
    const Bytes der = signature.der();
    // SEQUENCE with a length of one byte up to P-256, of one or two for P-384.
    const std::size_t header = der.at(1) == 0x81 ? 3 : 2;
    const auto curve = key.curve == Curve::p256 ? sim::Curve::p256 : sim::Curve::p384;
    return crypto.verify(curve, key.point, digest, ByteView{der}.subspan(header));
}

Outcome sign(Fixture& fixture, ObjectId key, const PublicKey& public_key, ByteView digest) {
    const auto signature = fixture.device->run(CalcSign{.key = key, .digest = digest});
    if (!signature) {
        return failed(signature.error());
    }
    return verifies(public_key, digest, *signature) ? Outcome{} : wrong("the signature does not verify");
}

// An operation whose right result is an error of the chip.
template <class T>
Outcome refused(const Result<T>& result, ChipError expected) {
    if (result) {
        return wrong("the chip did not refuse");
    }
    return result.error() == expected ? Outcome{} : failed(result.error());
}

class Script {
 public:
    explicit Script(const Prepared& prepared) : prepared_{prepared} {}

    std::vector<Operation> build() {
        reads();
        refusals();
        writes();
        metadata();
        keys();
        sessions();
        return std::move(operations_);
    }

 private:
    Operation& add(std::string name, std::vector<std::string> named, std::function<Outcome(Fixture&)> run) {
        Operation operation;
        operation.name = std::move(name);
        operation.named = std::move(named);
        operation.run = std::move(run);
        operation.check = [](Fixture&) { return std::string{}; };
        operations_.push_back(std::move(operation));
        return operations_.back();
    }

    void reads();
    void refusals();
    void writes();
    void metadata();
    void keys();
    void sessions();
    void add_generation(const std::string& name, ObjectId key, Curve curve);
    void add_random(const std::string& name, std::uint16_t length);
    void add_metadata_read(ObjectId object);

    Prepared prepared_;
    std::vector<Operation> operations_;
};

void Script::add_random(const std::string& name, std::uint16_t length) {
    // The simulator's generator has a seed: what it gives is known, and each repetition gives the next.
    const auto known = std::make_shared<std::vector<Bytes>>();
    Fixture fixture{prepared_.image, sim::AcknowledgeStyle::automatic};
    for (int i = 0; i < 6; ++i) {
        known->push_back(fixture.device->run(GetRandom{.length = length}).value());
    }
    add(name, {"GetRandom"}, [known, length](Fixture& w) {
        const auto random = w.device->run(GetRandom{.length = length});
        if (!random) {
            return failed(random.error());
        }
        const bool right = std::find(known->begin(), known->end(), *random) != known->end();
        return right ? Outcome{} : wrong("bytes that the chip did not give");
    });
}

void Script::add_metadata_read(ObjectId object) {
    Fixture fixture{prepared_.image, sim::AcknowledgeStyle::automatic};
    const auto expected = fixture.device->run(GetMetadata{object}).value();
    add("metadata " + object.hex(), {"GetDataObject (metadata)", object.hex()}, [=](Fixture& w) {
        const auto metadata = w.device->run(GetMetadata{object});
        if (!metadata) {
            return failed(metadata.error());
        }
        return *metadata == expected ? Outcome{} : wrong("other metadata was read");
    });
}

void Script::reads() {
    Fixture fixture{prepared_.image, sim::AcknowledgeStyle::automatic};
    const Bytes uid = fixture.device->run(GetDataObject{.object = object::coprocessor_uid}).value();

    for (const bool cold : {false, true}) {
        add(cold ? "uid, cold" : "uid", {"UID", "E0C2"}, [uid](Fixture& w) {
            return locked(w, [&](LockedDevice& device) {
                const auto read = read_uid(device);
                return compare(
                    read ? Result<Bytes>{Bytes{read->bytes.begin(), read->bytes.end()}} : Result<Bytes>{read.failure()},
                    uid);
            });
        }).cold = cold;
    }
    add("open application", {"OpenApplication"}, [](Fixture& w) { return done(w.device->run(OpenApplication{})); });
    const Bytes slice{prepared_.large_content.begin() + 700, prepared_.large_content.begin() + 1000};
    add("slice F1E0", {"GetDataObject", "F1E0"}, [slice](Fixture& w) {
        return compare(w.device->run(GetDataObject{.object = large_object, .offset = 700, .length = 300}), slice);
    });
    for (const auto& [object, expected] :
         {std::pair{large_object, prepared_.large_content}, std::pair{certificate, prepared_.certificate_content}}) {
        add("read " + object.hex(), {"object", object.hex()}, [=, id = object, bytes = expected](Fixture& w) {
            return locked(w, [&](LockedDevice& device) { return compare(read_object(device, id), bytes); });
        });
    }
    add_metadata_read(certificate);
    add_metadata_read(key_p256);
    add_random("random 8", 8);
    add_random("random 256", 256);
}

void Script::refusals() {
    add("read beyond the end", {"GetDataObject", "F1E0"}, [](Fixture& w) {
        return refused(w.device->run(GetDataObject{.object = large_object, .offset = 1500, .length = 10}),
                       ChipError::data_object_boundary_exceeded);
    });
    add("read an unknown object", {"GetDataObject", "F1FF"}, [](Fixture& w) {
        return refused(w.device->run(GetDataObject{.object = ObjectId{0xF1FF}}), ChipError::invalid_oid);
    });
    add("read a key", {"GetDataObject", "E0F1"}, [](Fixture& w) {
        return refused(w.device->run(GetDataObject{.object = key_p256}), ChipError::access_conditions_not_satisfied);
    });
    auto& signing = add("sign without a key", {"CalcSign", "E0F3"}, [](Fixture& w) {
        return refused(w.device->run(CalcSign{.key = empty_key, .digest = digest_32}),
                       ChipError::invalid_parameter_in_data_field);
    });
    signing.repeatable = false;
    auto& generating = add("generate a key that must stay", {"GenKeyPair", "E0F0"}, [](Fixture& w) {
        return refused(w.device->run(GenKeyPair{.key = ObjectId{0xE0F0}}), ChipError::access_conditions_not_satisfied);
    });
    generating.repeatable = false;
}

void Script::writes() {
    const Bytes few(20, 0xC3);
    auto& small = add("write F1D0", {"SetDataObject", "F1D0"}, [few](Fixture& w) {
        return done(w.device->run(SetDataObject{.object = ObjectId{0xF1D0}, .data = few}));
    });
    small.check = [few](Fixture& w) {
        Bytes expected(100, 0x00);
        std::copy(few.begin(), few.end(), expected.begin());
        return content(w, ObjectId{0xF1D0}, expected);
    };
    auto& erased = add("erase and write F1D1", {"SetDataObject", "F1D1"}, [few](Fixture& w) {
        return done(w.device->run(SetDataObject{
            .object = ObjectId{0xF1D1}, .offset = 10, .data = few, .mode = SetDataObject::Mode::erase_and_write}));
    });
    erased.check = [few](Fixture& w) {
        Bytes expected(10, 0x00);
        expected.insert(expected.end(), few.begin(), few.end());
        return content(w, ObjectId{0xF1D1}, expected);
    };
    for (const auto& [id, size] : {std::pair{0xF1D2, 100U}, std::pair{0xF1E1, 1500U}, std::pair{0xE0E2, 1728U}}) {
        const ObjectId object{static_cast<std::uint16_t>(id)};
        Bytes bytes(size);
        for (std::size_t i = 0; i < size; ++i) {
            bytes[i] = static_cast<std::uint8_t>(i * 13 + i / 256);
        }
        auto& whole = add("replace " + object.hex(), {"object", object.hex()}, [=](Fixture& w) {
            return locked(w, [&](LockedDevice& device) { return done(write_object(device, object, bytes)); });
        });
        whole.check = [=](Fixture& w) { return content(w, object, bytes); };
        whole.commands = 6;
    }
    auto& patch = add("patch F1E0", {"object", "F1E0"}, [few](Fixture& w) {
        return locked(w, [&](LockedDevice& device) { return done(write_slice(device, large_object, 1000, few)); });
    });
    patch.check = [few, expected = prepared_.large_content](Fixture& w) {
        Bytes patched = expected;
        std::copy(few.begin(), few.end(), patched.begin() + 1000);
        return content(w, large_object, patched);
    };
    patch.commands = 4;
}

void Script::metadata() {
    auto& access = add("change metadata F1D4", {"SetDataObject (metadata)", "F1D4"}, [](Fixture& w) {
        Metadata change;
        change.change_access = Bytes{0xFF};
        return done(w.device->run(SetMetadata{ObjectId{0xF1D4}, change}));
    });
    access.repeatable = false;
    access.once = "SetDataObject";
    access.check = [](Fixture& w) {
        const auto metadata = w.device->run(GetMetadata{ObjectId{0xF1D4}});
        return metadata && metadata->change_access == Bytes{0xFF} ? std::string{} : "the metadata did not change";
    };
    auto& raise = add("raise life cycle F1D5", {"SetDataObject (metadata)", "F1D5"}, [](Fixture& w) {
        Metadata change;
        change.life_cycle = LifeCycleState::operational;
        change.change_access = Bytes{0xFF};
        return done(w.device->run(SetMetadata{ObjectId{0xF1D5}, change}));
    });
    raise.repeatable = false;
    raise.once = "SetDataObject";
    raise.check = [](Fixture& w) {
        const auto metadata = w.device->run(GetMetadata{ObjectId{0xF1D5}});
        return metadata && metadata->life_cycle == LifeCycleState::operational ? std::string{}
                                                                               : "the life cycle did not rise";
    };
}

void Script::add_generation(const std::string& name, ObjectId key, Curve curve) {
    const auto made = std::make_shared<PublicKey>();
    auto& generate = add(name, {"GenKeyPair", key.hex()}, [=](Fixture& w) {
        const auto public_key = w.device->run(GenKeyPair{.key = key, .curve = curve});
        if (!public_key) {
            return failed(public_key.error());
        }
        *made = *public_key;
        return Outcome{};
    });
    generate.repeatable = false;
    generate.once = "GenKeyPair";
    generate.check = [=](Fixture& w) {
        const auto outcome = sign(w, key, *made, curve == Curve::p256 ? digest_32 : digest_48);
        return outcome.error ? outcome.error->message() : outcome.wrong;
    };
}

void Script::keys() {
    add_generation("generate P-256 E0F3", empty_key, Curve::p256);
    add_generation("generate P-384 E0F3", empty_key, Curve::p384);
    add_generation("replace key E0F1", key_p256, Curve::p256);
    for (const bool cold : {false, true}) {
        auto& p256 = add(cold ? "sign P-256, cold" : "sign P-256", {"CalcSign", "E0F1"},
                         [key = prepared_.key_p256](Fixture& w) { return sign(w, key_p256, key, digest_32); });
        p256.repeatable = false;
        p256.once = "CalcSign";
        p256.cold = cold;
    }
    auto& p384 = add("sign P-384", {"CalcSign", "E0F2"},
                     [key = prepared_.key_p384](Fixture& w) { return sign(w, key_p384, key, digest_48); });
    p384.repeatable = false;
    p384.once = "CalcSign";
}

void Script::sessions() {
    add_generation("generate session E100", session, Curve::p256);
    operations_.back().volatile_state = true;
    auto& use = add("generate and sign in a session", {"E100"}, [](Fixture& w) {
        return locked(w, [&](LockedDevice& device) {
            const auto key = device.run(GenKeyPair{.key = session});
            if (!key) {
                return failed(key.error());
            }
            const auto signature = device.run(CalcSign{.key = session, .digest = digest_32});
            if (!signature) {
                return failed(signature.error());
            }
            return verifies(*key, digest_32, *signature) ? Outcome{} : wrong("the signature does not verify");
        });
    });
    use.repeatable = false;
    use.once = "GenKeyPair";
    use.volatile_state = true;
    use.commands = 4;
}

}  // namespace

std::vector<Operation> script(const Prepared& prepared) {
    return Script{prepared}.build();
}

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
#include "provisioning/provisioning.hpp"

#include "common/files/input_error.hpp"
#include "common/keys/public_key_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"
#include "common/x509/certificate_chain.hpp"
#include "pki/request.hpp"
#include "provisioning/error.hpp"
#include "provisioning/manifest.hpp"

#include <trustx/key_reference.hpp>

#include <algorithm>

namespace trustx::provisioning {
namespace {

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) {
        text += (text.empty() ? "" : "; ") + part;
    }
    return text;
}

class Work {
 public:
    Work(const Recipe& recipe, const Seams& seams, const JournalFile& file, Journal journal, const Uid& uid)
        : recipe_{recipe}, seams_{seams}, file_{file}, journal_{std::move(journal)}, uid_{uid} {}

    Result<void> run();

 private:
    // round plans, and does what comes up to a kind.
    Result<void> round(ActionKind last);
    Result<void> learn_keys();
    Result<void> perform(const Action& action);
    Result<void> give_up(const Plan& plan, Error error);

    Result<void> make_key(ObjectId slot);
    Result<void> set_usage(ObjectId slot);
    Result<void> write_content(ObjectId object);
    Result<void> write_certificate(ObjectId object);
    Result<void> prove(ObjectId slot);
    Result<void> set_conditions(ObjectId object);
    Result<void> raise(ObjectId object);
    Result<void> add_deliveries();

    Result<PublicKey> key_of(ObjectId slot);
    Result<std::vector<x509::Certificate>> issued(const SlotPart& part, const PublicKey& key);
    Result<std::vector<x509::Certificate>> stored(ObjectId object);
    Result<Delivery> delivery(const SlotPart& part);

    [[nodiscard]] const SlotPart& slot_part(ObjectId slot) const {
        return *std::ranges::find(recipe_.slots, slot, &SlotPart::slot);
    }
    [[nodiscard]] const ObjectPart& object_part(ObjectId object) const {
        return *std::ranges::find(recipe_.objects, object, &ObjectPart::object);
    }
    [[nodiscard]] const Rules& rules_of(ObjectId object) const {
        return describe(object)->kind == ObjectKind::key ? slot_part(object).rules : object_part(object).rules;
    }
    SlotFacts& facts(ObjectId slot) { return journal_.slots[slot]; }
    Result<void> record() { return file_.save(journal_); }

    const Recipe& recipe_;
    const Seams& seams_;
    JournalFile file_;
    Journal journal_;
    Uid uid_;
};

Result<void> Work::make_key(ObjectId slot) {
    const auto& part = slot_part(slot);
    facts(slot) = {};
    TRY(facts(slot).key, seams_.chip.generate(slot, part.curve, part.usage));
    return record();
}

Result<void> Work::set_usage(ObjectId slot) {
    return seams_.objects.change(slot, {.key_usage = slot_part(slot).usage});
}

// write_content keeps what a trust anchor held: with it the old state could be had back.
Result<void> Work::write_content(ObjectId object) {
    const auto& part = object_part(object);
    if (part.certificate && !journal_.replaced.contains(object)) {
        TRY(const auto held, seams_.chip.certificates(object));
        journal_.replaced[object] = held.empty() ? std::string{} : to_hex(held.front());
        TRYV(record());
    }
    TRYV(seams_.objects.write(object, *part.content));
    journal_.written.insert(object);
    return record();
}

Result<PublicKey> Work::key_of(ObjectId slot) {
    if (!facts(slot).key) {
        TRY(facts(slot).key, seams_.chip.public_key(slot));
    }
    return *facts(slot).key;
}

// issued asks for one certificate, and remembers it: a program that issues may count them.
Result<std::vector<x509::Certificate>> Work::issued(const SlotPart& part, const PublicKey& key) {
    auto& known = facts(part.slot);
    if (!pki::is_request_for(known.request, key)) {
        TRY(const auto subject, pki::Subject::parse(part.subject_of(uid_)));
        known.chain.clear();
        TRY(known.request, pki::make_request(seams_.chip, part.slot, key, subject));
        TRYV(record());
    }
    if (known.chain.empty()) {
        TRY(known.chain, seams_.issuer->issue(known.request));
        TRYV(record());
    }
    return x509::parse_certificate_file(text::as_bytes(known.chain), "the authority");
}

Result<void> check_issued(const std::vector<x509::Certificate>& chain, const Recipe& recipe,
                          const std::string& subject) {
    TRY(const auto wanted, pki::Subject::parse(subject));
    if (!wanted.is_that_of(chain.front())) {
        return fail(InputErrc::check_failed, "the authority issued a certificate for " + chain.front().subject() +
                                                 ", and the request was for " + subject);
    }
    if (!recipe.authority->trusted.empty()) {
        TRYV(x509::verify_chain(chain, recipe.authority->trusted));
    }
    return {};
}

// What is refused is not asked about again: the next attempt gets another certificate.
Result<void> Work::write_certificate(ObjectId object) {
    const auto& part = slot_part(*paired_key(object));
    TRY(const auto key, key_of(part.slot));
    TRY(const auto chain, issued(part, key));
    auto good = pki::check_certificate(chain, key, object, seams_.now(), "the authority");
    if (good) {
        good = check_issued(chain, recipe_, part.subject_of(uid_));
    }
    if (!good) {
        facts(part.slot).chain.clear();
        TRYV(record());
        return good;
    }
    TRYV(pki::prove_key(seams_.chip, part.slot, key));
    std::vector<Bytes> ders;
    for (const auto& certificate : chain) {
        ders.push_back(certificate.der());
    }
    facts(part.slot).proven = false;
    return seams_.chip.write_certificates(object, ders);
}

Result<std::vector<x509::Certificate>> Work::stored(ObjectId object) {
    TRY(const auto ders, seams_.chip.certificates(object));
    std::vector<x509::Certificate> chain;
    for (const auto& der : ders) {
        TRY(auto certificate, x509::Certificate::parse(der, "object " + object.hex()));
        chain.push_back(std::move(certificate));
    }
    return chain.empty() ? fail(InputErrc::nothing_there, object.hex() + " holds no certificate")
                         : Result<std::vector<x509::Certificate>>{std::move(chain)};
}

// prove takes the chain from the chip: that is what devices will show.
Result<void> Work::prove(ObjectId slot) {
    TRY(const auto key, key_of(slot));
    TRY(const auto chain, stored(*paired_certificate(slot)));
    std::vector<x509::Certificate> last;
    if (recipe_.authority->trusted.empty()) {
        TRY(auto end, x509::Certificate::parse(chain.back().der(), "the chain"));
        last.push_back(std::move(end));
    }
    const KeyReference reference{.key = slot, .public_key = key, .coprocessor = uid_, .device = {}, .label = {}};
    TRY(const auto version, seams_.handshake.prove(reference, chain, last.empty() ? recipe_.authority->trusted : last));
    seams_.note("handshake with " + slot.hex() + ": " + version);
    facts(slot).proven = true;
    return record();
}

Result<void> Work::set_conditions(ObjectId object) {
    return seams_.objects.change(object, rules_of(object).conditions);
}

Result<void> Work::raise(ObjectId object) {
    return seams_.objects.raise(object, *rules_of(object).life_cycle);
}

Result<Delivery> Work::delivery(const SlotPart& part) {
    TRY(const auto key, key_of(part.slot));
    Delivery delivery{.uid = uid_.hex(),
                      .slot = part.slot,
                      .public_key = keys::public_key_pem(key),
                      .recipe = recipe_.name,
                      .time = text::time_text(seams_.now())};
    if (!part.subject.empty()) {
        TRY(const auto chain, stored(*paired_certificate(part.slot)));
        delivery.certificate_id = pki::certificate_id(chain.front());
        for (const auto& certificate : chain) {
            delivery.certificate += certificate.pem();
        }
    }
    return delivery;
}

Result<void> Work::add_deliveries() {
    std::vector<Delivery> deliveries;
    for (const auto& part : recipe_.slots) {
        TRY(auto line, delivery(part));
        deliveries.push_back(std::move(line));
    }
    TRYV(add_to_manifest(seams_.files, recipe_.manifest, deliveries));
    journal_.listed = true;
    return record();
}

Result<void> Work::perform(const Action& action) {
    switch (action.kind) {
        case ActionKind::key:
            return make_key(action.object);
        case ActionKind::usage:
            return set_usage(action.object);
        case ActionKind::content:
            return write_content(action.object);
        case ActionKind::certificate:
            return write_certificate(action.object);
        case ActionKind::proof:
            return prove(action.object);
        case ActionKind::conditions:
            return set_conditions(action.object);
        case ActionKind::life_cycle:
            return raise(action.object);
        case ActionKind::manifest:
            break;
    }
    return add_deliveries();
}

Result<void> Work::give_up(const Plan& plan, Error error) {
    if (!plan.scrap.empty()) {
        journal_.phase = Phase::scrap;
        journal_.step = joined(plan.scrap);
        TRYV(record());
    }
    return tl::unexpected<Error>{std::move(error)};
}

// learn_keys finds the keys that an earlier attempt generated and did not live to record: a plan need not ask again.
Result<void> Work::learn_keys() {
    for (const auto& part : recipe_.slots) {
        TRY(const auto curve, seams_.chip.curve_in(part.slot));
        if (curve == part.curve && !facts(part.slot).key) {
            TRYV(key_of(part.slot).during("find the public key of " + part.slot.hex()));
        }
    }
    return {};
}

Result<void> Work::round(ActionKind last) {
    TRYV(learn_keys());
    TRY(const auto plan, make_plan(recipe_, seams_, journal_));
    if (auto good = check_plan(plan); !good) {
        return give_up(plan, good.error());
    }
    for (const auto& action : plan.actions) {
        if (action.kind > last) {
            break;
        }
        journal_.step = action.words;
        TRYV(record());
        TRYV(perform(action).during(action.words));
        seams_.note("done: " + action.words);
    }
    return {};
}

// run looks at the chip again before anything is permanent: what is closed was read back twice.
Result<void> Work::run() {
    for (const auto last : {ActionKind::conditions, ActionKind::life_cycle, ActionKind::manifest}) {
        TRYV(round(last));
    }
    TRY(const auto left, make_plan(recipe_, seams_, journal_));
    if (auto good = check_plan(left); !good) {
        return give_up(left, good.error());
    }
    if (!left.actions.empty()) {
        return fail(InputErrc::check_failed,
                    "the chip is not what was written to it; still to be done: " + left.actions.front().words);
    }
    journal_.phase = Phase::done;
    journal_.step.clear();
    return record();
}

// known is the journal of this chip and this recipe. What another recipe left is found in the chip.
Result<Journal> known(const Recipe& recipe, JournalFile& file, const Uid& uid, const Seams& seams) {
    Journal fresh{.chip = uid.hex(), .recipe = recipe.name, .digest = recipe.digest};
    TRY(auto journal, file.load());
    if (journal && journal->digest == recipe.digest) {
        journal->phase = Phase::applying;
        return *std::move(journal);
    }
    if (journal && journal->phase == Phase::applying) {
        seams.note("this chip was begun with another recipe, `" + journal->recipe +
                   "` as it was then; what it holds is compared with this one");
    }
    return fresh;
}

}  // namespace

Result<void> check_plan(const Plan& plan) {
    if (!plan.scrap.empty()) {
        return fail(ProvisioningErrc::scrap,
                    "this chip is scrap for this recipe, and nothing was done to it now: " + joined(plan.scrap));
    }
    if (!plan.obstacles.empty()) {
        return fail(InputErrc::refused, joined(plan.obstacles));
    }
    return {};
}

Result<Plan> plan(const Recipe& recipe, const Seams& seams) {
    TRY(const auto uid, seams.chip.uid());
    JournalFile file{seams.files, seams.state, uid};
    TRY(const auto journal, known(recipe, file, uid, seams));
    return make_plan(recipe, seams, journal);
}

Result<void> provision(const Recipe& recipe, const Seams& seams) {
    TRY(const auto uid, seams.chip.uid());
    JournalFile file{seams.files, seams.state, uid};
    TRY(const auto lock, file.lock());
    TRY(auto journal, known(recipe, file, uid, seams));
    return Work{recipe, seams, file, std::move(journal), uid}.run();
}

}  // namespace trustx::provisioning

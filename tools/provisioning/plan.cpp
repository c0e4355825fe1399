// SPDX-License-Identifier: Apache-2.0
#include "provisioning/plan.hpp"

#include "common/text/time_text.hpp"
#include "common/try.hpp"
#include "common/x509/certificate_chain.hpp"
#include "firmware/lowest_version.hpp"
#include "pki/error.hpp"
#include "pki/expiry.hpp"
#include "pki/request.hpp"
#include "pki/subject.hpp"

#include <trustx/life_cycle.hpp>
#include <trustx/objects.hpp>

#include <algorithm>
#include <map>

namespace trustx::provisioning {
namespace {

std::string title(ObjectId object) {
    return object.hex() + " (" + std::string{describe(object)->name} + ")";
}

// Target is an object and what the recipe says of it.
struct Target {
    ObjectId object;
    const Rules* rules;
};

class Planner {
 public:
    Planner(const Recipe& recipe, const Seams& seams, const Journal& journal)
        : recipe_{recipe}, seams_{seams}, journal_{journal} {}

    Result<Plan> run();

 private:
    Result<void> slot(const SlotPart& part);
    Result<void> key(const SlotPart& part, const Metadata& metadata);
    Result<void> certificate(const SlotPart& part, const std::optional<PublicKey>& key);
    Result<void> content(const ObjectPart& part);
    Result<bool> content_differs(const ObjectPart& part, const Metadata& metadata);
    Result<void> anchor(const ObjectPart& part);
    Result<void> conditions(const Target& target);
    Result<void> life_cycle(const Target& target);
    Result<bool> ends_closed(ObjectId object);
    Result<void> update_paths();

    Result<PublicKey> public_key(ObjectId slot);
    Result<const Metadata*> look(ObjectId object);
    [[nodiscard]] LifeCycles states_of(const Metadata& metadata) const;
    [[nodiscard]] const SlotFacts& facts(ObjectId slot) const;

    bool writable(ObjectId object, const Metadata& metadata, const std::string& lacks);
    void add(ActionKind kind, ObjectId object, std::string words, bool permanent = false);

    const Recipe& recipe_;
    const Seams& seams_;
    const Journal& journal_;
    LifeCycles states_{};
    Uid uid_{};
    std::map<ObjectId, Metadata> metadata_{};
    std::vector<Action> empty_anchors_{};
    Plan plan_{};
};

Result<const Metadata*> Planner::look(ObjectId object) {
    auto found = metadata_.find(object);
    if (found == metadata_.end()) {
        TRY(auto metadata, seams_.objects.metadata(object));
        found = metadata_.emplace(object, std::move(metadata)).first;
    }
    return &found->second;
}

LifeCycles Planner::states_of(const Metadata& metadata) const {
    auto states = states_;
    states.object = effective_life_cycle(metadata);
    return states;
}

const SlotFacts& Planner::facts(ObjectId slot) const {
    static const SlotFacts nothing;
    const auto found = journal_.slots.find(slot);
    return found == journal_.slots.end() ? nothing : found->second;
}

void Planner::add(ActionKind kind, ObjectId object, std::string words, bool permanent) {
    plan_.actions.push_back({.kind = kind, .object = object, .words = std::move(words), .permanent = permanent});
}

// writable judges whether what an object lacks can still be put into it. What an operational object refuses, it refuses
// permanently; before that, its conditions can be changed.
bool Planner::writable(ObjectId object, const Metadata& metadata, const std::string& lacks) {
    const auto states = states_of(metadata);
    const auto allowed = permission(metadata.change_access, states);
    if (allowed == Permission::granted || allowed == Permission::unknown) {
        return true;
    }
    const auto why =
        title(object) + " " + lacks + ", and " + explain_refusal(object, AccessKind::change, metadata, states);
    if (allowed == Permission::never && states.object >= LifeCycleState::operational) {
        plan_.scrap.push_back(why);
    } else {
        plan_.obstacles.push_back(why + "; `trustx metadata set " + object.hex() +
                                  " --change always` opens it while it is not operational");
    }
    return false;
}

Result<void> Planner::key(const SlotPart& part, const Metadata& metadata) {
    const auto wanted = std::string{curve_name(part.curve)} + ", usage " + to_string(part.usage);
    if (!metadata.key_algorithm) {
        if (writable(part.slot, metadata, "holds no key")) {
            add(ActionKind::key, part.slot, "a key pair is generated in " + title(part.slot) + " (" + wanted + ")");
        }
        return {};
    }
    if (*metadata.key_algorithm != part.curve) {
        const auto lacks = "holds a key on " + std::string{curve_name(*metadata.key_algorithm)} + " in place of " +
                           std::string{curve_name(part.curve)};
        if (writable(part.slot, metadata, lacks)) {
            plan_.obstacles.push_back(title(part.slot) + " " + lacks + "; `trustx keygen " + part.slot.hex() +
                                      " --curve " + std::string{curve_name(part.curve)} +
                                      " --force --out NEW-FILE` destroys that key");
        }
        return {};
    }
    if (metadata.key_usage != part.usage && effective_life_cycle(metadata) >= LifeCycleState::operational) {
        plan_.scrap.push_back("the key in " + title(part.slot) + " may be used for " +
                              (metadata.key_usage ? to_string(*metadata.key_usage) : "nothing") + " in place of " +
                              to_string(part.usage) + ", and the slot is operational: that can never be changed again");
    } else if (metadata.key_usage != part.usage) {
        add(ActionKind::usage, part.slot,
            "the key in " + title(part.slot) + " gets the usage " + to_string(part.usage));
    }
    return {};
}

Result<PublicKey> Planner::public_key(ObjectId slot) {
    const auto& known = facts(slot).key;
    return known ? Result<PublicKey>{*known} : seams_.chip.public_key(slot);
}

// suits judges a chain in the chip, leaf first: would the recipe have had it issued?
bool suits(const std::vector<x509::Certificate>& chain, const PublicKey& key, const std::string& subject,
           const Seams& seams, const AuthorityPart& authority) {
    const auto& leaf = chain.front();
    const auto certified = leaf.public_key();
    const auto wanted = pki::Subject::parse(subject);
    return certified && *certified == key && wanted && wanted->is_that_of(leaf) &&
           leaf.validity(seams.now()) == x509::Validity::valid &&
           (authority.trusted.empty() || x509::verify_chain(chain, authority.trusted));
}

// certificates_of takes what cannot be read for nothing: that is what an interrupted write leaves.
std::vector<x509::Certificate> certificates_of(const std::vector<Bytes>& stored) {
    std::vector<x509::Certificate> chain;
    for (const auto& der : stored) {
        auto certificate = x509::Certificate::parse(der, "it");
        if (!certificate) {
            return {};
        }
        chain.push_back(*std::move(certificate));
    }
    return chain;
}

Result<void> Planner::certificate(const SlotPart& part, const std::optional<PublicKey>& key) {
    const auto object = *paired_certificate(part.slot);
    TRY(const auto* metadata, look(object));
    TRY(const auto stored, seams_.chip.certificates(object));
    const auto present = certificates_of(stored);
    const auto subject = part.subject_of(uid_);
    if (!present.empty() && key && suits(present, *key, subject, seams_, *recipe_.authority)) {
        return {};
    }
    const auto held = present.empty() ? std::string{} : x509::summary(present.front());
    const auto lacks = present.empty() ? std::string{"holds no certificate"}
                                       : "holds " + held + " in place of a certificate for " + subject +
                                             " and the key in " + part.slot.hex();
    if (!writable(object, *metadata, lacks)) {
        return {};
    }
    const bool renewed = !present.empty() && key && present.front().public_key() == *key;
    if (!present.empty() && !renewed && !part.replace) {
        plan_.obstacles.push_back(title(object) + " " + lacks + "; `replace = true` in [slot." + part.slot.hex() +
                                  "] lets it be replaced");
        return {};
    }
    add(ActionKind::certificate, object,
        "a certificate for " + subject + " is requested with the key in " + part.slot.hex() +
            ", checked, and written into " + title(object) + (held.empty() ? "" : " in place of " + held));
    return {};
}

Result<void> Planner::slot(const SlotPart& part) {
    TRY(const auto* metadata, look(part.slot));
    TRYV(key(part, *metadata));
    const bool present = metadata->key_algorithm == part.curve;
    std::optional<PublicKey> known;
    if (present && (!part.subject.empty() || !facts(part.slot).key)) {
        TRY(known, public_key(part.slot).during("find the public key of " + title(part.slot)));
    }
    if (part.subject.empty()) {
        return {};
    }
    const auto before = plan_.actions.size();
    TRYV(certificate(part, known));
    if (plan_.actions.size() != before || !present || !facts(part.slot).proven) {
        add(ActionKind::proof, part.slot,
            "a TLS handshake in memory proves key and certificate of " + title(part.slot));
    }
    return {};
}

// anchor lets a place that holds no usable anchor be written before one that does, so that the chip has one throughout.
Result<void> Planner::anchor(const ObjectPart& part) {
    TRY(const auto stored, seams_.chip.certificates(part.object));
    if (!stored.empty() && stored.front() == *part.content) {
        return {};
    }
    const auto present = certificates_of(stored);
    const auto wanted = x509::summary(*part.certificate);
    const auto held = present.empty() ? std::string{} : x509::summary(present.front());
    const auto lacks = held.empty() ? std::string{"holds no trust anchor"} : "holds " + held + " in place of " + wanted;
    TRY(const auto* metadata, look(part.object));
    if (!writable(part.object, *metadata, lacks)) {
        return {};
    }
    if (!held.empty() && !part.replace && !journal_.replaced.contains(part.object)) {
        plan_.obstacles.push_back(title(part.object) + " " + lacks + "; `replace = true` in [anchor." +
                                  part.object.hex() + "] lets it be replaced");
        return {};
    }
    (held.empty() ? empty_anchors_ : plan_.actions)
        .push_back({.kind = ActionKind::content,
                    .object = part.object,
                    .words = "the trust anchor " + wanted + " is written into " + title(part.object) +
                             (held.empty() ? "" : " in place of " + held)});
    return {};
}

// content_differs compares as much as the chip tells. What cannot be read was written and read back before its
// conditions were set, if this journal says so or nobody could have written it since.
Result<bool> Planner::content_differs(const ObjectPart& part, const Metadata& metadata) {
    const auto used = metadata.used_size ? metadata.used_size : metadata.max_size;
    if (permission(metadata.read_access, states_of(metadata)) != Permission::granted) {
        const bool open = permission(metadata.change_access, states_of(metadata)) == Permission::granted;
        return open && !journal_.written.contains(part.object);
    }
    if (used && *used < part.content->size()) {
        return true;
    }
    TRY(const auto present, seams_.objects.read(part.object));
    // A chip in use may have a higher one than the recipe gave it.
    return present != *part.content && !firmware::lowers(present, *part.content);
}

Result<void> Planner::content(const ObjectPart& part) {
    if (!part.content) {
        return {};
    }
    if (part.certificate) {
        return anchor(part);
    }
    TRY(const auto* metadata, look(part.object));
    TRY(const auto differs, content_differs(part, *metadata));
    const auto size = std::to_string(part.content->size()) + " bytes";
    if (differs && writable(part.object, *metadata, "does not hold the " + size + " of the recipe")) {
        add(ActionKind::content, part.object, size + " are written into " + title(part.object));
    }
    return {};
}

Result<void> Planner::conditions(const Target& target) {
    TRY(const auto* metadata, look(target.object));
    const auto planned = plan_metadata(target.object, *metadata, target.rules->conditions, states_);
    if (!planned && planned.error() == ChipError::access_conditions_not_satisfied) {
        plan_.scrap.push_back(title(target.object) + " has other conditions than the recipe says (change " +
                              explain_access(metadata->change_access) + ", read " +
                              explain_access(metadata->read_access) +
                              "), and is operational: they can never be changed again");
        return {};
    }
    TRYV(planned);
    if (planned->empty()) {
        return {};
    }
    std::string words = "the conditions of " + title(target.object) + " become";
    for (const auto& step : planned->steps) {
        words += (&step == &planned->steps.front() ? " " : "; ") + step;
    }
    for (const auto& caution : planned->cautions) {
        words += "; " + caution;
    }
    add(ActionKind::conditions, target.object, std::move(words));
    return {};
}

Result<void> Planner::life_cycle(const Target& target) {
    TRY(const auto* metadata, look(target.object));
    const auto wanted = target.rules->life_cycle;
    const auto present = effective_life_cycle(*metadata);
    if (present == LifeCycleState::termination) {
        plan_.scrap.push_back(title(target.object) + " is terminated: its use has ended permanently");
    }
    if (!wanted || present >= *wanted) {
        return {};
    }
    add(ActionKind::life_cycle, target.object,
        title(target.object) + " becomes " + to_string(*wanted) +
            (*wanted == LifeCycleState::operational ? "; its conditions can never be changed again" : std::string{}),
        true);
    return {};
}

// ends_closed judges by the chip's own conditions: a recipe that names none can close an object by its life cycle.
Result<bool> Planner::ends_closed(ObjectId object) {
    TRY(const auto* metadata, look(object));
    auto states = states_of(*metadata);
    auto condition = metadata->change_access;
    const auto part = std::ranges::find(recipe_.objects, object, &ObjectPart::object);
    if (part != recipe_.objects.end()) {
        states.object = std::max(states.object, part->rules.life_cycle.value_or(states.object));
        condition = part->rules.conditions.change_access ? part->rules.conditions.change_access : condition;
    }
    return is_closed(condition, states);
}

// update_paths leaves alone what is closed already.
Result<void> Planner::update_paths() {
    for (const auto& part : recipe_.objects) {
        TRY(const auto* metadata, look(part.object));
        TRY(const auto closed, ends_closed(part.object));
        if (describe(part.object)->kind != ObjectKind::trust_anchor || !closed || part.update_path == replace_chip ||
            is_closed(metadata->change_access, states_of(*metadata))) {
            continue;
        }
        bool kept = false;
        if (!part.update_path.empty()) {
            TRY(const auto other, ObjectId::parse(part.update_path));
            TRY(const auto other_closed, ends_closed(other));
            kept = !other_closed;
        }
        if (!kept) {
            plan_.obstacles.push_back("the recipe leaves " + title(part.object) +
                                      " closed without an update path that is open; see `update_path` in "
                                      "trustx-recipe(5)");
        }
    }
    return {};
}

// targets_of are all objects that the recipe has rules for.
std::vector<Target> targets_of(const Recipe& recipe) {
    std::vector<Target> targets;
    for (const auto& part : recipe.slots) {
        targets.push_back({part.slot, &part.rules});
    }
    for (const auto& part : recipe.objects) {
        targets.push_back({part.object, &part.rules});
    }
    return targets;
}

Result<Plan> Planner::run() {
    TRY(states_, seams_.objects.life_cycles());
    TRY(uid_, seams_.chip.uid());
    plan_.warnings = expiry_warnings(recipe_, seams_.now());
    for (const auto& part : recipe_.slots) {
        TRYV(slot(part));
    }
    for (const auto& part : recipe_.objects) {
        TRYV(content(part));
    }
    for (const auto& target : targets_of(recipe_)) {
        TRYV(conditions(target));
        TRYV(life_cycle(target));
    }
    TRYV(update_paths());
    if (!recipe_.manifest.empty() && !recipe_.slots.empty() && !journal_.listed) {
        add(ActionKind::manifest, {}, "a line for each key is added to " + recipe_.manifest);
    }
    plan_.actions.insert(plan_.actions.begin(), empty_anchors_.begin(), empty_anchors_.end());
    std::ranges::stable_sort(plan_.actions, {}, &Action::kind);
    if (!plan_.scrap.empty()) {
        plan_.actions.clear();
    }
    return std::move(plan_);
}

}  // namespace

std::vector<std::string> expiry_warnings(const Recipe& recipe, std::time_t now) {
    std::vector<std::string> warnings;
    const auto warn = [&](const std::string& role, const x509::Certificate& certificate, std::chrono::days time) {
        if (auto text = pki::expiry_warning(role, certificate, now, time); !text.empty()) {
            warnings.push_back(std::move(text));
        }
    };
    for (const auto& part : recipe.objects) {
        if (part.certificate) {
            warn("the trust anchor for " + part.object.hex(), *part.certificate, recipe.lifetime);
        }
    }
    if (!recipe.authority) {
        return warnings;
    }
    for (const auto& certificate : recipe.authority->trusted) {
        warn("the certificate of the authority", certificate, recipe.lifetime);
    }
    if (recipe.authority->command.empty() && recipe.authority->validity < recipe.lifetime) {
        warnings.push_back("the certificates are issued for " + std::to_string(recipe.authority->validity.count()) +
                           " days, and a device lives for " + std::to_string(recipe.lifetime.count()) +
                           ": plan now how devices get the next one");
    }
    return warnings;
}

namespace {

Result<void> check_begun(const x509::Certificate& certificate, std::time_t now) {
    return certificate.validity(now) != x509::Validity::not_yet
               ? Result<void>{}
               : fail(pki::PkiErrc::clock_wrong, "the certificate of " + certificate.subject() + " begins at " +
                                                     certificate.not_before() + ", and this computer's clock says " +
                                                     text::time_text(now) +
                                                     ": set the clock, or chips get certificates with wrong dates");
}

// check_clock knows no other clock than the certificates of the recipe: nobody makes them for the future.
Result<void> check_clock(const Recipe& recipe, std::time_t now) {
    for (const auto& part : recipe.objects) {
        TRYV(part.certificate ? check_begun(*part.certificate, now) : Result<void>{});
    }
    if (recipe.authority) {
        for (const auto& certificate : recipe.authority->trusted) {
            TRYV(check_begun(certificate, now));
        }
    }
    return {};
}

}  // namespace

Result<Plan> make_plan(const Recipe& recipe, const Seams& seams, const Journal& journal) {
    TRYV(check_clock(recipe, seams.now()));
    return Planner{recipe, seams, journal}.run();
}

}  // namespace trustx::provisioning

// SPDX-License-Identifier: Apache-2.0
#include "common/try.hpp"

#include <trustx/life_cycle.hpp>
#include <trustx/metadata_plan.hpp>

namespace trustx {
namespace {

std::string usage_text(const std::optional<KeyUsage>& usage) {
    return usage ? to_string(*usage) : "nothing";
}

tl::unexpected<Error> impossible(ObjectId object, const std::string& why) {
    return fail(Errc::argument_invalid, "metadata of " + object.hex() + ": " + why);
}

// Planner collects the differences of one object.
class Planner {
 public:
    Planner(ObjectId object, const Metadata& present, const LifeCycles& states)
        : plan_{object, present, {}, {}, {}}, states_{states} {}

    void access(const char* name, std::optional<Bytes> Metadata::*field, const std::optional<Bytes>& wanted) {
        const auto& present = plan_.before.*field;
        if (!wanted || present == wanted || (never_allows(present) && never_allows(wanted))) {
            return;  // an absent condition is one that never allows (chip-objects.md section 2)
        }
        plan_.tags.*field = wanted;
        plan_.steps.push_back(std::string{name} + ": " + explain_access(present) + " -> " + explain_access(wanted));
    }

    void usage(const std::optional<KeyUsage>& wanted) {
        if (!wanted || plan_.before.key_usage == wanted) {
            return;
        }
        plan_.tags.key_usage = wanted;
        plan_.steps.push_back("usage: " + usage_text(plan_.before.key_usage) + " -> " + usage_text(wanted));
    }

    MetadataPlan plan() && {
        caution(&Metadata::change_access, "write the content");
        caution(&Metadata::read_access, "read the content");
        caution(&Metadata::execute_access, "use the key");
        if (plan_.tags.key_usage) {
            plan_.cautions.emplace_back("programs that use the key for something else will be refused");
        }
        return std::move(plan_);
    }

 private:
    void caution(std::optional<Bytes> Metadata::*field, const std::string& action) {
        if (!(plan_.tags.*field)) {
            return;
        }
        const bool granted_now = permission(plan_.before.*field, states_) == Permission::granted;
        switch (permission(plan_.tags.*field, states_)) {
            case Permission::never:
                plan_.cautions.push_back(
                    "nobody can " + action +
                    " until this is changed again, and never again once the object is operational");
                break;
            case Permission::later:
                if (granted_now) {
                    plan_.cautions.push_back("nobody can " + action + " until a life cycle state is raised");
                }
                break;
            case Permission::granted:
            case Permission::unknown:
                break;
        }
    }

    MetadataPlan plan_;
    LifeCycles states_;
};

// check refuses what the chip would answer with error 05.
Result<void> check(ObjectId object, const Metadata& present, const MetadataChange& change) {
    for (const auto* expression : {&change.change_access, &change.read_access, &change.execute_access}) {
        if (*expression && !is_access_condition(**expression)) {
            return impossible(object, explain_access(*expression));
        }
    }
    if (change.key_usage && !present.key_algorithm) {
        return impossible(object, "a usage belongs to a key, and there is none");
    }
    const auto* info = describe(object);
    if (change.read_access && !never_allows(change.read_access) && info != nullptr && info->kind == ObjectKind::key) {
        return impossible(object, "the chip never tells a key, whatever its condition says");
    }
    // Trust X does not know the tag; its successors show it for every key (chip-objects.md section 2).
    if (change.execute_access && !present.execute_access) {
        return fail(Errc::not_supported, "metadata of " + object.hex() + ": no condition for its use");
    }
    return {};
}

}  // namespace

Metadata MetadataPlan::after() const {
    Metadata result = before;
    const auto take = [](auto& field, const auto& tag) {
        if (tag) {
            field = tag;
        }
    };
    take(result.change_access, tags.change_access);
    take(result.read_access, tags.read_access);
    take(result.execute_access, tags.execute_access);
    take(result.key_usage, tags.key_usage);
    return result;
}

Result<MetadataPlan> plan_metadata(ObjectId object, const Metadata& present, const MetadataChange& change,
                                   LifeCycles states) {
    TRYV(check(object, present, change));
    states.object = effective_life_cycle(present);
    Planner planner{object, present, states};
    planner.access("change", &Metadata::change_access, change.change_access);
    planner.access("read", &Metadata::read_access, change.read_access);
    planner.access("execute", &Metadata::execute_access, change.execute_access);
    planner.usage(change.key_usage);
    MetadataPlan plan = std::move(planner).plan();
    if (plan.empty()) {
        return plan;
    }
    // From operational on the chip takes no other change than a higher state (chip-objects.md section 3).
    if (states.object >= LifeCycleState::operational) {
        return fail(ChipError::access_conditions_not_satisfied,
                    object.hex() + " is " + to_string(states.object) + ": its metadata can never be changed again");
    }
    if (const std::size_t size = plan.after().encode().size() + present.other_tags; size > Metadata::max_encoded) {
        return impossible(object, "it would take " + std::to_string(size) + " bytes, and the chip holds " +
                                      std::to_string(Metadata::max_encoded));
    }
    return plan;
}

Result<void> apply_metadata(LockedDevice& device, const MetadataPlan& plan) {
    if (plan.empty()) {
        return {};
    }
    const std::string operation = "change the metadata of " + plan.object.hex();
    TRYV(device.run(SetMetadata{plan.object, plan.tags}).during(operation));
    TRY(const auto present, device.run(GetMetadata{plan.object}).during(operation + ", reading it back"));
    return present == plan.after() ? Result<void>{} : fail(Errc::verify_mismatch, operation);
}

}  // namespace trustx

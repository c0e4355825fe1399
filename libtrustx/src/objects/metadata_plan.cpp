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
    Planner(ObjectId object, const Metadata& present) : plan_{object, present, {}, {}, {}} {}

    void access(const char* name, std::optional<Bytes> Metadata::*field, const std::optional<Bytes>& wanted) {
        const auto& present = plan_.before.*field;
        if (!wanted || present == wanted) {
            return;
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

    void caution(bool applies, const char* text) {
        if (applies) {
            plan_.cautions.emplace_back(text);
        }
    }

    MetadataPlan plan() && {
        const auto never = [](const std::optional<Bytes>& access) { return access && never_allows(access); };
        caution(
            never(plan_.tags.change_access),
            "nobody can write the content until this is changed again, and never again once the object is operational");
        caution(
            never(plan_.tags.read_access),
            "nobody can read the content until this is changed again, and never again once the object is operational");
        caution(never(plan_.tags.execute_access),
                "nobody can use the key until this is changed again, and never again once the object is operational");
        caution(plan_.tags.key_usage.has_value(), "programs that use the key for something else will be refused");
        return std::move(plan_);
    }

 private:
    MetadataPlan plan_;
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

Result<MetadataPlan> plan_metadata(ObjectId object, const Metadata& present, const MetadataChange& change) {
    TRYV(check(object, present, change));
    Planner planner{object, present};
    planner.access("change", &Metadata::change_access, change.change_access);
    planner.access("read", &Metadata::read_access, change.read_access);
    planner.access("execute", &Metadata::execute_access, change.execute_access);
    planner.usage(change.key_usage);
    MetadataPlan plan = std::move(planner).plan();
    if (plan.empty()) {
        return plan;
    }
    // From operational on the chip takes no other change than a higher state (chip-objects.md section 3).
    if (effective_life_cycle(present) >= LifeCycleState::operational) {
        return fail(
            ChipError::access_conditions_not_satisfied,
            "change the metadata of " + object.hex() + ", which is " + to_string(effective_life_cycle(present)));
    }
    if (const std::size_t size = plan.after().encode().size(); size > Metadata::max_encoded) {
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

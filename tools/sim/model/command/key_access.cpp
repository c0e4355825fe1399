// SPDX-License-Identifier: Apache-2.0
#include "model/command/key_access.hpp"

#include "common/try.hpp"

namespace trustx::sim {

Outcome<KeyInUse> find_key(const CommandContext& context, ObjectId id) {
    if (is_session(id)) {
        const auto* key = std::get_if<EphemeralKey>(&context.application.session(id));
        if (key == nullptr) {
            return fail(ErrorCode::invalid_parameter_in_data);
        }
        return KeyInUse{key->curve, key->usage, key->scalar};
    }
    const Object* object = context.chip.find(id);
    if (object == nullptr || object->kind != ObjectKind::private_key) {
        return fail(ErrorCode::invalid_oid);
    }
    if (object->content.empty() || !object->metadata.algorithm) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    return KeyInUse{static_cast<Curve>(*object->metadata.algorithm), object->metadata.key_usage.value_or(0),
                    object->content};
}

Outcome<KeyInUse> use_key(CommandContext& context, ObjectId id, std::uint8_t any_usage) {
    TRY(auto key, find_key(context, id));
    if ((key.usage & any_usage) == 0) {
        return fail(ErrorCode::unsupported_key_usage_or_algorithm);
    }
    // Session keys are no protected event (chip-objects.md section 9).
    if (is_session(id)) {
        ++context.counters.session_key_uses;
    } else {
        ++context.counters.private_key_uses;
        context.monitor.event(context.now, context.chip.byte(ObjectId::security_event_counter));
    }
    return key;
}

}  // namespace trustx::sim

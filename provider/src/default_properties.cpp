// SPDX-License-Identifier: Apache-2.0
#include "default_properties.hpp"

#include "algorithms.hpp"

#include <algorithm>
#include <string>

namespace trustx::provider {
namespace {

// without_spaces also drops the quotes that a value may have.
std::string without_spaces(std::string_view text) {
    std::string plain;
    std::ranges::copy_if(text, std::back_inserter(plain),
                         [](char c) { return c != ' ' && c != '\t' && c != '"' && c != '\''; });
    return plain;
}

// Other providers of the library context are not our business.
int ignore(const OSSL_CORE_HANDLE* /*provider*/, void* /*argument*/) {
    return 1;
}

// Called under locks of libcrypto: nothing may be fetched here.
int note_properties(const char* query, void* argument) {
    try {
        static_cast<std::atomic<bool>*>(argument)->store(prefers_us(query));
    } catch (const std::bad_alloc&) {
        return 0;
    }
    return 1;
}

}  // namespace

bool prefers_us(std::string_view query) {
    bool prefers = false;
    while (!query.empty()) {
        const auto end = std::min(query.find(','), query.size());
        auto clause = without_spaces(query.substr(0, end));
        query.remove_prefix(std::min(end + 1, query.size()));
        if (clause.starts_with('?')) {
            clause.erase(0, 1);
        }
        prefers = prefers || clause == our_algorithm;
    }
    return prefers;
}

DefaultProperties::DefaultProperties(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* upcalls) : handle_{handle} {
    OSSL_FUNC_provider_register_child_cb_fn* enroll = nullptr;
    OSSL_FUNC_provider_deregister_child_cb_fn* leave = nullptr;
    for (; upcalls->function_id != 0; ++upcalls) {
        if (upcalls->function_id == OSSL_FUNC_PROVIDER_REGISTER_CHILD_CB) {
            enroll = OSSL_FUNC_provider_register_child_cb(upcalls);
        } else if (upcalls->function_id == OSSL_FUNC_PROVIDER_DEREGISTER_CHILD_CB) {
            leave = OSSL_FUNC_provider_deregister_child_cb(upcalls);
        }
    }
    if (enroll != nullptr && leave != nullptr && enroll(handle, ignore, ignore, note_properties, &prefer_us_) == 1) {
        deregister_ = leave;
    }
}

DefaultProperties::~DefaultProperties() {
    if (deregister_ != nullptr) {
        deregister_(handle_);
    }
}

}  // namespace trustx::provider

// SPDX-License-Identifier: Apache-2.0
#include "shadow/topics.hpp"

namespace trustx::mqtt {

ShadowTopics::ShadowTopics(const std::string& thing, const std::string& name)
    : prefix_{"$aws/things/" + thing + "/shadow/" + (name.empty() ? "" : "name/" + name + "/")} {}

std::vector<std::string> answers(const std::string& request) {
    return {request + "/accepted", request + "/rejected"};
}

}  // namespace trustx::mqtt

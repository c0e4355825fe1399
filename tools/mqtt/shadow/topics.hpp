// SPDX-License-Identifier: Apache-2.0
// The topics of a shadow of a thing: the classic one, or one with a name (aws-iot.md section 8.1).
#pragma once

#include <string>
#include <vector>

namespace trustx::mqtt {

class ShadowTopics {
 public:
    // thing and name must be names as requests/names.hpp has them; an empty name is the classic shadow.
    ShadowTopics(const std::string& thing, const std::string& name);

    [[nodiscard]] std::string get() const { return prefix_ + "get"; }
    [[nodiscard]] std::string update() const { return prefix_ + "update"; }
    [[nodiscard]] std::string remove() const { return prefix_ + "delete"; }
    [[nodiscard]] std::string delta() const { return prefix_ + "update/delta"; }
    [[nodiscard]] std::string documents() const { return prefix_ + "update/documents"; }

 private:
    std::string prefix_;
};

// answers are the topics on which a request is answered. They are subscribed to one by one: shadow/# would bring one's
// own requests back (aws-iot.md section 8.1).
[[nodiscard]] std::vector<std::string> answers(const std::string& request);

}  // namespace trustx::mqtt

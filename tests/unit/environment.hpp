// SPDX-License-Identifier: Apache-2.0
// An environment variable that is put back as it was. Not for tests that run threads.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace trustx::test {

class ScopedVariable {
 public:
    // Without a value the variable is removed.
    explicit ScopedVariable(std::string name, const std::optional<std::string>& value = {}) : name_{std::move(name)} {
        if (const char* present = std::getenv(name_.c_str())) {
            before_ = present;
        }
        set(value);
    }
    ~ScopedVariable() { set(before_); }
    ScopedVariable(const ScopedVariable&) = delete;
    ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
    void set(const std::optional<std::string>& value) const {
        if (value) {
            ::setenv(name_.c_str(), value->c_str(), 1);
        } else {
            ::unsetenv(name_.c_str());
        }
    }

    std::string name_;
    std::optional<std::string> before_;
};

}  // namespace trustx::test

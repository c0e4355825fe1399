// SPDX-License-Identifier: Apache-2.0
// What `trustx setup check` found.
#pragma once

#include "common/files/input_error.hpp"

#include <trustx/result.hpp>

#include <optional>
#include <string>

namespace trustx::cli {

// CheckReport collects findings, a line each: "ok", "note", "skipped" or "FAILED", the subject, and the finding. A
// failure has a second line with the remedy.
class CheckReport {
 public:
    void ok(const std::string& subject, const std::string& finding) { add("ok", subject, finding); }
    void note(const std::string& subject, const std::string& finding) { add("note", subject, finding); }
    void skipped(const std::string& subject, const std::string& why) { add("skipped", subject, why); }
    void failed(const std::string& subject, const Error& error, const std::string& remedy);
    void failed(const std::string& subject, InputErrc code, const std::string& finding, const std::string& remedy) {
        failed(subject, Error{code, finding}, remedy);
    }

    // finish prints everything. Error: the first that failed.
    [[nodiscard]] Result<void> finish() const;

 private:
    void add(const std::string& verdict, const std::string& subject, const std::string& finding);

    std::string text_;
    std::optional<Error> first_;
};

}  // namespace trustx::cli

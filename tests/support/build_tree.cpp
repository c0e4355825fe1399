// SPDX-License-Identifier: Apache-2.0
#include "build_tree.hpp"

#include <iostream>

namespace trustx::test {

namespace fs = std::filesystem;

namespace {

bool skipped(bool here, const std::string& reason) {
    if (here) {
        std::cout << "skipped under sanitizers: " << reason << std::endl;
    }
    return here;
}

}  // namespace

fs::path program(const std::string& name) {
    return fs::path(TEST_PROGRAM_DIR) / name;
}

fs::path library() {
    return TEST_LIBRARY;
}

fs::path module_directory() {
    return TEST_MODULE_DIR;
}

fs::path source_directory() {
    return TEST_SOURCE_DIR;
}

std::map<std::string, std::string> foreign_program_environment() {
    if (!sanitized()) {
        return {};
    }
    // The foreign program's own leaks are not our business.
    return {{"LD_PRELOAD", TEST_SANITIZER_RUNTIME}, {"ASAN_OPTIONS", "detect_leaks=0"}};
}

bool sanitized() {
    return !std::string(TEST_SANITIZER_RUNTIME).empty();
}

bool skipped_under_sanitizers(const std::string& reason) {
    return skipped(sanitized(), reason);
}

bool skipped_under_thread_sanitizer(const std::string& reason) {
    return skipped(std::string(TEST_SANITIZER_RUNTIME).find("tsan") != std::string::npos, reason);
}

bool curl_skipped() {
    return skipped_under_sanitizers("curl waits endlessly in setlocale");
}

}  // namespace trustx::test

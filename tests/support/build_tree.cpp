// SPDX-License-Identifier: Apache-2.0
#include "build_tree.hpp"

namespace trustx::test {

namespace fs = std::filesystem;

fs::path program(const std::string& name) {
    return fs::path(TEST_PROGRAM_DIR) / name;
}

fs::path library(const std::string& name) {
    return fs::path(TEST_LIBRARY_DIR) / name;
}

fs::path module_directory() {
    return TEST_MODULE_DIR;
}

fs::path source_directory() {
    return TEST_SOURCE_DIR;
}

std::map<std::string, std::string> foreign_program_environment() {
    if (!sanitized())
        return {};
    // The foreign program's own leaks are not our business.
    return {{"LD_PRELOAD", TEST_SANITIZER_RUNTIME}, {"ASAN_OPTIONS", "detect_leaks=0"}};
}

bool sanitized() {
    return !std::string(TEST_SANITIZER_RUNTIME).empty();
}

bool curl_runs() {
    return !sanitized();
}

}  // namespace trustx::test

// SPDX-License-Identifier: Apache-2.0
// Where the build put what the tests run, and where the sources lie.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace trustx::test {

// program is the path of a built program: program("trustx-sim").
std::filesystem::path program(const std::string& name);

// library is the path of the built library, by its SONAME.
std::filesystem::path library();

// module_directory holds trustx.so, as `openssl -provider-path` wants it.
std::filesystem::path module_directory();

// source_directory is the top of the source tree.
std::filesystem::path source_directory();

// foreign_program_environment is what a program that we did not build (openssl, curl, mosquitto) needs to load a
// module of ours in a sanitizer build. Empty in other builds.
std::map<std::string, std::string> foreign_program_environment();

// sanitized tells whether this build runs under a sanitizer, where everything takes several times as long.
bool sanitized();

// skipped_under_sanitizers prints the reason and is true in a sanitizer build; the test then returns, and ctest reports
// it as skipped (Catch2 2 has no word for that). To be asked before the first check: ctest would not count a failed
// one.
bool skipped_under_sanitizers(const std::string& reason);
bool skipped_under_thread_sanitizer(const std::string& reason);

// curl_skipped is skipped_under_sanitizers for tests of curl: Debian 12's, with AddressSanitizer loaded into it, waits
// endlessly in its first call of setlocale, with or without a module of ours.
bool curl_skipped();

}  // namespace trustx::test

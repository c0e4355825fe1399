// SPDX-License-Identifier: Apache-2.0
// Stands in for libFuzzer where the compiler has none: runs a fuzz target over the files of its corpus. Every build
// thereby tests what the fuzzer once found.
#include "fuzz_input.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& directory) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator{directory}) {
        if (entry.is_regular_file()) {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

void run(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    const std::vector<char> content{std::istreambuf_iterator<char>{file}, {}};
    // Printed first: the last line names the input that ended the process.
    std::cout << path.string() << " (" << content.size() << " bytes)" << std::endl;
    // An empty vector may have no address at all, which libFuzzer never passes.
    const std::vector<std::uint8_t> bytes{content.begin(), content.end()};
    const std::uint8_t nothing = 0;
    LLVMFuzzerTestOneInput(bytes.empty() ? &nothing : bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " CORPUS-DIRECTORY\n";
        return 2;
    }
    const auto files = files_in(argv[1]);
    if (files.empty()) {
        std::cerr << argv[1] << ": no corpus\n";
        return 1;
    }
    std::for_each(files.begin(), files.end(), run);
    std::cout << files.size() << " inputs\n";
    return 0;
} catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << '\n';
    return 1;
}

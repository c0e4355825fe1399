// SPDX-License-Identifier: Apache-2.0
// Stands in for libFuzzer where the compiler has none: runs a fuzz target over the files of its corpus, and then over
// inputs made by changing those, always the same ones. Every build thereby tests what the fuzzer once found, and goes a
// few steps from there.
#include "fuzz_input.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string_view>

#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using Input = std::vector<std::uint8_t>;

// The number of the changed input that is under way, for whoever has to repeat it. Read by a signal handler.
volatile std::sig_atomic_t under_way = 0;

void name_input(int signal) {
    std::array<char, 64> text{"\nbroken by changed input "};
    char* const number = text.data() + std::strlen(text.data());
    char* const end = std::to_chars(number, text.data() + text.size() - 1, static_cast<int>(under_way)).ptr;
    *end = '\n';
    static_cast<void>(!::write(STDERR_FILENO, text.data(), static_cast<std::size_t>(end + 1 - text.data())));
    std::signal(signal, SIG_DFL);
    static_cast<void>(std::raise(signal));
}

void run(const Input& input) {
    // An empty vector may have no address at all, which libFuzzer never passes.
    const std::uint8_t nothing = 0;
    LLVMFuzzerTestOneInput(input.empty() ? &nothing : input.data(), input.size());
}

// All files of the corpus, run and kept.
std::vector<Input> replay(const fs::path& directory) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator{directory}) {
        if (entry.is_regular_file()) {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    std::vector<Input> inputs;
    for (const auto& path : files) {
        std::ifstream file{path, std::ios::binary};
        const std::vector<char> content{std::istreambuf_iterator<char>{file}, {}};
        // Printed first: the last line names the input that ended the process.
        std::cout << path.string() << " (" << content.size() << " bytes)" << std::endl;
        inputs.emplace_back(content.begin(), content.end());
        run(inputs.back());
    }
    return inputs;
}

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) {
    return limit == 0 ? 0 : static_cast<std::size_t>(random()) % limit;
}

// One change: a bit, a byte set to a boundary value, a part removed, doubled, or inserted from another input.
void change(Input& input, const Input& other, Random& random) {
    static constexpr std::array<std::uint8_t, 8> boundaries{0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF, 0x20, 0xE0};
    const std::size_t at = below(random, input.size());
    const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
    const auto part = static_cast<std::ptrdiff_t>(below(random, std::min<std::size_t>(input.size() - at, 32)) + 1);
    switch (input.empty() ? 4 : random() % 5) {
        case 0:
            *place = static_cast<std::uint8_t>(*place ^ (1U << (random() % 8)));
            break;
        case 1:
            *place = boundaries[random() % boundaries.size()];
            break;
        case 2:
            input.erase(place, place + std::min<std::ptrdiff_t>(part, input.end() - place));
            break;
        case 3: {
            const Input copy(place, place + std::min<std::ptrdiff_t>(part, input.end() - place));
            input.insert(place, copy.begin(), copy.end());
            break;
        }
        default: {
            const auto first = other.begin() + static_cast<std::ptrdiff_t>(below(random, other.size()));
            input.insert(place, first, first + std::min<std::ptrdiff_t>(part, other.end() - first));
            break;
        }
    }
}

// The changed input of a number, the same one on every machine as long as the corpus is.
Input changed_input(const std::vector<Input>& corpus, int number) {
    Random random{static_cast<Random::result_type>(number)};
    Input input = corpus[below(random, corpus.size())];
    for (auto changes = random() % 4 + 1; changes > 0; --changes) {
        change(input, corpus[below(random, corpus.size())], random);
    }
    return input;
}

bool to_number(std::string_view text, int& number) {
    return std::from_chars(text.data(), text.data() + text.size(), number).ptr == text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) try {
    int first = 1;
    int last = 0;
    if ((argc != 2 && argc != 4) || (argc == 4 && !(to_number(argv[2], first) && to_number(argv[3], last)))) {
        std::cerr << "usage: " << argv[0] << " CORPUS-DIRECTORY [FIRST LAST]\n"
                  << "runs the files of the corpus, and the inputs of these numbers made from them\n";
        return 2;
    }
    const auto corpus = replay(argv[1]);
    if (corpus.empty()) {
        std::cerr << argv[1] << ": no corpus\n";
        return 1;
    }
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE}) {
        std::signal(signal, name_input);
    }
    for (int number = first; number <= last; ++number) {
        under_way = number;
        run(changed_input(corpus, number));
    }
    std::cout << corpus.size() << " inputs, " << std::max(0, last - first + 1) << " changed ones\n";
    return 0;
} catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << '\n';
    return 1;
}

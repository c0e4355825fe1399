// SPDX-License-Identifier: Apache-2.0
// Something for each kind of hardening to do: arrays on the stack, copies of unknown length, functions by address.
#include <cstdio>
#include <cstring>

namespace {

int copy(char* to, const char* from) {
    std::strcpy(to, from);
    return 1;
}

int prepend(char* to, const char* from) {
    std::memmove(to + 1, from, std::strlen(from) + 1);
    *to = '-';
    return 2;
}

int append(char* to, const char* from) {
    std::strcat(to, from);
    return 3;
}

int print(char* to, const char* from) {
    return std::sprintf(to, "%s", from);
}

int shorten(char* to, const char* from) {
    std::strncpy(to, from, std::strlen(from) / 2);
    return 5;
}

}  // namespace

int main(int count, char** arguments) {
    using Function = int (*)(char*, const char*);
    static Function functions[]{copy, prepend, append, print, shorten};
    char buffer[64]{};
    char word[16];
    std::strcpy(word, arguments[0]);
    return functions[static_cast<unsigned>(count) % 5](buffer, word) + std::puts(buffer);
}

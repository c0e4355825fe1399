// SPDX-License-Identifier: Apache-2.0
// All manual pages: well-formed for both of the formatters that systems have, and each refers to the others.
#include "page.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"

using namespace trustx::test;

TEST_CASE("every manual page passes the linter", "[manual]") {
    for (const auto& page : Page::all()) {
        const auto outcome = run("mandoc", {"-T", "lint", "-W", "warning", page.path().string()});
        INFO(outcome.both());
        CHECK(outcome.ok());
        CHECK(outcome.out.empty());
    }
}

TEST_CASE("groff formats every manual page without a warning", "[manual]") {
    for (const auto& page : Page::all()) {
        const auto outcome = run("groff", {"-mandoc", "-Tutf8", "-ww", "-z", page.path().string()});
        INFO(outcome.both());
        CHECK(outcome.ok());
        CHECK(outcome.both().find("warning") == std::string::npos);
    }
}

TEST_CASE("every manual page refers to all others, by their sections", "[manual]") {
    const auto pages = Page::all();
    for (const auto& page : pages) {
        const auto others = page.part("SEE ALSO");
        for (const auto& other : pages) {
            CAPTURE(page.path(), other.path());
            const auto reference = "Xr " + other.name() + " ";
            CHECK((&page == &other || others.find(reference + other.section()) != std::string::npos));
            for (auto found = page.text().find(reference); found != std::string::npos;
                 found = page.text().find(reference, found + 1)) {
                CHECK(page.text().substr(found + reference.size(), 1) == other.section());
            }
        }
    }
}

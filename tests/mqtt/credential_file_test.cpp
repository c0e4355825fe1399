// SPDX-License-Identifier: Apache-2.0
// What Paho reads for each connection is what was checked.
#include "connection/credential_file.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace trustx::test;
using trustx::mqtt::CredentialFile;

TEST_CASE("a credential that is exchanged later does not reach a connection by itself", "[mqtt]") {
    const TempDir directory;
    const auto file = directory / "key.pem";
    write_file(file, "the one that was checked");
    const auto credential = CredentialFile::key(file);
    REQUIRE(credential);
    write_file(file, "another");
    CHECK(read_file(credential->path()) == "the one that was checked");
}

TEST_CASE("a credential that cannot be read keeps its name for the check that reports it", "[mqtt]") {
    const auto credential = CredentialFile::certificate("/nonexistent/certificate.pem");
    REQUIRE(credential);
    CHECK(credential->path() == "/nonexistent/certificate.pem");
}

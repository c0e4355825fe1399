// SPDX-License-Identifier: Apache-2.0
// The connection of an enrolled gateway.
#include "aws/identity/identity.hpp"
#include "commands/options.hpp"
#include "common/files/file_store.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <trustx/settings.hpp>

#include <utility>

#include <CLI/CLI.hpp>

namespace trustx::mqtt {
namespace {

trustx::Result<trustx::aws::Directories> directories_of(const Options& options) {
    trustx::aws::Directories directories;
    if (!options.identity_dir.empty()) {
        directories.identity = options.identity_dir;
        return directories;
    }
    TRY(const auto settings, resolve_values({}));
    if (const auto* told = settings.find("aws-identity")) {
        directories.identity = told->text;
    }
    return directories;
}

void fill(std::string& value, std::string otherwise) {
    if (value.empty()) {
        value = std::move(otherwise);
    }
}

}  // namespace

trustx::Result<void> take_identity(const CLI::App& program, Options& options) {
    if (!options.enrolled && options.identity_dir.empty()) {
        return {};
    }
    TRY(const auto directories, directories_of(options));
    files::DiskStore files;
    TRY(const auto identity, load_identity(files, directories));
    if (!identity) {
        return trustx::fail(InputErrc::nothing_there, "this gateway is not enrolled: there is no " +
                                                          directories.summary_file() +
                                                          "; `trustx aws enroll` makes it");
    }
    if (options.host.empty()) {
        options.host = identity->endpoint.host;
        options.port = program.count("--port") == 0 ? identity->endpoint.port : options.port;
    }
    fill(options.ca, directories.roots_file());
    fill(options.key, directories.key_file());
    fill(options.certificate, directories.chain_file());
    fill(options.client_id, identity->thing);
    options.enrolled_thing = identity->thing;
    options.aws = true;
    return {};
}

}  // namespace trustx::mqtt

// SPDX-License-Identifier: Apache-2.0
// Root hashes of dm-verity: what a read-only file system is, in one digest that the kernel checks block by block.
#pragma once

#include "attest/digest.hpp"
#include "attest/roots.hpp"

#include <trustx/result.hpp>

#include <map>
#include <string>
#include <string_view>

namespace trustx::attest {

using RootHashes = std::map<std::string, Digest>;

// verity_in_tables reads what `dmsetup table --target verity` prints: "root: 0 8 verity 1 8:1 8:2 4096 4096 1 1 sha256
// <root hash> <salt>". Lines of another form and hashes of another size are passed over.
RootHashes verity_in_tables(std::string_view tables);

// verity_in_command_line reads roothash= and usrhash=, as systemd-veritysetup-generator(8) has them: the names are
// "root" and "usr".
RootHashes verity_in_command_line(std::string_view command_line);

// verity_hashes asks the kernel, by dmsetup, where it has such a device; else it takes the command line's word.
Result<RootHashes> verity_hashes(const Roots& roots, std::string_view command_line, const RunProgram& run);

}  // namespace trustx::attest

// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/spare_keys.hpp"

#include "common/keys/public_key_file.hpp"
#include "common/try.hpp"

namespace trustx::aws {
namespace {

// The blocks "PUBLIC KEY" of all of them.
std::string spare_keys_file(const Directories& directories) {
    return directories.state + "/spare-keys.pem";
}

Result<std::string> spare_keys(files::FileStore& store, const Directories& directories) {
    TRY(const auto content, store.read(spare_keys_file(directories)));
    return content.value_or(std::string{});
}

}  // namespace

Result<bool> is_spare(files::FileStore& store, const Directories& directories, const PublicKey& key) {
    TRY(const auto known, spare_keys(store, directories));
    return known.find(keys::public_key_pem(key)) != std::string::npos;
}

Result<void> note_spare(files::FileStore& store, const Directories& directories, const PublicKey& key) {
    TRY(const auto known, spare_keys(store, directories));
    const auto pem = keys::public_key_pem(key);
    return known.find(pem) != std::string::npos
               ? Result<void>{}
               : store.write(spare_keys_file(directories), known + pem, files::Access::owner);
}

}  // namespace trustx::aws

// SPDX-License-Identifier: Apache-2.0
// What an enrolled gateway has: the files of aws-iot.md section 5. The files of one identity are a set, in a directory
// of its own. The names that services know are symbolic links into the set that is in use, by way of one link, so that
// one rename changes all of them: no power cut leaves a key beside the certificate of another.
#pragma once

#include "aws/identity/identity.hpp"
#include "common/files/file_store.hpp"

#include <string>

namespace trustx::aws {

// check_not_enrolled refuses to replace an identity. EnrolmentErrc::enrolled_already.
Result<void> check_not_enrolled(files::FileStore& files, const Directories& directories);

// IdentityFiles are the contents of a set.
struct IdentityFiles {
    std::string roots;
    std::string key;
    std::string chain;
    std::string summary;
};

// write_set makes a set durable, and uses it for nothing. InputErrc::unwritable.
Result<void> write_set(files::FileStore& store, const Directories& directories, const std::string& name,
                       const IdentityFiles& content);

// set_in_use is the name of the set in use; empty: there is none. Files that were written by hand under the names that
// services know become a set first.
Result<std::string> set_in_use(files::FileStore& store, const Directories& directories);

// use_set makes services find another set, or, without a name, none; all of its files at one moment.
// InputErrc::unwritable.
Result<void> use_set(files::FileStore& store, const Directories& directories, const std::string& name);

// remove_set takes away a set that is not in use; it may have gone already. InputErrc::unwritable.
Result<void> remove_set(files::FileStore& store, const Directories& directories, const std::string& name);

// broker_roots is what the broker's certificate is checked with, in PEM: the content of ca_file, or Amazon's roots 1
// and 3 (section 1.3) where this system has them. InputErrc::unreadable, InputErrc::nothing_there.
Result<std::string> broker_roots(files::FileStore& files, const std::string& ca_file);

}  // namespace trustx::aws

// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/identity_sets.hpp"

#include "aws/enrolment/error.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

#include <array>
#include <utility>

namespace trustx::aws {
namespace {

// Debian's package ca-certificates has each root in a file.
constexpr std::array amazon_roots{"/usr/share/ca-certificates/mozilla/Amazon_Root_CA_1.crt",
                                  "/usr/share/ca-certificates/mozilla/Amazon_Root_CA_3.crt"};

// File is one of a set, by its name and who reads it. Whoever finds the last finds the others.
struct File {
    std::string (Directories::*path)() const;
    files::Access access;
};

constexpr std::array files_of_set{File{&Directories::roots_file, files::Access::everybody},
                                  File{&Directories::key_file, files::Access::services},
                                  File{&Directories::chain_file, files::Access::everybody},
                                  File{&Directories::summary_file, files::Access::everybody}};

constexpr const char* set_by_hand = "earlier";

std::string link_in_use(const Directories& directories) {
    return directories.identity + "/current";
}

std::string target_of_set(const std::string& name) {
    return "identities/" + name;
}

std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

// link_names leads the names that services know to the set in use.
Result<void> link_names(files::FileStore& store, const Directories& directories) {
    for (const auto& file : files_of_set) {
        const auto path = (directories.*file.path)();
        const auto target = "current/" + file_name(path);
        TRY(const auto present, store.link_target(path));
        if (present != target) {
            TRYV(store.link(path, target));
        }
    }
    return {};
}

// adopt makes a set of files that were written by hand; false: there are none. They are the same under both names, so
// that nobody finds a pair that does not match while the names become links.
Result<bool> adopt(files::FileStore& store, const Directories& directories) {
    const auto set = directories.set(set_by_hand);
    bool any = false;
    for (const auto& file : files_of_set) {
        const auto path = (directories.*file.path)();
        TRY(const auto content, store.read(path));
        if (content) {
            any = true;
            TRYV(store.make_directory(set.identity, files::Access::everybody));
            TRYV(store.write((set.*file.path)(), *content, file.access));
        }
    }
    return any;
}

// pem_of is what every program reads: without what editors of other systems put in front of it.
std::string pem_of(const std::vector<x509::Certificate>& certificates) {
    std::string text;
    for (const auto& certificate : certificates) {
        text += certificate.pem();
    }
    return text;
}

}  // namespace

Result<void> check_not_enrolled(files::FileStore& files, const Directories& directories) {
    TRY(const auto identity, load_identity(files, directories));
    if (!identity) {
        return {};
    }
    return fail(EnrolmentErrc::enrolled_already,
                "this gateway is enrolled as " + identity->thing + " (" + directories.summary_file() +
                    "): `trustx aws rotate` gives it another key; enrol it again with "
                    "--replace, or in other directories (--identity-dir, --state-dir)");
}

Result<void> write_set(files::FileStore& store, const Directories& directories, const std::string& name,
                       const IdentityFiles& content) {
    const auto set = directories.set(name);
    TRYV(store.make_directory(set.identity, files::Access::everybody));
    for (const auto& [file, text] :
         {std::pair{files_of_set[0], &content.roots}, std::pair{files_of_set[1], &content.key},
          std::pair{files_of_set[2], &content.chain}, std::pair{files_of_set[3], &content.summary}}) {
        TRYV(store.write((set.*file.path)(), *text, file.access));
    }
    return {};
}

Result<std::string> set_in_use(files::FileStore& store, const Directories& directories) {
    TRY(const auto target, store.link_target(link_in_use(directories)));
    if (target) {
        TRYV(link_names(store, directories));  // where adopting was interrupted
        return file_name(*target);
    }
    TRY(const auto adopted, adopt(store, directories));
    if (!adopted) {
        return std::string{};
    }
    TRYV(store.link(link_in_use(directories), target_of_set(set_by_hand)));
    TRYV(link_names(store, directories));
    return std::string{set_by_hand};
}

Result<void> use_set(files::FileStore& store, const Directories& directories, const std::string& name) {
    if (!name.empty()) {
        TRYV(link_names(store, directories));
        return store.link(link_in_use(directories), target_of_set(name));
    }
    TRYV(store.remove(link_in_use(directories)));
    for (const auto& file : files_of_set) {
        TRYV(store.remove((directories.*file.path)()));
    }
    return {};
}

Result<void> remove_set(files::FileStore& store, const Directories& directories, const std::string& name) {
    const auto set = directories.set(name);
    for (const auto& file : files_of_set) {
        TRYV(store.remove((set.*file.path)()));
    }
    TRYV(store.remove_directory(set.identity));
    return store.remove_directory(directories.identity + "/identities");
}

Result<std::string> broker_roots(files::FileStore& files, const std::string& ca_file) {
    if (!ca_file.empty()) {
        TRY(auto content, files.read(ca_file));
        if (!content) {
            return fail(InputErrc::unreadable, "there is no file " + ca_file + " with the CA of the broker");
        }
        TRY(const auto roots, x509::parse_certificate_file(text::as_bytes(*content), ca_file));
        return pem_of(roots);
    }
    std::string roots;
    for (const char* path : amazon_roots) {
        TRY(const auto content, files.read(path));
        roots += content.value_or("");
    }
    if (roots.empty()) {
        return fail(InputErrc::nothing_there,
                    "this system has none of Amazon's roots: install the package ca-certificates, or name a file with "
                    "the CA that the broker's certificate is to be checked with");
    }
    return roots;
}

}  // namespace trustx::aws

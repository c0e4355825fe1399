// SPDX-License-Identifier: Apache-2.0
// trustx setup check: from the configuration to a signature, each step in plain words and with its remedy. The steps
// write into the report what they found, everything that they can find.
#pragma once

#include "chip/chip_contents.hpp"
#include "cli/context.hpp"
#include "common/openssl/handles.hpp"
#include "setup/check_report.hpp"
#include "setup/openssl_configuration.hpp"
#include "setup/unit_settings.hpp"

#include <trustx/key_reference.hpp>
#include <trustx/settings.hpp>

#include <optional>
#include <string>
#include <vector>

namespace trustx::cli {

struct SetupCheckOptions {
    std::string config;       // empty: what OpenSSL reads
    std::string key;          // key file to sign with; empty: no private key is used
    std::string certificate;  // file with the certificate that goes with the key; empty: none
    std::string user;         // to check as; empty: whoever runs the program
    std::string service;      // to check as the program of this service; empty: none
    std::string dtls;         // key slot of the chip's DTLS client; empty: that is not wanted
    std::string root;         // where the files of the machine are; empty: here
    bool json = false;
};

// check_setup prints what was looked at. Error: that of the first that is not as it should be, after everything was
// printed.
Result<void> check_setup(const Context& context, const SetupCheckOptions& options);

// check_configuration gives what the file says, if it can be read.
std::optional<OpensslConfiguration> check_configuration(CheckReport& report, const std::string& path);

// become_checked makes this process what is to be checked: the user, or the program of the service with its
// environment. The unit, where there is one. Errors: those of UnitSettings::read and become, and of the user's name.
Result<std::optional<UnitSettings>> become_checked(CheckReport& report, const SetupCheckOptions& options);

// check_service judges what the unit forbids, and what AppArmor does.
void check_service(CheckReport& report, const UnitSettings& unit, const Settings& settings, const std::string& root);

// check_system looks at what the packages install: group, permission of the bus, lock directory.
void check_system(CheckReport& report, const Settings& settings, const std::string& root);

// check_settings gives those of the provider's settings that it gets and can use.
SettingValues check_settings(CheckReport& report, const OpensslConfiguration& configuration,
                             const ProviderEntry& entry);

// check_scope judges whether TLS comes to the provider for as much as its setting `scope` says, and says what that
// means for programs; for_service: for those of one service.
void check_scope(CheckReport& report, const OpensslConfiguration& configuration, const ProviderEntry& entry,
                 const SettingValues& settings, bool for_service);

// check_provider gives a library context in which OpenSSL has loaded that configuration and the provider; nullptr: it
// could not. entry is trustx's in the configuration.
openssl::LibraryContext check_provider(CheckReport& report, const std::string& path, const ProviderEntry& entry);

// KeyFile is a key file that can be read.
struct KeyFile {
    std::string path;
    KeyReference reference;
};
std::optional<KeyFile> check_key_file(CheckReport& report, const std::string& path);

// context_for names the chip that a key file is about where the command line names none: the provider uses that one.
Context context_for(const Context& context, const std::optional<KeyFile>& key);

// ExaminedChip is a chip that answers.
struct ExaminedChip {
    Chip chip;
    Uid uid;
    std::vector<SlotState> slots;
};

// check_chip finds the chip with the settings that the provider would use, and lets the provider use the same: a chip
// that the command line names is named to the provider, too.
std::optional<ExaminedChip> check_chip(CheckReport& report, const Context& context, const SettingValues& settings);

// check_certificate_objects judges what certificate objects and trust anchors hold, by the chip and the key, if there
// is one.
void check_certificate_objects(CheckReport& report, ExaminedChip& examined, const std::optional<KeyFile>& key);

// check_verify_anchors compares the trust anchors that the provider's settings name with what they hold.
void check_verify_anchors(CheckReport& report, ExaminedChip& examined, const SettingValues& settings);

// check_dtls judges whether the chip can be a DTLS client with the key in that slot.
void check_dtls(CheckReport& report, ExaminedChip& examined, ObjectId slot);

// check_certificate_file judges a certificate, or a chain, that programs are given with the key.
void check_certificate_file(CheckReport& report, const std::string& path, const std::optional<KeyFile>& key);

// check_signature signs once with a key file, as a program would, when chip and key file agree.
void check_signature(CheckReport& report, OSSL_LIB_CTX* libctx, ExaminedChip& examined, const KeyFile& key);

}  // namespace trustx::cli

// SPDX-License-Identifier: Apache-2.0
// trustx firmware: a manifest of files is signed where firmware is made, and let in where it is installed: by the trust
// anchor in the chip, and not below the lowest version that the chip holds.
#include "chip/chip_certificates.hpp"
#include "chip/chip_hash.hpp"
#include "chip/ecdsa.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/provider.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/keys/key_file.hpp"
#include "common/openssl/error_queue.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/counted.hpp"
#include "common/try.hpp"
#include "firmware/error.hpp"
#include "firmware/lowest_version.hpp"
#include "firmware/manifest.hpp"
#include "firmware/signature.hpp"

#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>
#include <openssl/err.h>
#include <openssl/store.h>

namespace trustx::cli {
namespace {

using firmware::FirmwareErrc;

struct SignOptions {
    std::vector<std::string> files;
    std::string name;
    std::optional<std::uint64_t> number;
    std::string text;
    std::string key;
    std::string certificate;
    std::string out = "manifest.json";
};

struct VerifyOptions {
    std::string manifest;
    std::string signature;
    std::string directory;
    std::string name;
    std::string anchor = "E0EF";
    std::string objects;
    bool digest_on_chip = false;
    bool json = false;
};

struct VersionOptions {
    std::optional<std::uint64_t> check;
    std::optional<std::uint64_t> raise;
    std::string objects;
    bool close = false;
    bool force = false;
    bool json = false;
};

constexpr const char* firmware_sign_examples =
    R"(The manifest is a small file of JSON with the version and, for each file, its name, size and SHA-256. The signature
beside it, with `.p7s` at the end of its name, is a detached CMS signature as `openssl cms` makes and reads it. The
certificate is for signatures of code: extended key usage codeSigning (or emailProtection). With it in its file may be
those between it and the authority in the chips. The key is a file, in software or in a chip, or a URI of the provider.

Examples:
  trustx firmware sign --name gateway --number 7 --text 1.4.2 --key signer-key.pem --certificate signer.pem rootfs.img
  openssl cms -verify -binary -inform DER -in manifest.json.p7s -content manifest.json -CAfile root.pem -purpose any)";

constexpr const char* firmware_verify_examples =
    R"(The signer's chain ends in the trust anchor, E0EF unless told otherwise: its last step is verified by the chip, with
the certificate that the chip holds, and by software, too. Then the version must not be below the lowest that the chip
holds, the name must be the one given, and each file, beside the manifest unless told otherwise, must have the size and
SHA-256 that were signed. Files that the manifest does not name are not looked at.

Exit codes of its own: 26 not signed, by nobody whom the anchor lets in, or not what was signed; 27 a certificate is not
valid today; 28 a file is another; 29 too old. 6: the anchor is empty, or no lowest version was ever written.

Examples:
  trustx firmware verify --name gateway update/manifest.json
  trustx firmware verify --digest-on-chip --json update/manifest.json)";

constexpr const char* firmware_version_examples =
    R"(Without options: the lowest version of firmware that is still allowed. It is the highest of those in several data
objects, F1DC to F1DF unless told otherwise. --close makes it permanent: the chip then lets nobody change that object any
more, and NOTHING TAKES IT BACK. Each --close takes one of the objects. What is not closed is kept by this program, and by
nothing else: who may write to the chip can write something lower.

Examples:
  trustx firmware version
  trustx firmware version --check 7                   (exit code 29: too old)
  trustx firmware version --raise 7
  trustx firmware version --raise 7 --close --force)";

Result<std::vector<ObjectId>> objects_of(const std::string& list) {
    return list.empty() ? Result<std::vector<ObjectId>>{firmware::version_objects()}
                        : firmware::parse_version_objects(list);
}

// A key reference has no secret, and needs the provider; so does a URI. Any other file is a key in software.
bool needs_provider(const std::string& key) {
    if (!std::filesystem::exists(key)) {
        return true;
    }
    const auto content = files::read_input(key);
    return content && keys::parse_key_file(*content, key).has_value();
}

using Store = openssl::Handle<OSSL_STORE_CTX, OSSL_STORE_close>;
using StoreInfo = openssl::Handle<OSSL_STORE_INFO, OSSL_STORE_INFO_free>;

Result<openssl::Pkey> stored_key(const std::string& name) {
    ERR_clear_error();
    const Store store{OSSL_STORE_open(name.c_str(), nullptr, nullptr, nullptr, nullptr)};
    while (store != nullptr && OSSL_STORE_eof(store.get()) != 1) {
        const StoreInfo info{OSSL_STORE_load(store.get())};
        if (info == nullptr) {
            break;
        }
        if (OSSL_STORE_INFO_get_type(info.get()) == OSSL_STORE_INFO_PKEY) {
            return openssl::Pkey{OSSL_STORE_INFO_get1_PKEY(info.get())};
        }
    }
    const auto errors = to_string(openssl::take_errors());
    return fail(InputErrc::malformed,
                name + " is no private key that OpenSSL can use" + (errors.empty() ? "" : ": " + errors));
}

Result<openssl::Pkey> signing_key(const Context& context, const std::string& name) {
    if (needs_provider(name)) {
        TRYV(load_provider(context));
        return stored_key(name);
    }
    TRY(const auto content, files::read_input(name));
    ERR_clear_error();
    openssl::Pkey key{openssl::read_private_key(openssl::reading(openssl::without_byte_order_mark(content)).get())};
    if (key == nullptr) {
        return fail(InputErrc::malformed,
                    name + " holds no private key without passphrase: " + to_string(openssl::take_errors()));
    }
    return key;
}

Result<void> sign(const Context& context, const SignOptions& options) {
    if (options.out == "-") {
        return fail(InputErrc::usage, "--out names a file, beside which the signature is written");
    }
    if (options.number > firmware::highest_version) {
        return fail(InputErrc::usage, "--number goes up to " + std::to_string(firmware::highest_version));
    }
    TRY(const auto key, signing_key(context, options.key));
    TRY(const auto chain, files::read_input(options.certificate));
    TRY(const auto certificates, x509::parse_certificate_file(chain, files::input_name(options.certificate)));
    firmware::Manifest manifest{
        .name = options.name, .version = *options.number, .version_text = options.text, .files = {}};
    TRY(manifest.files, firmware::describe_files(options.files, firmware::hash_in_software));
    const auto text = manifest.text();
    TRYV(firmware::Manifest::parse(text, "what the options say"));
    if (text.size() > files::input_limit) {
        return fail(InputErrc::usage, "the manifest of " + std::to_string(options.files.size()) +
                                          " files would be longer than " + std::to_string(files::input_limit) +
                                          " bytes, which no gateway reads; sign an archive of them");
    }
    TRY(auto out, files::OutputFile::create(options.out, text.size()));
    TRY(auto signature_out, files::OutputFile::create(options.out + ".p7s", 0));
    TRY(const auto signature, firmware::sign(text::as_bytes(text), key.get(), certificates, std::time(nullptr)));
    TRYV(out.write(text));
    TRYV(signature_out.write(signature));
    TRYV(signature_out.commit());
    TRYV(out.commit());
    context.note(options.out + ": " + manifest.title() + ", signed by " + x509::summary(certificates.front()));
    return {};
}

Result<x509::Certificate> authority_in(Chip& chip, ObjectId object) {
    TRY(auto stored, stored_certificates(chip, object));
    if (stored.certificates.empty()) {
        return fail(InputErrc::nothing_there, title(object) +
                                                  " holds no authority, so no firmware is let in; `trustx "
                                                  "anchor write " +
                                                  object.hex() + " root.pem` writes one");
    }
    return std::move(stored.certificates.front());
}

// The chip verifies with what it holds, not with what was read of it.
Result<void> verify_in_chip(Chip& chip, ObjectId anchor, const firmware::LastStep& step) {
    const auto signature = parse_signature(step.signature, "the authority's signature");
    if (!signature) {
        return fail(FirmwareErrc::untrusted, signature.error().operation());
    }
    const auto verified = chip.run(VerifySign{.digest = step.digest, .signature = *signature, .key = anchor});
    if (!verified && verified.error() == ChipError::signature_verification_failure) {
        return fail(FirmwareErrc::untrusted, "the chip does not verify the signer's chain with " + title(anchor) +
                                                 ": " + verified.error().message());
    }
    TRYV(verified);
    return {};
}

Result<Bytes> read_signature(const std::string& path) {
    if (!std::filesystem::exists(path)) {
        return fail(FirmwareErrc::untrusted, "there is no signature " + path);
    }
    return files::read_input(path);
}

Result<Bytes> hash_in_chip(Chip& chip, const std::string& path) {
    const Progress::Work work{*chip.progress, "hashing"};
    std::error_code unknown;
    const auto size = std::filesystem::file_size(path, unknown);
    std::uint64_t done = 0;
    ChipHash hash{chip};
    TRYV(files::for_each_piece(path, [&](ByteView piece) {
        chip.progress->count(done += piece.size(), unknown ? std::nullopt : std::optional<std::uint64_t>{size});
        return hash.update(piece);
    }));
    return hash.finish();
}

std::string directory_of(const VerifyOptions& options) {
    return options.directory.empty() ? std::filesystem::path{options.manifest}.parent_path().string()
                                     : options.directory;
}

std::string verified_json(const firmware::Manifest& manifest, const std::string& signer, std::uint64_t lowest) {
    auto names = nlohmann::ordered_json::array();
    for (const auto& file : manifest.files) {
        names.push_back(file.name);
    }
    return json_text({{"name", manifest.name},
                      {"version", manifest.version},
                      {"versionText", manifest.version_text},
                      {"lowestVersion", lowest},
                      {"signer", signer},
                      {"files", names}});
}

Result<void> verify(const Context& context, const VerifyOptions& options) {
    TRY(const auto anchor, parse_anchor(options.anchor));
    TRY(const auto objects, objects_of(options.objects));
    TRY(const auto content, files::read_input(options.manifest));
    TRY(const auto signature,
        read_signature(options.signature.empty() ? options.manifest + ".p7s" : options.signature));
    TRY(auto chip, open_chip(context));
    TRY(const auto authority, authority_in(chip, anchor));
    TRY(const auto verified,
        firmware::check_signature(content, signature, authority, std::time(nullptr)).during(options.manifest));
    TRYV(verify_in_chip(chip, anchor, verified.last_step).during(options.manifest));
    // Nothing of the manifest is read before its signature was right.
    TRY(const auto manifest,
        firmware::Manifest::parse({reinterpret_cast<const char*>(content.data()), content.size()}, options.manifest));
    if (!options.name.empty() && manifest.name != options.name) {
        return fail(InputErrc::check_failed,
                    options.manifest + " is for " + manifest.name + ", and not for " + options.name);
    }
    TRY(const auto lowest,
        chip.with([&objects](LockedDevice& device) { return firmware::read_lowest_version(device, objects); }));
    TRYV(firmware::check_version(lowest, manifest.version).during(options.manifest));
    TRYV(firmware::check_files(manifest, directory_of(options), [&](const std::string& path) {
        return options.digest_on_chip ? hash_in_chip(chip, path) : firmware::hash_in_software(path);
    }));
    return answer(options.json ? verified_json(manifest, verified.signer, *lowest.version())
                               : manifest.title() + ": " + text::counted(manifest.files.size(), "file", "files") +
                                     " verified, signed by " + verified.signer + "\n");
}

std::string version_json(const firmware::LowestVersion& lowest) {
    const auto number = [](std::optional<std::uint64_t> version) {
        return version ? nlohmann::ordered_json(*version) : nlohmann::ordered_json{};
    };
    auto list = nlohmann::ordered_json::array();
    for (const auto& object : lowest.objects) {
        const bool holds = object.record.content == firmware::Content::version;
        list.push_back({{"object", object.object.hex()},
                        {"version", holds ? number(object.record.version) : nullptr},
                        {"permanent", object.fixed()}});
    }
    return json_text({{"lowestVersion", number(lowest.version())},
                      {"permanentVersion", number(lowest.fixed())},
                      {"openObjects", lowest.open()},
                      {"objects", std::move(list)}});
}

std::string version_text(const firmware::LowestVersion& lowest) {
    const auto fixed = lowest.fixed();
    return std::to_string(*lowest.version()) + "\n" +
           (fixed == lowest.version() ? "permanent: the chip lets nobody lower it"
            : fixed                   ? "permanent only up to " + std::to_string(*fixed)
                                      : "not permanent: whoever may write to the chip can lower it") +
           "; objects that can still be written: " + std::to_string(lowest.open()) + "\n";
}

Result<void> raise(const Context& context, Chip& chip, const VersionOptions& options,
                   const std::vector<ObjectId>& objects) {
    if (*options.raise > firmware::highest_version) {
        return fail(InputErrc::usage, "--raise goes up to " + std::to_string(firmware::highest_version));
    }
    if (options.close && !options.force) {
        return fail(InputErrc::refused, "with --close the chip never lets in a version below " +
                                            std::to_string(*options.raise) +
                                            " again, and one object fewer can be written. Repeat with --force if that "
                                            "is what you want");
    }
    TRY(const auto done, chip.with([&](LockedDevice& device) {
        return firmware::raise_lowest_version(device, objects, *options.raise, options.close);
    }));
    context.note(done.empty() ? "everything was as wanted already" : done);
    return {};
}

Result<void> version(const Context& context, const VersionOptions& options) {
    if ((options.close || options.force) && !options.raise) {
        return fail(InputErrc::usage, "--close and --force belong to --raise");
    }
    TRY(const auto objects, objects_of(options.objects));
    TRY(auto chip, open_chip(context));
    if (options.raise) {
        return raise(context, chip, options, objects);
    }
    TRY(const auto lowest,
        chip.with([&objects](LockedDevice& device) { return firmware::read_lowest_version(device, objects); }));
    if (options.check > firmware::highest_version) {
        return fail(InputErrc::usage, "--check goes up to " + std::to_string(firmware::highest_version));
    }
    if (options.check) {
        return firmware::check_version(lowest, *options.check);
    }
    if (options.json) {
        return answer(version_json(lowest));
    }
    return lowest.version() ? answer(version_text(lowest)) : firmware::check_version(lowest, 0);
}

void add_sign_firmware(Command& group) {
    const auto options = std::make_shared<SignOptions>();
    auto command = group.subcommand("sign", "Write and sign the manifest of a firmware", firmware_sign_examples);
    command.argument("FILE", options->files, "Files that the firmware consists of").required();
    command.option("--name", options->name, "What it is for: the name of the product", "NAME").required();
    command.option("--number", options->number, "Its version, a whole number that rises with every release", "N")
        .required();
    command.option("--text", options->text, "The same version for people", "TEXT").required();
    command.option("--key", options->key, "Private key", "FILE|trustx:OBJECT").required();
    command.option("--certificate", options->certificate, "The signer's certificate, and its issuers", "FILE")
        .required();
    command.option("--out", options->out, "Manifest; default: manifest.json. Its signature: with .p7s behind it",
                   "FILE");
    command.on_run([options](const Context& context) { return sign(context, *options); });
}

void add_verify_firmware(Command& group) {
    const auto options = std::make_shared<VerifyOptions>();
    auto command =
        group.subcommand("verify", "Say whether the chip's trust anchor lets a firmware in", firmware_verify_examples);
    command.argument("MANIFEST", options->manifest, "Manifest").required();
    command.option("--signature", options->signature, "Its signature; default: MANIFEST.p7s", "FILE");
    command.option("--directory", options->directory, "Where its files are; default: beside it", "DIRECTORY");
    command.option("--name", options->name, "The name of the product that it must be for", "NAME");
    command.option("--anchor", options->anchor, "Trust anchor: E0EF (default) or E0E8", "OBJECT");
    command.option("--objects", options->objects, "Objects of the lowest version; default: F1DC,F1DD,F1DE,F1DF",
                   "OBJECTS");
    command.flag("--digest-on-chip", options->digest_on_chip, "Hash the files on the chip, some 15 kB in a second");
    command.flag("--json", options->json, "The answer for programs");
    command.on_run([options](const Context& context) { return verify(context, *options); });
}

void add_version_of_firmware(Command& group) {
    const auto options = std::make_shared<VersionOptions>();
    auto command = group.subcommand("version", "Show, check or raise the lowest version of firmware that is allowed",
                                    firmware_version_examples);
    const auto check = command.option("--check", options->check, "Say whether this version is allowed", "N");
    command.option("--raise", options->raise, "Allow nothing below this version any more", "N").excludes(check);
    command.flag("--close", options->close, "Make it permanent, by the chip");
    command.flag("--force", options->force, "Do so although nothing takes it back");
    command.option("--objects", options->objects, "Objects that hold it; default: F1DC,F1DD,F1DE,F1DF", "OBJECTS");
    command.flag("--json", options->json, "The answer for programs");
    command.on_run([options](const Context& context) { return version(context, *options); });
}

}  // namespace

void add_firmware(Command& program) {
    auto command = program.subcommand("firmware", "Sign firmware, and let in what the chip's trust anchor vouches for",
                                      "`trustx firmware sign --help` and so on say more.");
    add_sign_firmware(command);
    add_verify_firmware(command);
    add_version_of_firmware(command);
}

}  // namespace trustx::cli

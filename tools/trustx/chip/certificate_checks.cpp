// SPDX-License-Identifier: Apache-2.0
#include "chip/certificate_checks.hpp"

#include "chip/key_proof.hpp"
#include "cli/arguments.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/keys/key_file.hpp"
#include "common/try.hpp"

namespace trustx::cli {
namespace {

constexpr std::string_view override_hint = "; --force writes it all the same";

Result<void> check_chain(const std::vector<x509::Certificate>& certificates) {
    for (std::size_t i = 0; i + 1 < certificates.size(); ++i) {
        if (!certificates[i].issued_by(certificates[i + 1])) {
            return fail(InputErrc::malformed, "not a chain: certificate " + std::to_string(i + 1) + " (" +
                                                  certificates[i].subject() + ") is not signed by the one after it (" +
                                                  certificates[i + 1].subject() +
                                                  "). The leaf comes first, then each issuer");
        }
    }
    return {};
}

// Examination holds what is checked.
struct Examination {
    Chip& chip;
    ObjectId object;
    const x509::Certificate& leaf;
    PublicKey key;
};

// against_slot is free of private key uses: is there a key, and is it on the certificate's curve?
Result<void> against_slot(const Context& context, const Examination& examination, ObjectId slot, bool key_needed) {
    TRY(const auto metadata, examination.chip.run(GetMetadata{.object = slot}));
    if (!metadata.key_algorithm && key_needed) {
        return fail(InputErrc::nothing_there, "--prove-key: " + title(slot) + " holds no key");
    }
    if (!metadata.key_algorithm) {
        context.note("note: " + title(slot) + ", the slot that belongs to " + title(examination.object) +
                     ", holds no key yet");
        return {};
    }
    if (*metadata.key_algorithm != examination.key.curve) {
        return fail(InputErrc::key_mismatch,
                    "the certificate is for a " + std::string{curve_name(examination.key.curve)} + " key and " +
                        title(slot) + " holds a " + std::string{curve_name(*metadata.key_algorithm)} + " key");
    }
    return {};
}

Result<void> against_reference(const Examination& examination, const KeyReference& reference, const std::string& path) {
    if (reference.public_key != examination.key) {
        return fail(InputErrc::key_mismatch,
                    "the certificate (" + examination.leaf.subject() + ") is for another key than the one in " + path);
    }
    const auto slot = paired_key(examination.object);
    if (slot && reference.key != *slot) {
        return fail(InputErrc::key_mismatch,
                    path + " is for " + title(reference.key) + ", but " + title(examination.object) + " belongs to " +
                        title(*slot) + "; programs that look for the certificate of the key will not find it");
    }
    if (!reference.coprocessor) {
        return {};
    }
    TRY(const auto uid, chip_uid(examination.chip));
    if (uid != *reference.coprocessor) {
        return fail(InputErrc::key_mismatch,
                    path + " is for the chip " + reference.coprocessor->hex() + ", and this is the chip " + uid.hex());
    }
    return {};
}

Result<void> against_proof(const Examination& examination, ObjectId slot) {
    TRY(const auto proof, sign_fresh(examination.chip, slot, examination.key.curve));
    if (!verifies(examination.key, proof)) {
        return fail(InputErrc::key_mismatch, "the certificate (" + examination.leaf.subject() +
                                                 ") is for another key than the one in " + title(slot));
    }
    return {};
}

// override_mismatch accepts a mismatch with --force, and names --force otherwise.
Result<void> override_mismatch(const Context& context, Result<void> checked, bool force) {
    if (checked || checked.error() != InputErrc::key_mismatch) {
        return checked;
    }
    if (!force) {
        return fail(InputErrc::key_mismatch, checked.error().operation() + std::string{override_hint});
    }
    context.note("warning: " + checked.error().operation());
    return {};
}

Result<void> compare_keys(const Context& context, const Examination& examination, const CertificateChecks& checks) {
    if (!checks.key_file.empty()) {
        TRY(const auto content, files::read_input(checks.key_file));
        TRY(const auto reference, keys::parse_key_file(content, files::input_name(checks.key_file)));
        TRYV(override_mismatch(context, against_reference(examination, reference, checks.key_file), checks.force));
    }
    const auto slot = paired_key(examination.object);
    if (!slot) {
        return {};  // a trust anchor is the certificate of another key
    }
    TRYV(override_mismatch(context, against_slot(context, examination, *slot, checks.prove_key), checks.force));
    if (checks.prove_key) {
        TRYV(override_mismatch(context, against_proof(examination, *slot), checks.force));
    }
    return {};
}

}  // namespace

Result<void> check_certificates(const Context& context, Chip& chip, ObjectId object,
                                const std::vector<x509::Certificate>& certificates, const CertificateChecks& checks) {
    TRY(auto key, certificates.front().public_key());
    TRYV(check_chain(certificates));
    if (checks.prove_key && !paired_key(object)) {
        return fail(InputErrc::usage, "--prove-key: no key slot belongs to " + title(object));
    }
    return compare_keys(context, Examination{.chip = chip, .object = object, .leaf = certificates.front(), .key = key},
                        checks);
}

}  // namespace trustx::cli

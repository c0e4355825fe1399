// SPDX-License-Identifier: Apache-2.0
#include "chip/certificate_checks.hpp"

#include "chip/chip_certificates.hpp"
#include "chip/key_proof.hpp"
#include "cli/arguments.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/keys/key_file.hpp"
#include "common/try.hpp"
#include "pki/certificate_rules.hpp"

#include <trustx/life_cycle.hpp>
#include <trustx/objects.hpp>

#include <algorithm>

namespace trustx::cli {
namespace {

constexpr std::string_view override_hint = "; --force writes it all the same";

// override_refusal accepts what is refused with --force, and names --force otherwise. What cannot be done at all stays
// an error.
Result<void> override_refusal(const Context& context, Result<void> checked, bool force) {
    const auto overridable = {InputErrc::refused, InputErrc::key_mismatch, InputErrc::check_failed};
    if (checked || std::ranges::find(overridable, checked.error().code()) == overridable.end()) {
        return checked;
    }
    if (!force) {
        return fail(checked.error().code(), checked.error().operation() + std::string{override_hint});
    }
    context.note("warning: " + checked.error().operation());
    return {};
}

bool is_trust_anchor(ObjectId object) {
    return describe(object)->kind == ObjectKind::trust_anchor;
}

Result<CertificateForm> choose_form(ObjectId object, const CertificateFile& file, const std::string& wanted) {
    const auto count = file.certificates.size();
    if (is_trust_anchor(object) && count > 1) {
        return fail(InputErrc::malformed, file.name + " has " + std::to_string(count) +
                                              " certificates, and a trust anchor is one: give the root alone");
    }
    if (is_trust_anchor(object) && wanted == "tls-identity") {
        return fail(InputErrc::usage, "--form tls-identity: the chip verifies only with a bare trust anchor");
    }
    if (wanted == "der" && count > 1) {
        return fail(InputErrc::usage, "--form der holds one certificate and the input has " + std::to_string(count) +
                                          "; use --form tls-identity, or give the leaf alone");
    }
    const bool wrapped = wanted.empty() ? count > 1 : wanted == "tls-identity";
    return wrapped ? CertificateForm::tls_identity : CertificateForm::der;
}

// check_key demands a key that the chip can use; a trust anchor may be there to be kept only.
Result<void> check_key(const Context& context, ObjectId object, const CertificateFile& file, bool force) {
    const auto& leaf = file.certificates.front();
    if (is_trust_anchor(object)) {
        return override_refusal(context, pki::check_anchor_key(leaf, file.name), force);
    }
    TRYV(leaf.public_key());
    return {};
}

// Examination holds what is checked.
struct Examination {
    Chip& chip;
    ObjectId object;
    const x509::Certificate& leaf;
    PublicKey key;  // of a trust anchor it may be none of the chip's, and is compared with none
    KeyProofs& proofs;
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
    TRY(const auto belongs, examination.proofs.belongs(examination.key, slot));
    if (!belongs) {
        return fail(InputErrc::key_mismatch, "the certificate (" + examination.leaf.subject() +
                                                 ") is for another key than the one in " + title(slot));
    }
    return {};
}

// against_life_cycle comes first: what the chip refuses, --force does not help.
Result<void> against_life_cycle(const Examination& examination) {
    const auto object = examination.object;
    TRY(const auto refusal, examination.chip.with([object](LockedDevice& device) {
        return read_refusal(device, object, AccessKind::change);
    }));
    return refusal.empty() ? Result<void>{} : fail(ChipError::access_conditions_not_satisfied, refusal);
}

// against_stranger keeps a certificate from giving way to one that is for no key in the chip: whoever writes that one
// has the wrong file, or the wrong object. It costs no further private key use where both are on one curve.
Result<void> against_stranger(const Examination& examination, const std::string& held, ObjectId likely) {
    TRY(const auto holder, find_holder(examination.chip, examination.proofs, examination.key, likely));
    return holder.slot ? Result<void>{}
                       : fail(InputErrc::refused, held +
                                                      ", which would be replaced, and no key in the chip shows to "
                                                      "be that of the new certificate (" +
                                                      examination.leaf.subject() + ")");
}

// against_holder lets the slots sign, to tell a certificate in use from one whose key was destroyed: that one is as
// good as nothing. All slots are asked, because a certificate of the factory key can be kept in any object but its own.
Result<void> against_holder(const Context& context, const Examination& examination, const x509::Certificate& present,
                            const PublicKey& key, ObjectId likely) {
    const auto held = title(examination.object) + " holds " + x509::summary(present);
    TRY(const auto holder, find_holder(examination.chip, examination.proofs, key, likely));
    if (holder.slot) {
        return fail(InputErrc::refused,
                    held + ", the certificate of the key in " + title(*holder.slot) + ", which would be replaced");
    }
    if (holder.untold) {
        return fail(InputErrc::refused, held + ", which would be replaced, and the key in " + title(*holder.untold) +
                                            " cannot sign to show whether it is for that key");
    }
    TRYV(against_stranger(examination, held, likely));
    context.note("replaces " + x509::summary(present) +
                 ", which is for no key in the chip; private key uses: " + std::to_string(examination.proofs.uses()));
    return {};
}

// against_present looks at what would be lost. A certificate for the same key is renewed; a certificate for a key that
// is no more gives way to one for a key in the chip; something that is no certificate, such as what an interrupted
// write left, is no loss. An authority's certificate needs no key in the chip, and takes nobody's place.
Result<void> against_present(const Context& context, const Examination& examination, bool force) {
    const auto object = examination.object;
    const auto present = stored_certificates(examination.chip, object);
    if (!present && is_unreachable(present.error())) {
        return present.failure();
    }
    if (!present || present->certificates.empty()) {
        return {};
    }
    const auto& leaf = present->certificates.front();
    const auto key = leaf.public_key();
    const auto slot = paired_key(object);
    if (slot && key && *key == examination.key) {
        context.note("replaces " + x509::summary(leaf) + ", which is for the same key");
        return {};
    }
    if (leaf.der() == examination.leaf.der()) {
        return {};  // the same certificate again
    }
    const bool authority = leaf.is_authority() || examination.leaf.is_authority();
    if (slot && key && !authority && !force) {
        return against_holder(context, examination, leaf, *key, *slot);
    }
    return fail(InputErrc::refused, title(object) + " holds " + x509::summary(leaf) + ", which would be replaced");
}

// compare_keys is free of private key uses.
Result<void> compare_keys(const Context& context, const Examination& examination, const CertificateChecks& checks) {
    if (!checks.key_file.empty()) {
        TRY(const auto content, files::read_input(checks.key_file));
        TRY(const auto reference, keys::parse_key_file(content, files::input_name(checks.key_file)));
        TRYV(override_refusal(context, against_reference(examination, reference, checks.key_file), checks.force));
    }
    const auto slot = paired_key(examination.object);
    if (!slot) {
        return {};  // a trust anchor is the certificate of another key
    }
    return override_refusal(context, against_slot(context, examination, *slot, checks.prove_key), checks.force);
}

}  // namespace

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

Result<CertificateFile> CertificateFile::read(const std::string& path) {
    TRY(const auto input, files::read_input(path));
    auto name = files::input_name(path);
    TRY(auto certificates, x509::parse_certificate_file(input, name));
    return CertificateFile{.name = std::move(name), .certificates = std::move(certificates)};
}

Result<Bytes> certificate_content(const Context& context, ObjectId object, const CertificateFile& file,
                                  const CertificateChecks& checks) {
    TRY(const auto form, choose_form(object, file, checks.form));
    TRYV(check_key(context, object, file, checks.force));
    TRYV(check_chain(file.certificates));
    if (checks.prove_key && !paired_key(object)) {
        return fail(InputErrc::usage, "--prove-key: no key slot belongs to " + title(object));
    }
    TRYV(override_refusal(context, pki::check_version(file.certificates.front(), file.name), checks.force));
    if (is_trust_anchor(object)) {
        TRYV(override_refusal(context, pki::check_anchor(file.certificates.front(), file.name), checks.force));
    }
    CertificateObject content{.form = form, .certificates = {}};
    for (const auto& certificate : file.certificates) {
        content.certificates.push_back(certificate.der());
    }
    return encode_certificate_object(content);
}

Result<void> check_certificates(const Context& context, Chip& chip, ObjectId object, const CertificateFile& file,
                                const Bytes& content, const CertificateChecks& checks) {
    const auto& leaf = file.certificates.front();
    auto key = leaf.public_key();
    if (!key && !is_trust_anchor(object)) {
        return tl::unexpected<Error>(key.error());
    }
    TRYV(chip.with([&](LockedDevice& device) { return check_write(device, object, 0, content.size()); }));
    KeyProofs proofs{chip};
    const Examination examination{
        .chip = chip, .object = object, .leaf = leaf, .key = key.value_or(PublicKey{}), .proofs = proofs};
    TRYV(against_life_cycle(examination));
    TRYV(compare_keys(context, examination, checks));
    TRYV(override_refusal(context, against_present(context, examination, checks.force), checks.force));
    return checks.prove_key ? override_refusal(context, against_proof(examination, *paired_key(object)), checks.force)
                            : Result<void>{};
}

}  // namespace trustx::cli

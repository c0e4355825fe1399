// SPDX-License-Identifier: Apache-2.0
// Whole objects: bytes in slices, certificate objects in their three forms, trust anchors, the UID.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/device.hpp>
#include <trustx/export.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>
#include <trustx/uid.hpp>

#include <vector>

namespace trustx {

// read_object reads the used bytes of an object, in as many slices as it takes. Nothing written: an empty result.
TRUSTX_EXPORT Result<Bytes> read_object(LockedDevice& device, ObjectId object);

// read_slice reads at most `length` used bytes from an offset on; fewer where the object ends. Error:
// ChipError::data_object_boundary_exceeded when it ends before the offset.
TRUSTX_EXPORT Result<Bytes> read_slice(LockedDevice& device, ObjectId object, std::uint16_t offset, std::size_t length);

// check_write says whether that many bytes at an offset may be written, as far as the chip's metadata tells: what the
// functions below look at first. Errors: Errc::argument_invalid when they do not fit, or the object is a life cycle
// state (life_cycle.hpp raises those).
TRUSTX_EXPORT Result<void> check_write(LockedDevice& device, ObjectId object, std::size_t offset, std::size_t size);

// The same without a chip, as far as the map of objects tells.
TRUSTX_EXPORT Result<void> check_write(ObjectId object, std::size_t offset, std::size_t size);

// write_object replaces the whole content of an object (erase and write, in slices), reads it back and compares.
// Errors: those of check_write; Errc::verify_mismatch; a failure between slices says how much was written.
TRUSTX_EXPORT Result<void> write_object(LockedDevice& device, ObjectId object, ByteView data);

// write_slice writes data at an offset and leaves the rest of the object alone; reads back and compares. Errors as
// write_object.
TRUSTX_EXPORT Result<void> write_slice(LockedDevice& device, ObjectId object, std::uint16_t offset, ByteView data);

// read_uid reads the coprocessor UID, E0C2.
TRUSTX_EXPORT Result<Uid> read_uid(LockedDevice& device);

// CertificateForm says how a certificate object is wrapped (chip-objects.md section 7).
enum class CertificateForm : std::uint8_t { der, tls_identity, usb_type_c };

struct CertificateObject {
    CertificateForm form = CertificateForm::der;
    std::vector<Bytes> certificates;  // DER, leaf first; none when the object is empty
};

// parse_certificate_object reads any of the three forms. Zero-filled or empty content gives no certificate.
// Error: Errc::certificate_malformed.
TRUSTX_EXPORT Result<CertificateObject> parse_certificate_object(ByteView content);

// certificate_object chooses the form: bare DER for one certificate, which the chip's own verification needs, and the
// TLS identity for a chain, leaf first.
TRUSTX_EXPORT CertificateObject certificate_object(std::vector<Bytes> certificates);

// encode_certificate_object is the inverse; CertificateForm::der takes exactly one certificate, and USB Type-C is
// not written. Error: Errc::argument_invalid.
TRUSTX_EXPORT Result<Bytes> encode_certificate_object(const CertificateObject& object);

// read_certificates reads a certificate object or a trust anchor, and takes one short command for an empty one.
// Error: Errc::certificate_malformed when it holds something else.
TRUSTX_EXPORT Result<CertificateObject> read_certificates(LockedDevice& device, ObjectId object);

// write_certificates writes a certificate object as write_object does. Errors: those of both.
TRUSTX_EXPORT Result<void> write_certificates(LockedDevice& device, ObjectId object, const CertificateObject& content);

// write_trust_anchor writes the certificate of an authority as the chip needs it for its own verification: one, in bare
// DER, into E0E8 or E0EF. Errors: Errc::argument_invalid for any other object or anything but DER; those of
// write_object.
TRUSTX_EXPORT Result<void> write_trust_anchor(LockedDevice& device, ObjectId object, ByteView certificate);

}  // namespace trustx

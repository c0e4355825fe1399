// SPDX-License-Identifier: Apache-2.0
// Whole objects: read and write in slices, certificate objects in their three forms, the UID.
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

// write_object replaces the whole content of an object (erase and write, in slices), reads it back and compares.
// Errors: Errc::argument_invalid before anything is written when the data does not fit; Errc::verify_mismatch;
// a failure between slices says how much was written.
TRUSTX_EXPORT Result<void> write_object(LockedDevice& device, ObjectId object, ByteView data);

// write_slice writes data at an offset and leaves the rest of the object alone; reads back and compares.
TRUSTX_EXPORT Result<void> write_slice(LockedDevice& device, ObjectId object, std::uint16_t offset, ByteView data);

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

// encode_certificate_object is the inverse; CertificateForm::der takes exactly one certificate, and USB Type-C is
// not written. Error: Errc::argument_invalid.
TRUSTX_EXPORT Result<Bytes> encode_certificate_object(const CertificateObject& object);

}  // namespace trustx

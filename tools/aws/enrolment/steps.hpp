// SPDX-License-Identifier: Apache-2.0
// The steps that methods are made of. The lists of step.hpp put them into order.
#pragma once

#include "aws/enrolment/step.hpp"

namespace trustx::aws::steps {

// On this computer and its chip.
extern const Step slot;     // looks at what would be replaced
extern const Step key;      // a key in the slot: made, or found there
extern const Step request;  // the request for a certificate, signed by it
extern const Step install;  // the certificate into the chip
extern const Step files;    // what services read

// Rotation: another identity in place of the one in use (section 7.7), and retirement.
extern const Step old_identity;      // looks at the one in use
extern const Step old_registration;  // looks at its certificate in the cloud
extern const Step other_slot;        // looks at the slot for the new key
extern const Step new_key;           // a key in it that was never used
extern const Step copied_policies;   // those of the old certificate are attached to the new one
extern const Step new_files;         // those of the new identity, which nobody uses yet
extern const Step client;            // looks for a name to connect with beside the services
extern const Step changeover;        // services find the new identity
extern const Step old_certificate;   // taken out of use
extern const Step old_key;           // nobody here needs it any more; its certificate is the operator's to end
extern const Step old_object;        // the chip does not hold it any more
extern const Step old_thing;         // deleted, if that was asked for
extern const Step no_files;          // services find no identity

// When the broker has accepted it.
extern const Step earlier_files;  // those of an identity that was replaced are removed

// With a certificate that AWS does not issue (section 7.3 to 7.5).
extern const Step issue;       // by an authority of the operator's
extern const Step factory;     // the one that the chip has from the factory
extern const Step vendor;      // whether the account lets in every chip of the vendor
extern const Step registered;  // in the cloud, inactive

// By a claim (section 7.6).
extern const Step claimed_certificate;  // issued for the request, not active yet
extern const Step provisioning;         // thing and policy by a template, which makes the certificate active

// For a gateway whose operator has the account.
extern const Step answer;  // what the operator gives

// In the cloud.
extern const Step earlier;        // whether this key has a certificate there already: the same request, approved before
extern const Step endpoint;       // which broker; also whether the cloud answers and takes the credentials
extern const Step certificate;    // issued for the request, inactive (aws-iot.md section 7.1)
extern const Step thing;          // made, or found
extern const Step policy;         // made, or found
extern const Step registration;   // thing, certificate and policy by one call (section 7.2)
extern const Step policy_target;  // the policy is attached to the certificate
extern const Step thing_principal;  // the certificate is attached to the thing
extern const Step test;             // whether the policy lets the gateway connect
extern const Step activation;       // makes the certificate usable

// At the broker.
extern const Step connection;        // mutual TLS and CONNACK
extern const Step first_connection;  // the same, by which the cloud gets to know the certificate (section 7.4)

}  // namespace trustx::aws::steps

// SPDX-License-Identifier: Apache-2.0
// Device certificates as the registry holds them, and their states (aws-iot.md section 1.4).
import { X509Certificate, randomUUID } from 'node:crypto'
import { notFound, refuse } from '../base/errors.mjs'
import { certificateIdOf, deviceKeyIsAccepted, parseCertificate } from '../base/pki.mjs'
import { x509 } from '../base/packages.mjs'

export const STATES = ['ACTIVE', 'INACTIVE', 'REVOKED', 'PENDING_TRANSFER', 'REGISTER_INACTIVE', 'PENDING_ACTIVATION']

export function certificateOf(world, id) {
  return world.store.certificates.get(String(id).toLowerCase()) ?? notFound(`Certificate with id ${id} does not exist`)
}

/** Adds a certificate; ResourceAlreadyExistsException if it is there. */
export function addCertificate(world, pem, { status, mode = 'DEFAULT', caId }) {
  const id = certificateIdOf(pem)
  const existing = world.store.certificates.get(id)
  if (existing) {
    refuse('ResourceAlreadyExistsException', 'The certificate is already provisioned or registered', {
      resourceId: id,
      resourceArn: existing.arn
    })
  }
  const { validFrom, validTo } = new X509Certificate(pem)
  const certificate = {
    id,
    arn: world.arn(`cert/${id}`),
    pem,
    status,
    mode,
    caId,
    created: world.clock.seconds(),
    modified: world.clock.seconds(),
    version: 1,
    generation: randomUUID(),
    notBefore: Date.parse(validFrom) / 1000,
    notAfter: Date.parse(validTo) / 1000
  }
  world.store.certificates.set(id, certificate)
  return certificate
}

export function setStatus(world, certificate, status) {
  if (certificate.status === status) return
  certificate.status = status
  certificate.modified = world.clock.seconds()
  certificate.version += 1
  if (status !== 'ACTIVE') world.broker?.dropPrincipal(certificate.id)
}

export function removeCertificate(world, certificate) {
  world.store.certificates.delete(certificate.id)
  world.store.attachments = world.store.attachments.filter((one) => one.target !== certificate.arn)
  world.store.associations = world.store.associations.filter((one) => one.principal !== certificate.arn)
  world.broker?.dropPrincipal(certificate.id)
}

const SIGNATURES = new Set(['SHA-256', 'SHA-384', 'SHA-512'])

/** A certificate that may be registered; CertificateValidationException else. */
export function checkedDeviceCertificate(pem) {
  let certificate
  let hash
  try {
    certificate = parseCertificate(pem)
    hash = new x509.X509Certificate(pem).signatureAlgorithm.hash?.name
  } catch {
    refuse('CertificateValidationException', 'The certificate is invalid: not one certificate in PEM')
  }
  if (!deviceKeyIsAccepted(certificate)) {
    refuse('CertificateValidationException', 'The certificate is invalid: its key is of no accepted type and length')
  }
  if (!SIGNATURES.has(hash)) refuse('CertificateValidationException', 'The certificate is invalid: signing algorithm')
  return certificate
}

/** The registered CAs that signed `certificate` directly. */
export function issuersOf(world, certificate) {
  return [...world.store.cas.values()].filter((ca) => {
    const parsed = new X509Certificate(ca.pem)
    return certificate.checkIssued(parsed) && certificate.verify(parsed.publicKey)
  })
}

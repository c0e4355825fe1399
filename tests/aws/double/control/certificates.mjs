// SPDX-License-Identifier: Apache-2.0
// Calls about device certificates (aws-iot.md sections 1.4, 6.2, 7.3 and 7.5).
import { X509Certificate } from 'node:crypto'
import { invalid, refuse } from '../base/errors.mjs'
import { oneOf, page, required } from '../base/names.mjs'
import { parseRequest } from '../base/pki.mjs'
import {
  STATES,
  addCertificate,
  certificateOf,
  checkedDeviceCertificate,
  issuersOf,
  removeCertificate,
  setStatus
} from './certificate_store.mjs'
import { attachedPolicies } from './policy_targets.mjs'

function identity(certificate) {
  return { certificateArn: certificate.arn, certificateId: certificate.id }
}

async function createFromCsr(world, { query, body }) {
  const request = await parseRequest(required(body, 'certificateSigningRequest'))
  const pem = await world.pki.issueForRequest(request, world.clock.wall())
  const certificate = addCertificate(world, pem, { status: query.setAsActive === 'true' ? 'ACTIVE' : 'INACTIVE' })
  return { ...identity(certificate), certificatePem: pem }
}

async function createKeys(world, { query }) {
  const made = await world.pki.issueWithNewKeys('CN=AWS IoT Certificate', world.clock.wall())
  const certificate = addCertificate(world, made.certificatePem, {
    status: query.setAsActive === 'true' ? 'ACTIVE' : 'INACTIVE'
  })
  return { ...identity(certificate), ...made }
}

function initialStatus(query, body) {
  const status = body.status ?? (query.setAsActive === 'true' ? 'ACTIVE' : 'INACTIVE')
  oneOf('status', status, STATES)
  if (!['ACTIVE', 'INACTIVE'].includes(status)) {
    refuse('CertificateStateException', `A certificate cannot be registered with status ${status}`)
  }
  return status
}

function chooseIssuer(world, certificate, caPem) {
  const issuers = issuersOf(world, certificate)
  if (caPem !== undefined) {
    const given = caPem && new X509Certificate(caPem).fingerprint256
    const found = issuers.find((ca) => new X509Certificate(ca.pem).fingerprint256 === given)
    return found ?? refuse('CertificateValidationException', 'The CA certificate is not registered, or did not sign')
  }
  if (issuers.length > 1) {
    refuse('CertificateConflictException', 'More than one CA certificate with this subject and key is registered')
  }
  return issuers[0] ?? refuse('CertificateValidationException', 'No registered CA certificate signed the certificate')
}

/** RegisterCertificate, also for templates. */
export function registerCertificate(world, pem, caPem, status) {
  const certificate = checkedDeviceCertificate(pem)
  const ca = chooseIssuer(world, certificate, caPem)
  if (ca.status !== 'ACTIVE') refuse('CertificateStateException', `CA certificate ${ca.id} is not active`)
  return addCertificate(world, pem, { status, mode: ca.mode, caId: ca.id })
}

function register(world, { query, body }) {
  const pem = required(body, 'certificatePem')
  return identity(registerCertificate(world, pem, body.caCertificatePem, initialStatus(query, body)))
}

export function registerWithoutCa(world, { query, body }) {
  const pem = required(body, 'certificatePem')
  checkedDeviceCertificate(pem)
  return identity(addCertificate(world, pem, { status: initialStatus(query, body), mode: 'SNI_ONLY' }))
}

function describe(world, { path }) {
  const certificate = certificateOf(world, path.certificateId)
  return {
    certificateDescription: {
      ...identity(certificate),
      caCertificateId: certificate.caId,
      status: certificate.status,
      certificatePem: certificate.pem,
      ownedBy: certificate.owner ?? world.account,
      creationDate: certificate.created,
      lastModifiedDate: certificate.modified,
      customerVersion: certificate.version,
      generationId: certificate.generation,
      certificateMode: certificate.mode,
      validity: { notBefore: certificate.notBefore, notAfter: certificate.notAfter }
    }
  }
}

function update(world, { path, query }) {
  const certificate = certificateOf(world, path.certificateId)
  const status = oneOf('newStatus', query.newStatus, STATES)
  if (!['ACTIVE', 'INACTIVE', 'REVOKED'].includes(status)) {
    refuse('CertificateStateException', `A certificate cannot be set to ${status}`)
  }
  if (certificate.status === 'REVOKED' && status !== 'REVOKED') {
    refuse('CertificateStateException', `Certificate ${certificate.id} is revoked, which is final`)
  }
  if (certificate.status === 'PENDING_TRANSFER')
    refuse('CertificateStateException', 'The certificate is being transferred')
  setStatus(world, certificate, status)
}

function remove(world, { path, query }) {
  const certificate = certificateOf(world, path.certificateId)
  if (certificate.status === 'ACTIVE') {
    refuse(
      'CertificateStateException',
      `Certificate must be deactivated (not ACTIVE) before deletion. ` + `certId=${certificate.id}`
    )
  }
  const things = world.store.associations.filter((one) => one.principal === certificate.arn)
  if (things.length > 0) {
    refuse('DeleteConflictException', `Things must be detached before deletion (arn: ${certificate.arn})`)
  }
  if (query.forceDelete !== 'true' && attachedPolicies(world, certificate.arn).length > 0) {
    refuse('DeleteConflictException', `Certificate policies must be detached before deletion (arn: ${certificate.arn})`)
  }
  removeCertificate(world, certificate)
}

/** The newest come first, unless the caller asks otherwise. */
function listed(certificates, query) {
  const ordered = query.isAscendingOrder === 'true' ? certificates : certificates.reverse()
  const items = ordered.map((one) => ({
    ...identity(one),
    status: one.status,
    certificateMode: one.mode,
    creationDate: one.created
  }))
  return page(items, { start: query.marker, size: query.pageSize, member: 'certificates', token: 'nextMarker' })
}

function listByCa(world, { path, query }) {
  if (!world.store.cas.has(path.caCertificateId)) invalid(`CA certificate ${path.caCertificateId} is not registered`)
  return listed(
    [...world.store.certificates.values()].filter((one) => one.caId === path.caCertificateId),
    query
  )
}

export const routes = [
  ['CreateCertificateFromCsr', 'POST', '/certificates', createFromCsr],
  ['CreateKeysAndCertificate', 'POST', '/keys-and-certificate', createKeys],
  ['RegisterCertificate', 'POST', '/certificate/register', register],
  ['RegisterCertificateWithoutCA', 'POST', '/certificate/register-no-ca', registerWithoutCa],
  ['DescribeCertificate', 'GET', '/certificates/{certificateId}', describe],
  ['UpdateCertificate', 'PUT', '/certificates/{certificateId}', update],
  ['DeleteCertificate', 'DELETE', '/certificates/{certificateId}', remove],
  [
    'ListCertificates',
    'GET',
    '/certificates',
    (world, { query }) => listed([...world.store.certificates.values()], query)
  ],
  ['ListCertificatesByCA', 'GET', '/certificates-by-ca/{caCertificateId}', listByCa]
]

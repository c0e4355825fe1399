// SPDX-License-Identifier: Apache-2.0
// CA certificates: registration code, the two modes, automatic registration (aws-iot.md sections 7.3 and 7.4).
import { X509Certificate, randomBytes, randomUUID } from 'node:crypto'
import { invalid, notFound, refuse } from '../base/errors.mjs'
import { oneOf, page, required } from '../base/names.mjs'
import { certificateIdOf, deviceKeyIsAccepted, parseCertificate } from '../base/pki.mjs'
import { parseTemplate } from '../template/document.mjs'
import { templateOf } from './templates.mjs'

const SAME_SUBJECT = 10

function registrationCode(world) {
  world.store.registrationCode ??= randomBytes(32).toString('hex')
  return world.store.registrationCode
}

function commonName(certificate) {
  return certificate.subject
    ?.split('\n')
    .find((line) => line.startsWith('CN='))
    ?.slice(3)
}

function parsed(pem, what) {
  try {
    return parseCertificate(pem)
  } catch (error) {
    return refuse('CertificateValidationException', `The ${what} is invalid: ${error.message}`)
  }
}

function checkVerification(world, ca, pem) {
  const verification = parsed(
    required({ verificationCertificate: pem }, 'verificationCertificate'),
    'verification certificate'
  )
  if (commonName(verification) !== registrationCode(world)) {
    refuse('RegistrationCodeValidationException', 'The registration code in the verification certificate is invalid')
  }
  if (!verification.checkIssued(ca) || !verification.verify(ca.publicKey)) {
    refuse('CertificateValidationException', 'The verification certificate is not signed by the CA certificate')
  }
}

function checkMode(world, ca, body) {
  const mode = oneOf('certificateMode', body.certificateMode ?? 'DEFAULT', ['DEFAULT', 'SNI_ONLY'])
  if (mode === 'DEFAULT') checkVerification(world, ca, body.verificationCertificate)
  else if (body.verificationCertificate) invalid('verificationCertificate must be empty in SNI_ONLY mode')
  return mode
}

function checkedConfig(world, config) {
  if (config === undefined || Object.keys(config).length === 0) return undefined
  const { templateBody, templateName, roleArn } = config
  if (templateName !== undefined) {
    if (templateOf(world, templateName).type !== 'JITP') invalid(`Template ${templateName} is not of type JITP`)
    if (templateBody !== undefined) invalid('registrationConfig takes templateBody or templateName')
    return { templateName, roleArn }
  }
  parseTemplate(required(config, 'templateBody'), 'jitp')
  if (!/^arn:.+:iam::\d{12}:role\/.+/.test(required(config, 'roleArn'))) invalid('roleArn is no ARN of a role')
  return { templateBody, roleArn }
}

function register(world, { query, body }) {
  const pem = required(body, 'caCertificate')
  const certificate = parsed(pem, 'CA certificate')
  if (!certificate.ca) refuse('CertificateValidationException', 'The CA certificate is not a CA: basicConstraints')
  if (!deviceKeyIsAccepted(certificate)) refuse('CertificateValidationException', 'The key of the CA is not accepted')
  const mode = checkMode(world, certificate, body)
  const id = certificateIdOf(pem)
  const existing = world.store.cas.get(id)
  if (existing) {
    refuse('ResourceAlreadyExistsException', 'CA certificate is already registered', {
      resourceId: id,
      resourceArn: existing.arn
    })
  }
  const same = [...world.store.cas.values()].filter((ca) => new X509Certificate(ca.pem).subject === certificate.subject)
  if (same.length >= SAME_SUBJECT) refuse('LimitExceededException', 'Too many CA certificates with the same subject')
  world.store.cas.set(id, {
    id,
    arn: world.arn(`cacert/${id}`),
    pem,
    mode,
    status: query.setAsActive === 'true' ? 'ACTIVE' : 'INACTIVE',
    autoRegistration: query.allowAutoRegistration === 'true' ? 'ENABLE' : 'DISABLE',
    config: checkedConfig(world, body.registrationConfig),
    created: world.clock.seconds(),
    modified: world.clock.seconds(),
    version: 1,
    generation: randomUUID()
  })
  return { certificateArn: world.arn(`cacert/${id}`), certificateId: id }
}

function caOf(world, id) {
  return world.store.cas.get(String(id).toLowerCase()) ?? notFound(`CA certificate ${id} does not exist`)
}

function describe(world, { path }) {
  const ca = caOf(world, path.caCertificateId)
  const { validFrom, validTo } = new X509Certificate(ca.pem)
  return {
    certificateDescription: {
      certificateArn: ca.arn,
      certificateId: ca.id,
      status: ca.status,
      certificatePem: ca.pem,
      ownedBy: world.account,
      creationDate: ca.created,
      autoRegistrationStatus: ca.autoRegistration,
      lastModifiedDate: ca.modified,
      customerVersion: ca.version,
      generationId: ca.generation,
      certificateMode: ca.mode,
      validity: { notBefore: Date.parse(validFrom) / 1000, notAfter: Date.parse(validTo) / 1000 }
    },
    registrationConfig: ca.config
  }
}

function update(world, { path, query, body }) {
  const ca = caOf(world, path.caCertificateId)
  if (query.newStatus !== undefined) ca.status = oneOf('newStatus', query.newStatus, ['ACTIVE', 'INACTIVE'])
  if (query.newAutoRegistrationStatus !== undefined) {
    ca.autoRegistration = oneOf('newAutoRegistrationStatus', query.newAutoRegistrationStatus, ['ENABLE', 'DISABLE'])
  }
  if (body.removeAutoRegistration) ca.config = undefined
  else if (body.registrationConfig) ca.config = checkedConfig(world, body.registrationConfig)
  ca.modified = world.clock.seconds()
  ca.version += 1
}

function remove(world, { path }) {
  const ca = caOf(world, path.caCertificateId)
  if (ca.status === 'ACTIVE') refuse('CertificateStateException', `CA certificate ${ca.id} must be INACTIVE`)
  world.store.cas.delete(ca.id)
}

function list(world, { query }) {
  const items = [...world.store.cas.values()].map((ca) => ({
    certificateArn: ca.arn,
    certificateId: ca.id,
    status: ca.status,
    creationDate: ca.created
  }))
  return page(items, { start: query.marker, size: query.pageSize, member: 'certificates', token: 'nextMarker' })
}

export const routes = [
  ['GetRegistrationCode', 'GET', '/registrationcode', (world) => ({ registrationCode: registrationCode(world) })],
  [
    'DeleteRegistrationCode',
    'DELETE',
    '/registrationcode',
    (world) => {
      world.store.registrationCode = null
    }
  ],
  ['RegisterCACertificate', 'POST', '/cacertificate', register],
  ['DescribeCACertificate', 'GET', '/cacertificate/{caCertificateId}', describe],
  ['UpdateCACertificate', 'PUT', '/cacertificate/{caCertificateId}', update],
  ['DeleteCACertificate', 'DELETE', '/cacertificate/{caCertificateId}', remove],
  ['ListCACertificates', 'GET', '/cacertificates', list]
]

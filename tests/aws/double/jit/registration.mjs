// SPDX-License-Identifier: Apache-2.0
// Registration by the first CONNECT: JITR leaves it to a rule and its function, JITP carries out a template (aws-iot.md
// section 7.4).
import { X509Certificate, createHash } from 'node:crypto'
import { addCertificate, issuersOf } from '../control/certificate_store.mjs'
import { currentBody, templateOf } from '../control/templates.mjs'
import { nameFields } from '../policy/context.mjs'
import { applyTemplate } from '../template/apply.mjs'
import { parseTemplate } from '../template/document.mjs'

function pemOf(der) {
  const lines = der
    .toString('base64')
    .match(/.{1,64}/g)
    .join('\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

function publishEvent(world, certificate) {
  const event = {
    certificateId: certificate.id,
    caCertificateId: certificate.caId,
    timestamp: world.clock.now(),
    certificateStatus: certificate.status,
    awsAccountId: world.account,
    certificateRegistrationTimestamp: null
  }
  world.broker.publishFromService(
    `$aws/events/certificates/registered/${certificate.caId}`,
    Buffer.from(JSON.stringify(event))
  )
}

/** The parameters of a JITP template: fields of the subject, and the id. */
export function subjectParameters(certificate) {
  const { State, ...fields } = nameFields(new X509Certificate(certificate.pem).subject)
  if (State !== undefined) fields.StateName = State
  fields.Id = certificate.id
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`AWS::IoT::Certificate::${name}`, value]))
}

async function provision(world, ca, certificate) {
  try {
    const body = ca.config.templateBody ?? currentBody(templateOf(world, ca.config.templateName))
    const template = parseTemplate(body, 'jitp')
    const given = subjectParameters(certificate)
    const absent = Object.keys(template.parameters).filter((name) => given[name] === undefined)
    if (absent.length > 0) throw new Error(`the subject has no ${absent}`)
    if (!world.store.certificates.has(certificate.id)) throw new Error('the certificate was deleted')
    await applyTemplate(world, template, given)
    world.events.add({ type: 'jitp', certificateId: certificate.id, ok: true })
  } catch (error) {
    world.events.add({ type: 'jitp', certificateId: certificate.id, ok: false, why: error.message })
  } finally {
    certificate.provisioning = false
  }
}

function startProvisioning(world, ca, certificate) {
  if (!ca.config || certificate.provisioning) return
  certificate.provisioning = true
  world.clock.after(world.settings.registrationDelay, () => provision(world, ca, certificate))
}

/** Whether a CA vouches for the leaf; then it is PENDING_ACTIVATION from now on, and events tell so. */
export function registerOnConnect(world, der) {
  const pem = pemOf(der)
  const leaf = new X509Certificate(der)
  const ca = issuersOf(world, leaf).find((one) => one.status === 'ACTIVE' && one.autoRegistration === 'ENABLE')
  if (!ca) return false
  const now = world.clock.wall()
  if (now < Date.parse(leaf.validFrom) || now > Date.parse(leaf.validTo)) return false
  const id = createHash('sha256').update(der).digest('hex')
  const certificate =
    world.store.certificates.get(id) ??
    addCertificate(world, pem, { status: 'PENDING_ACTIVATION', mode: ca.mode, caId: ca.id })
  publishEvent(world, certificate)
  startProvisioning(world, ca, certificate)
  return true
}

// SPDX-License-Identifier: Apache-2.0
// Fleet provisioning over MQTT (aws-iot.md sections 7.6 and 14, items 5 and 6).
import { randomBytes } from 'node:crypto'
import { ServiceError } from '../base/errors.mjs'
import { parseRequest } from '../base/pki.mjs'
import { activeProvider } from '../control/certificate_providers.mjs'
import { addCertificate, removeCertificate } from '../control/certificate_store.mjs'
import { currentBody } from '../control/templates.mjs'
import { invoke } from '../jit/functions.mjs'
import { applyTemplate } from '../template/apply.mjs'
import { CERTIFICATE_ID, parseTemplate } from '../template/document.mjs'
import { faultAfterwards, parseObject, replyTo, serviceFault } from './reply.mjs'

class Rejection extends Error {
  constructor(statusCode, errorCode, message) {
    super(message)
    Object.assign(this, { statusCode, errorCode })
  }
}

const reject = (statusCode, errorCode, message) => {
  throw new Rejection(statusCode, errorCode, message)
}

function asRejection(error) {
  if (error instanceof Rejection) return error
  if (error instanceof ServiceError)
    return new Rejection(error.status, error.name.replace(/Exception$/, ''), error.message)
  process.stderr.write(`double: ${error.stack}\n`)
  return new Rejection(500, 'InternalFailure', 'An unexpected error has occurred.')
}

/** Runs a request with its faults and answers `topic`/accepted or `topic`/rejected. */
async function answer(world, connection, message, operation, format, work) {
  const rejected = ({ statusCode, errorCode, errorMessage, message: text }) =>
    replyTo(world, connection, `${message.topic}/rejected`, {
      statusCode,
      errorCode,
      errorMessage: errorMessage ?? text
    })
  const { done, fault } = await serviceFault(world, connection, operation, rejected)
  if (done) return
  try {
    if (format !== 'json') reject(400, 'InvalidPayload', 'This double knows JSON only')
    const body = parseObject(message.payload) ?? reject(400, 'InvalidPayload', 'The payload is no JSON object')
    const accepted = await work(body)
    if (await faultAfterwards(world, connection, fault)) return
    replyTo(world, connection, `${message.topic}/accepted`, altered(world, accepted, fault))
  } catch (error) {
    rejected(asRejection(error))
  }
}

function altered(world, accepted, fault) {
  const changed = { ...accepted, ...fault?.set }
  for (const [member, kind] of Object.entries(fault?.alter ?? {}))
    changed[member] = world.alterations[kind](changed[member])
  return changed
}

function newToken(world, connection, certificate) {
  const token = randomBytes(48).toString('base64')
  const cancel = world.clock.after(world.settings.tokenLifetime, () => {
    world.store.tokens.delete(token)
    if (certificate.status === 'PENDING_ACTIVATION') removeCertificate(world, certificate)
  })
  world.store.tokens.set(token, { certificateId: certificate.id, connection: connection.sessionIdentifier, cancel })
  return token
}

async function issueForCsr(world, connection, csr) {
  let request
  try {
    request = await parseRequest(csr)
  } catch (error) {
    reject(400, 'InvalidCsr', error.message)
  }
  const provider = activeProvider(world)
  if (!provider) return world.pki.issueForRequest(request, world.clock.wall())
  const made = await invoke(world, provider.function, {
    certificateSigningRequest: csr,
    clientId: connection.clientId,
    principalId: connection.certificate.id
  }).catch(() => reject(500, 'InternalFailure', 'The certificate provider failed'))
  return made?.certificatePem ?? reject(500, 'InternalFailure', 'The certificate provider gave no certificate')
}

function accepted(world, connection, pem, extra = {}) {
  const certificate = addCertificate(world, pem, { status: 'PENDING_ACTIVATION' })
  return {
    certificateId: certificate.id,
    certificatePem: pem,
    ...extra,
    certificateOwnershipToken: newToken(world, connection, certificate)
  }
}

export function createCertificate(world, connection, message, kind, format) {
  if (kind === 'create-from-csr') {
    return answer(world, connection, message, 'CreateCertificateFromCsr', format, async (body) =>
      accepted(world, connection, await issueForCsr(world, connection, body.certificateSigningRequest))
    )
  }
  return answer(world, connection, message, 'CreateKeysAndCertificate', format, async () => {
    const made = await world.pki.issueWithNewKeys('CN=AWS IoT Certificate', world.clock.wall())
    return accepted(world, connection, made.certificatePem, { privateKey: made.keyPair.PrivateKey })
  })
}

function takeToken(world, connection, token) {
  const held = world.store.tokens.get(token)
  const foreign = held && world.settings.tokenBoundToConnection && held.connection !== connection.sessionIdentifier
  const certificate = held && world.store.certificates.get(held.certificateId)
  if (!held || foreign || !certificate) {
    reject(400, 'InvalidCertificateOwnershipToken', 'The certificate ownership token is invalid')
  }
  return {
    certificate,
    use: () => {
      held.cancel()
      world.store.tokens.delete(token)
    }
  }
}

async function askHook(world, connection, template, certificate, parameters) {
  if (!template.hook) return parameters
  const event = {
    claimCertificateId: connection.certificate.id,
    certificateId: certificate.id,
    certificatePem: certificate.pem,
    templateArn: template.arn,
    clientId: connection.clientId,
    parameters
  }
  const allowed = await invoke(world, template.hook.targetArn, event).catch(() => null)
  if (allowed?.allowProvisioning !== true)
    reject(403, 'AccessDenied', 'ACCESS_DENIED: the pre-provisioning hook refused')
  return { ...parameters, ...allowed.parameterOverrides }
}

async function provision(world, connection, name, body) {
  const template = world.store.templates.get(name) ?? reject(404, 'ResourceNotFound', `Template ${name} not found`)
  if (template.type !== 'FLEET_PROVISIONING' || !template.enabled) {
    reject(400, 'InvalidRequest', `Template ${name} is not enabled`)
  }
  const { certificate, use } = takeToken(world, connection, body.certificateOwnershipToken)
  const parameters = await askHook(world, connection, template, certificate, body.parameters ?? {})
  const parsed = parseTemplate(currentBody(template), 'fleet')
  const made = await applyTemplate(world, parsed, { ...parameters, [CERTIFICATE_ID]: certificate.id })
  use()
  return { deviceConfiguration: made.deviceConfiguration, thingName: made.thing?.thingName }
}

export function provisionThing(world, connection, message, name, format) {
  return answer(world, connection, message, 'RegisterThing', format, (body) => provision(world, connection, name, body))
}

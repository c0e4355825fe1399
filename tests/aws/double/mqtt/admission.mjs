// SPDX-License-Identifier: Apache-2.0
// Whether a CONNECT is let in: the certificate's state, its policies, and the limits (aws-iot.md sections 2, 7.4 and
// 10.2).
import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { registerOnConnect } from '../jit/registration.mjs'
import { authorize } from '../policy/authorizer.mjs'
import { REASON } from './reasons.mjs'
import { publishable } from './topics.mjs'

const CLIENT_ID_BYTES = 128
const [KEEP_ALIVE_LEAST, KEEP_ALIVE_MOST] = [30, 1200]
const SESSION_DEFAULT_S = 3600
const CONNACK_PROPERTIES = {
  receiveMaximum: 100,
  maximumQoS: 1,
  maximumPacketSize: 149504,
  topicAliasMaximum: 8,
  subscriptionIdentifiersAvailable: false
}

const refuse = (reason, why) => ({ ok: false, reason, why })

function keepAliveOf(packet) {
  if (packet.keepalive === 0 || packet.keepalive > KEEP_ALIVE_MOST) return KEEP_ALIVE_MOST
  return Math.max(packet.keepalive, KEEP_ALIVE_LEAST)
}

/** Milliseconds that the session outlives its connection. */
function sessionExpiryOf(packet) {
  if (packet.protocolVersion !== 5) return packet.clean ? 0 : SESSION_DEFAULT_S * 1000
  return (packet.properties?.sessionExpiryInterval ?? 0) * 1000
}

function protocolFault(connection, packet) {
  if (packet.bridgeMode) return refuse(REASON.protocolError, 'bridge bit in the protocol level')
  if (![4, 5].includes(packet.protocolVersion)) return refuse(REASON.protocolError, 'protocol version')
  if (Buffer.byteLength(packet.clientId) > CLIENT_ID_BYTES) return refuse(REASON.clientId, 'client id too long')
  if (packet.clientId === '' && !packet.clean) return refuse(REASON.clientId, 'no client id')
  if (!connection.peer.servername) return refuse(REASON.notAuthorized, 'no SNI')
  if (!connection.peer.certificate) return refuse(REASON.notAuthorized, 'no client certificate')
  return null
}

function certificateFault(world, connection, id) {
  const certificate = world.store.certificates.get(id)
  if (!certificate || (certificate.status === 'PENDING_ACTIVATION' && certificate.caId)) {
    const registered = registerOnConnect(world, connection.peer.certificate)
    return refuse(REASON.notAuthorized, registered ? 'registered, PENDING_ACTIVATION' : 'certificate not registered')
  }
  if (certificate.status !== 'ACTIVE') return refuse(REASON.notAuthorized, `certificate is ${certificate.status}`)
  const now = world.clock.wall() / 1000
  if (now < certificate.notBefore || now > certificate.notAfter)
    return refuse(REASON.notAuthorized, 'certificate expired')
  return null
}

function rateFault(world, clientId) {
  if (!world.settings.connectRate) return null
  const last = world.lastConnect.get(clientId)
  world.lastConnect.set(clientId, world.clock.now())
  return last !== undefined && world.clock.now() - last < 1000
    ? refuse(REASON.connectionRate, 'more than one CONNECT per second')
    : null
}

function policyFault(world, certificate, identity, packet) {
  const denied = (action, resource) => {
    const answer = authorize(world, certificate, identity, action, world.arn(resource))
    return answer.decision === 'ALLOWED'
      ? null
      : refuse(
          REASON.notAuthorized,
          `${action} on ${resource}: ${answer.decision}` +
            (answer.missing.length > 0 ? `, no value for ${answer.missing}` : '')
        )
  }
  const found = denied('iot:Connect', `client/${identity.clientId}`)
  if (found || !packet.will) return found
  if (packet.will.qos === 2) return refuse(REASON.qos, 'will of QoS 2')
  if (!publishable(packet.will.topic)) return refuse(REASON.topicInvalid, `will on ${packet.will.topic}`)
  return (
    denied('iot:Publish', `topic/${packet.will.topic}`) ??
    (packet.will.retain ? denied('iot:RetainPublish', `topic/${packet.will.topic}`) : null)
  )
}

function identityOf(connection, packet, clientId) {
  const attributes = []
  if (packet.protocolVersion === 5 ? packet.properties?.sessionExpiryInterval > 0 : !packet.clean) {
    attributes.push('PersistentConnect')
  }
  if (packet.will) attributes.push('LastWill')
  return { clientId, address: connection.peer.address, domain: connection.peer.servername, attributes }
}

function propertiesOf(packet, clientId, keepAlive) {
  const properties = { ...CONNACK_PROPERTIES, sharedSubscriptionAvailable: true, retainAvailable: true }
  if (packet.clientId === '') properties.assignedClientIdentifier = clientId
  if (keepAlive !== packet.keepalive) properties.serverKeepAlive = keepAlive
  if (packet.properties?.sessionExpiryInterval !== undefined) {
    properties.sessionExpiryInterval = packet.properties.sessionExpiryInterval
  }
  return properties
}

/** {ok: true, clientId, certificate, identity, sessionExpiry, keepAlive, properties}, or {ok: false, reason, why}. */
export function admit(world, connection, packet) {
  const early = protocolFault(connection, packet)
  if (early) return early
  const id = createHash('sha256').update(connection.peer.certificate).digest('hex')
  const fault = certificateFault(world, connection, id)
  if (fault) return fault
  const certificate = world.store.certificates.get(id)
  const clientId = packet.clientId || `$GEN/${randomUUID()}`
  const identity = identityOf(connection, packet, clientId)
  const late = policyFault(world, certificate, identity, packet) ?? rateFault(world, clientId)
  if (late) return late
  const keepAlive = keepAliveOf(packet)
  return {
    ok: true,
    clientId,
    certificate,
    identity,
    sessionExpiry: sessionExpiryOf(packet),
    keepAlive,
    properties: propertiesOf(packet, clientId, keepAlive)
  }
}

/** For the endpoints that take a certificate by HTTP: the ACTIVE registered certificate of a leaf, or null. */
export function activeCertificate(world, der) {
  const certificate = world.store.certificates.get(createHash('sha256').update(der).digest('hex'))
  return certificate?.status === 'ACTIVE' && Date.parse(new X509Certificate(der).validTo) > world.clock.wall()
    ? certificate
    : null
}

// SPDX-License-Identifier: Apache-2.0
// One MQTT connection, from its first packet to its end: packets in, packets out, limits and policies. Whether a client
// is let in is decided in admission.mjs; what reserved topics mean, in services/.
import { mqttPacket } from '../base/packages.mjs'
import { authorize } from '../policy/authorizer.mjs'
import { PRESENCE, REASON } from './reasons.mjs'
import { admit } from './admission.mjs'
import { isWildcard, plainFilter, publishable, subscribable } from './topics.mjs'

const PAYLOAD = 128 * 1024
const FILTERS = 8
const SUBSCRIPTIONS = 50
const PUBLISHES_PER_SECOND = 100
const TOPIC_ALIASES = 8
const IN_PROPERTIES = [
  'payloadFormatIndicator',
  'messageExpiryInterval',
  'contentType',
  'responseTopic',
  'correlationData',
  'userProperties'
]

export class Connection {
  #world
  #socket
  #parser
  #work = Promise.resolve()
  #closed = false
  #mute = false // nothing is sent any more: the connection ends after this packet
  #cancelKeepAlive = () => {}
  #aliases = new Map()
  #publishes = { second: 0, count: 0 }

  /** `peer` is {certificate: DER or null, servername, alpn, tls, address, chain: DERs}. */
  constructor(world, socket, peer) {
    this.#world = world
    this.#socket = socket
    this.peer = peer
    this.version = 4
    this.#parser = mqttPacket.parser()
    this.#parser.on('packet', (packet) => this.#enqueue(packet))
    this.#parser.on('error', (error) => this.end(REASON.malformed, PRESENCE.error, error.message))
    socket.on('data', (data) => this.#parser.parse(data))
    socket.on('error', () => {})
    socket.on('close', () => this.#finished(PRESENCE.lost, false))
  }

  get closed() {
    return this.#closed
  }

  /** Packets are served one after the other, also where serving one takes time. */
  #enqueue(packet) {
    this.#work = this.#work
      .then(() => this.#serve(packet))
      .catch((error) => {
        process.stderr.write(`double: ${error.stack}\n`)
        this.hangUp()
      })
  }

  async #serve(packet) {
    if (this.#closed) return
    const fault = this.#world.faults.take({
      where: 'mqtt',
      packet: packet.cmd,
      clientId: this.clientId ?? packet.clientId,
      topic: packet.topic
    })
    if (await this.#faultInstead(fault ?? {}, packet)) return
    this.#mute = fault?.hangup === 'after'
    await this.#handle(packet)
    if (this.#mute) this.hangUp()
  }

  /** What a fault does before the packet has an effect; true if that is all. */
  async #faultInstead(fault, packet) {
    if (fault.hold) await this.#world.faults.hold(fault.id)
    if (fault.delay) await this.#world.clock.delay(fault.delay)
    if (fault.hangup === 'before') this.hangUp()
    else if (fault.reason && packet.cmd === 'connect') this.#refuseByFault(fault.reason, packet)
    else if (fault.reason) this.end(fault.reason, PRESENCE.server)
    return Boolean(fault.ignore || fault.reason || fault.hangup === 'before')
  }

  #refuseByFault(reason, packet) {
    this.version = packet.protocolVersion
    this.#refuse({ reason, why: 'a fault' })
  }

  async #handle(packet) {
    if ((packet.cmd === 'connect') === Boolean(this.session)) return this.end(REASON.protocolError, PRESENCE.error)
    this.#restartKeepAlive()
    switch (packet.cmd) {
      case 'connect':
        return this.#connect(packet)
      case 'publish':
        return this.#publish(packet)
      case 'puback':
        return this.session.acknowledged(packet.messageId)
      case 'subscribe':
        return this.#subscribe(packet)
      case 'unsubscribe':
        return this.#unsubscribe(packet)
      case 'pingreq':
        return this.#send({ cmd: 'pingresp' })
      case 'disconnect':
        return this.#disconnect(packet)
      default:
        return this.end(REASON.protocolError, PRESENCE.error)
    }
  }

  #connect(packet) {
    this.version = packet.protocolVersion
    this.clientId = packet.clientId
    const admitted = admit(this.#world, this, packet)
    if (this.#closed) return
    if (!admitted.ok) return this.#refuse(admitted)
    Object.assign(this, {
      clientId: admitted.clientId,
      certificate: admitted.certificate,
      identity: admitted.identity,
      will: packet.will ?? null,
      sessionExpiry: admitted.sessionExpiry,
      keepAlive: admitted.keepAlive
    })
    const { session, present } = this.#world.broker.open(this, packet.clean)
    this.session = session
    this.#log({ type: 'connected', sessionPresent: present, keepAlive: this.keepAlive })
    this.#send({
      cmd: 'connack',
      returnCode: 0,
      reasonCode: 0,
      sessionPresent: present,
      properties: this.version === 5 ? admitted.properties : undefined
    })
    this.#world.presence.connected(this)
    this.#restartKeepAlive()
    session.resume()
  }

  #refuse({ reason, why }) {
    const how = this.version === 5 ? this.#world.settings.refusal5 : this.#world.settings.refusal
    this.#log({ type: 'refused', why, reason })
    if (this.version === 5 && how === 'reason')
      this.#send({ cmd: 'connack', reasonCode: reason, sessionPresent: false })
    if (how === 'connack5') this.#send({ cmd: 'connack', returnCode: 5, reasonCode: REASON.notAuthorized })
    if (how === 'connack7') this.#send({ cmd: 'connack', returnCode: 7, reasonCode: REASON.notAuthorized })
    this.#world.presence.refused(this)
    this.#close(PRESENCE.auth, false)
  }

  /** Whether the policies in force allow it; else the connection ends, as the service does it. */
  #allowed(action, resource) {
    const answer = authorize(this.#world, this.certificate, this.identity, action, this.#world.arn(resource))
    if (answer.decision === 'ALLOWED') return true
    this.#log({ type: 'denied', action, resource, missing: answer.missing })
    this.end(REASON.notAuthorized, PRESENCE.forbidden, `${action} on ${resource}`)
    return false
  }

  #topicOf(packet) {
    const alias = packet.properties?.topicAlias
    if (alias === undefined) return packet.topic
    if (alias < 1 || alias > TOPIC_ALIASES) return undefined
    if (packet.topic !== '') this.#aliases.set(alias, packet.topic)
    return this.#aliases.get(alias)
  }

  /** The reason to end the connection for a PUBLISH, or null. */
  #publishFault(packet, topic) {
    if (packet.qos === 2) return [REASON.qos, 'QoS 2']
    if (topic === undefined) return [REASON.topicAlias, 'topic alias']
    if (packet.payload.length > PAYLOAD) return [REASON.tooLarge, 'payload']
    return publishable(topic) ? null : [REASON.topicInvalid, `topic ${topic}`]
  }

  #throttled() {
    const second = this.#world.clock.seconds()
    if (this.#publishes.second !== second) this.#publishes = { second, count: 0 }
    this.#publishes.count += 1
    return this.#world.settings.publishRate && this.#publishes.count > PUBLISHES_PER_SECOND
  }

  async #publish(packet) {
    const topic = this.#topicOf(packet)
    const fault = this.#publishFault(packet, topic)
    if (fault) return this.end(fault[0], PRESENCE.error, fault[1])
    if (this.#throttled()) return this.#log({ type: 'throttled', topic })
    if (!this.#allowed('iot:Publish', `topic/${topic}`)) return
    if (packet.retain && !this.#allowed('iot:RetainPublish', `topic/${topic}`)) return
    this.#log({
      type: 'publish',
      topic,
      payload: packet.payload.toString('utf8'),
      qos: packet.qos,
      retain: packet.retain
    })
    if (packet.qos === 1) this.#send({ cmd: 'puback', messageId: packet.messageId, reasonCode: 0 })
    const properties = Object.fromEntries(
      Object.entries(packet.properties ?? {}).filter(([name]) => IN_PROPERTIES.includes(name))
    )
    const message = { topic, payload: packet.payload, qos: packet.qos, retain: packet.retain, properties }
    await this.#world.services.publish(this, message)
  }

  #subscribeFault(packet) {
    if (packet.properties?.subscriptionIdentifier !== undefined)
      return [REASON.subscriptionIds, 'subscription identifier']
    if (packet.subscriptions.length > FILTERS) return [REASON.quota, 'more than 8 filters']
    const added = packet.subscriptions.filter(({ topic }) => !this.session.subscriptions.has(topic))
    if (this.session.subscriptions.size + added.length > SUBSCRIPTIONS)
      return [REASON.quota, 'more than 50 subscriptions']
    const bad = packet.subscriptions.find(({ topic }) => !subscribable(topic))
    return bad ? [REASON.filterInvalid, `filter ${bad.topic}`] : null
  }

  #subscribe(packet) {
    const fault = this.#subscribeFault(packet)
    if (fault) return this.end(fault[0], PRESENCE.error, fault[1])
    for (const { topic } of packet.subscriptions) {
      if (!this.#allowed('iot:Subscribe', `topicfilter/${plainFilter(topic)}`)) return
    }
    const granted = packet.subscriptions.map(({ qos }) => Math.min(qos, 1))
    this.#log({ type: 'subscribe', filters: packet.subscriptions.map(({ topic }) => topic) })
    this.#send({ cmd: 'suback', messageId: packet.messageId, granted, reasonCode: 0 })
    packet.subscriptions.forEach(({ topic, nl, rap, rh }, at) =>
      this.#world.broker.subscribe(this.session, topic, {
        qos: granted[at],
        noLocal: nl,
        retainAsPublished: rap,
        retainHandling: rh,
        wildcard: isWildcard(topic)
      })
    )
  }

  #unsubscribe(packet) {
    if (packet.unsubscriptions.length > FILTERS) return this.end(REASON.quota, PRESENCE.error, 'more than 8 filters')
    for (const filter of packet.unsubscriptions) this.session.subscriptions.delete(filter)
    this.#log({ type: 'unsubscribe', filters: packet.unsubscriptions })
    this.#send({ cmd: 'unsuback', messageId: packet.messageId, granted: packet.unsubscriptions.map(() => 0) })
  }

  #disconnect(packet) {
    const expiry = packet.properties?.sessionExpiryInterval
    if (expiry !== undefined && this.sessionExpiry > 0) this.sessionExpiry = expiry * 1000
    if (packet.reasonCode !== REASON.disconnectWithWill) this.will = null
    this.#close(PRESENCE.client, true)
  }

  /** A message of the broker to this client. */
  sendPublish(message) {
    this.#send({
      cmd: 'publish',
      dup: false,
      retain: false,
      ...message,
      properties: this.version === 5 ? message.properties : undefined
    })
  }

  takenOver() {
    this.end(REASON.takenOver, PRESENCE.duplicate)
  }

  /** The server ends it: MQTT 5 is told why, 3.1.1 is not. */
  end(reason, presence, detail) {
    if (this.#closed) return
    this.#log({ type: 'ended', reason, presence, detail })
    if (this.version === 5 && this.session) this.#send({ cmd: 'disconnect', reasonCode: reason })
    this.#close(presence, false)
  }

  hangUp() {
    this.#log({ type: 'hung up' })
    this.#finished(PRESENCE.lost, false)
    this.#socket.destroy()
  }

  #close(presence, byClient) {
    this.#finished(presence, byClient)
    this.#socket.end()
    this.#socket.destroySoon()
  }

  #finished(presence, byClient) {
    if (this.#closed) return
    this.#closed = true
    this.#cancelKeepAlive()
    if (!this.session) return
    this.#world.broker.release(this.session, this, this.sessionExpiry)
    this.#log({ type: 'disconnected', presence })
    if (this.will) this.#world.broker.publish({ ...this.will, payload: Buffer.from(this.will.payload) }, null)
    this.#world.presence.disconnected(this, presence, byClient)
  }

  #restartKeepAlive() {
    this.#cancelKeepAlive()
    if (!this.keepAlive) return
    this.#cancelKeepAlive = this.#world.clock.after(this.keepAlive * 1500, () =>
      this.end(REASON.keepAlive, PRESENCE.keepAlive)
    )
  }

  #send(packet) {
    if (this.#closed || this.#mute || this.#socket.destroyed) return
    mqttPacket.writeToStream(packet, this.#socket, { protocolVersion: this.version })
  }

  #log(entry) {
    this.#world.events.add({
      ...entry,
      clientId: this.clientId ?? null,
      version: this.version,
      certificateId: this.certificate?.id ?? null
    })
  }
}

// SPDX-License-Identifier: Apache-2.0
// Sessions, subscriptions, retained messages, and who gets what. Connections check their own client; the broker checks
// only that a receiver may receive (iot:Receive).
import { authorize } from '../policy/authorizer.mjs'
import { PRESENCE, REASON } from './reasons.mjs'
import { Session } from './session.mjs'
import { isWildcard, plainFilter, topicMatches } from './topics.mjs'

export class Broker {
  #world
  #sessions = new Map()
  #retained = new Map()
  #observers = []
  #turn = 0

  constructor(world) {
    this.#world = world
  }

  /** `observer(topic, payload, origin)` sees every message; rules and services of the double are observers. */
  observe(observer) {
    this.#observers.push(observer)
  }

  connections() {
    return [...this.#sessions.values()].map((session) => session.connection).filter(Boolean)
  }

  /** Answers {session, present}. A session of another certificate is none of this client's. */
  open(connection, clean) {
    let session = this.#sessions.get(connection.clientId)
    session?.connection?.takenOver()
    session?.cancelExpiry?.()
    // Its old connection may have taken the session along.
    const kept = session !== undefined && this.#sessions.has(connection.clientId)
    const present = kept && !clean && session.certificateId === connection.certificate.id
    if (!present) {
      session = new Session(connection.clientId, connection.certificate.id)
      this.#sessions.set(connection.clientId, session)
    }
    session.connection = connection
    session.identity = connection.identity
    return { session, present }
  }

  /** The connection has ended; its session lives on for `expiry` milliseconds. */
  release(session, connection, expiry) {
    if (session.connection !== connection) return
    session.connection = null
    const forget = () => {
      if (this.#sessions.get(session.clientId) === session && !session.connection)
        this.#sessions.delete(session.clientId)
    }
    if (expiry === 0) forget()
    else session.cancelExpiry = this.#world.clock.after(expiry, forget)
  }

  subscribe(session, filter, options) {
    const existing = session.subscriptions.has(filter)
    session.subscriptions.set(filter, options)
    if (
      isWildcard(filter) ||
      filter.startsWith('$share/') ||
      options.retainHandling === 2 ||
      (options.retainHandling === 1 && existing)
    )
      return
    const message = this.#retained.get(filter)
    if (message) this.#deliver(session, { ...message, retain: true }, options)
  }

  /** `message` is {topic, payload, qos, retain, properties}; `origin` the connection, or null for the service. */
  publish(message, origin) {
    if (message.retain) this.#retain(message)
    this.#fanOut({ ...message, retain: false }, message.retain, origin)
    for (const observer of this.#observers) observer(message.topic, message.payload, origin)
  }

  publishFromService(topic, payload, { qos = 1, retain = false } = {}) {
    this.#world.events.add({ type: 'publish', by: 'service', topic, payload: payload.toString('utf8') })
    this.publish({ topic, payload, qos, retain }, null)
  }

  retained() {
    return this.#retained
  }

  /** Ends the connections of a certificate that is no longer active. */
  dropPrincipal(certificateId) {
    for (const connection of this.connections()) {
      if (connection.certificate.id === certificateId) connection.end(REASON.notAuthorized, PRESENCE.auth)
    }
  }

  /** DeleteConnection: answers whether there was one. */
  drop(clientId, { clean, withoutWill }) {
    const session = this.#sessions.get(clientId)
    if (!session?.connection) return false
    if (withoutWill) session.connection.will = null
    if (clean) session.connection.sessionExpiry = 0
    session.connection.end(REASON.administrative, 'API_INITIATED_DISCONNECT')
    return true
  }

  /** For tests: {close: clientId} hangs up without a word; {list: true} tells who is connected. */
  command({ close, list }) {
    if (close !== undefined) this.#sessions.get(close)?.connection?.hangUp()
    return list
      ? this.connections().map(({ clientId, certificate, version }) => ({
          clientId,
          certificateId: certificate.id,
          version
        }))
      : {}
  }

  #retain(message) {
    if (message.payload.length === 0) this.#retained.delete(message.topic)
    else this.#retained.set(message.topic, { ...message, at: this.#world.clock.now() })
  }

  #fanOut(message, wasRetained, origin) {
    const shared = new Map()
    for (const session of this.#sessions.values()) {
      const mine = [...session.subscriptions].filter(
        ([filter, options]) =>
          topicMatches(plainFilter(filter), message.topic) &&
          !(options.noLocal && session.connection === origin && origin)
      )
      for (const [filter, options] of mine.filter(([filter]) => filter.startsWith('$share/'))) {
        const group = filter.split('/').slice(0, 2).join('/')
        shared.set(group, [...(shared.get(group) ?? []), { session, options }])
      }
      const plain = mine.filter(([filter]) => !filter.startsWith('$share/')).map(([, options]) => options)
      if (plain.length > 0) this.#deliver(session, withRetain(message, wasRetained, plain[0]), highest(plain))
    }
    for (const members of shared.values()) {
      const { session, options } = members[this.#turn++ % members.length]
      this.#deliver(session, message, options)
    }
  }

  #deliver(session, message, options) {
    const certificate = this.#world.store.certificates.get(session.certificateId)
    if (!certificate) return
    const answer = authorize(
      this.#world,
      certificate,
      session.identity,
      'iot:Receive',
      this.#world.arn(`topic/${message.topic}`)
    )
    if (answer.decision !== 'ALLOWED') {
      this.#world.events.add({ type: 'receive-denied', clientId: session.clientId, topic: message.topic })
      return
    }
    session.send(message, Math.min(message.qos, options.qos))
  }
}

const withRetain = (message, wasRetained, options) =>
  wasRetained && options.retainAsPublished ? { ...message, retain: true } : message

const highest = (list) => list.reduce((best, options) => (options.qos > best.qos ? options : best))

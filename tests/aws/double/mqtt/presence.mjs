// SPDX-License-Identifier: Apache-2.0
// Events of connections on $aws/events/presence, and what GetThingConnectivityData knows (aws-iot.md section 8.4).
import { randomUUID } from 'node:crypto'
import { thingOfConnection } from '../policy/context.mjs'

export class Presence {
  #world
  #versions = new Map()

  constructor(world) {
    this.#world = world
  }

  connected(connection) {
    connection.sessionIdentifier = randomUUID()
    this.#note(connection, { connected: true })
    this.#publish(connection, 'connected', {})
  }

  disconnected(connection, reason, byClient) {
    this.#note(connection, { connected: false, disconnectReason: reason })
    this.#publish(connection, 'disconnected', { clientInitiatedDisconnect: byClient, disconnectReason: reason })
  }

  /** A CONNECT that was not let in. */
  refused(connection) {
    if (!connection.clientId) return
    connection.sessionIdentifier = randomUUID()
    this.#publish(connection, 'disconnected', { clientInitiatedDisconnect: false, disconnectReason: 'AUTH_ERROR' })
  }

  #thing(connection) {
    return connection.certificate && thingOfConnection(this.#world, connection.certificate, connection.clientId)
  }

  #note(connection, state) {
    const thing = this.#thing(connection)
    if (thing) this.#world.store.connectivity.set(thing.thingName, { ...state, timestamp: this.#world.clock.now() / 1000 })
  }

  #publish(connection, eventType, members) {
    const version = this.#versions.get(connection.clientId) ?? 0
    this.#versions.set(connection.clientId, version + 1)
    const event = {
      clientId: connection.clientId,
      timestamp: this.#world.clock.now(),
      eventType,
      ...members,
      sessionIdentifier: connection.sessionIdentifier,
      principalIdentifier: connection.certificate?.id,
      ipAddress: connection.peer.address,
      versionNumber: version
    }
    const thing = this.#thing(connection)
    const exclusive = this.#world.store.associations.some(
      (one) => one.principal === connection.certificate?.arn && one.type === 'EXCLUSIVE_THING'
    )
    if (thing && exclusive) event.thingName = thing.thingName
    this.#world.broker.publishFromService(
      `$aws/events/presence/${eventType}/${connection.clientId}`,
      Buffer.from(JSON.stringify(event))
    )
  }
}

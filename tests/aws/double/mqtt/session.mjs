// SPDX-License-Identifier: Apache-2.0
// What a client id has subscribed to and what waits for it; it outlives the connection if the client asked for that.

const WINDOW = 100

export class Session {
  subscriptions = new Map()
  inflight = new Map()
  queue = []
  connection = null
  identity = null // of the last connection, for policies
  cancelExpiry = null
  #nextId = 1

  constructor(clientId, certificateId) {
    this.clientId = clientId
    this.certificateId = certificateId
  }

  /** Messages of QoS 1 wait for their acknowledgement, at most 100 of them; the rest in a queue. */
  send(message, qos) {
    if (qos === 0) {
      this.connection?.sendPublish({ ...message, qos: 0 })
    } else if (this.connection && this.inflight.size < WINDOW) {
      this.#sendNumbered(message)
    } else {
      this.queue.push(message)
    }
  }

  acknowledged(id) {
    this.inflight.delete(id)
    this.#drain()
  }

  /** After a new connection: first what was never acknowledged, then what came meanwhile. */
  resume() {
    for (const [messageId, message] of this.inflight) {
      this.connection.sendPublish({ ...message, qos: 1, messageId, dup: true })
    }
    this.#drain()
  }

  #drain() {
    while (this.connection && this.queue.length > 0 && this.inflight.size < WINDOW) {
      this.#sendNumbered(this.queue.shift())
    }
  }

  #sendNumbered(message) {
    while (this.inflight.has(this.#nextId)) this.#nextId = (this.#nextId % 65535) + 1
    const messageId = this.#nextId
    this.#nextId = (this.#nextId % 65535) + 1
    this.inflight.set(messageId, message)
    this.connection.sendPublish({ ...message, qos: 1, messageId })
  }
}

// SPDX-License-Identifier: Apache-2.0
// Where a published message goes: to the service that its reserved topic names, to a rule, or to the broker.
import { ingest } from '../jit/rules.mjs'
import { basicIngest } from '../mqtt/topics.mjs'
import { defenderRequest } from './defender.mjs'
import { jobsRequest } from './jobs_mqtt.mjs'
import { createCertificate, provisionThing } from './provisioning.mjs'
import { shadowRequest } from './shadow_mqtt.mjs'

const routes = [
  [/^\$aws\/certificates\/(create|create-from-csr)\/(json|cbor)$/, createCertificate],
  [/^\$aws\/provisioning-templates\/([^/]+)\/provision\/(json|cbor)$/, provisionThing],
  [/^\$aws\/things\/([^/]+)\/shadow(?:\/name\/([^/]+))?\/(get|update|delete)$/, shadowRequest],
  [/^\$aws\/things\/([^/]+)\/jobs\/(?:([^/]+)\/)?(get|start-next|update)$/, jobsRequest],
  [/^\$aws\/things\/([^/]+)\/defender\/metrics\/(json|cbor)$/, defenderRequest]
]

export class Dispatcher {
  #world

  constructor(world) {
    this.#world = world
  }

  /** `message` is {topic, payload, qos, retain, properties}. */
  async publish(connection, message) {
    const direct = basicIngest(message.topic)
    if (direct) return ingest(this.#world, direct.rule, message.payload)
    for (const [form, serve] of routes) {
      const found = form.exec(message.topic)
      if (found) return serve(this.#world, connection, message, ...found.slice(1))
    }
    return this.#world.broker.publish(message, connection)
  }
}

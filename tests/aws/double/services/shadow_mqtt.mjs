// SPDX-License-Identifier: Apache-2.0
// Shadows over MQTT: answers, deltas and documents are messages that any subscriber may get.
import { ShadowError, checkToken, parseUpdate } from './shadow.mjs'
import { parseObject, serviceFault } from './reply.mjs'

function publish(world, topic, body) {
  world.broker.publishFromService(topic, Buffer.from(JSON.stringify(body)))
}

export function announceUpdate(world, prefix, answers) {
  publish(world, `${prefix}/update/accepted`, answers.accepted)
  if (answers.delta) publish(world, `${prefix}/update/delta`, answers.delta)
  publish(world, `${prefix}/update/documents`, answers.documents)
}

function tokenOf(payload) {
  const token = payload.length > 0 ? parseObject(payload)?.clientToken : undefined
  return typeof token === 'string' ? { clientToken: token } : {}
}

function serve(world, prefix, thingName, name, verb, payload) {
  const request = payload.length > 0 && verb !== 'update' ? parseObject(payload) : {}
  if (request === undefined) throw new ShadowError(400, 'Invalid JSON')
  if (verb === 'update') {
    announceUpdate(world, prefix, world.shadows.update(thingName, name, parseUpdate(payload)))
    return
  }
  checkToken(request)
  const answer = verb === 'get' ? world.shadows.get(thingName, name) : world.shadows.remove(thingName, name)
  publish(world, `${prefix}/${verb}/accepted`, { ...answer, ...tokenOf(payload) })
}

export async function shadowRequest(world, connection, message, thingName, name = '', verb) {
  const prefix = message.topic.slice(0, -verb.length - 1)
  const reject = ({ code, message: text }) =>
    publish(world, `${message.topic}/rejected`, {
      code,
      message: text,
      timestamp: world.clock.seconds(),
      ...tokenOf(message.payload)
    })
  const { done, fault } = await serviceFault(world, connection, `shadow-${verb}`, reject)
  if (done) return
  // Carried out all the same; its answer finds the connection gone.
  if (fault?.hangup === 'after') connection.hangUp()
  try {
    serve(world, prefix, thingName, name, verb, message.payload)
  } catch (error) {
    if (!(error instanceof ShadowError)) throw error
    reject(error)
  }
}

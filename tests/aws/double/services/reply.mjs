// SPDX-License-Identifier: Apache-2.0
// Answers to requests over MQTT.
import { plainFilter, topicMatches } from '../mqtt/topics.mjs'
import { authorize } from '../policy/authorizer.mjs'

/** The object of a JSON payload, or undefined. */
export function parseObject(payload) {
  try {
    const parsed = JSON.parse(payload.toString('utf8'))
    return parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/**
 * To the asking connection only, and there only with a subscription, unless `anyway`. The answer is lost without
 * iot:Receive, as any message.
 */
export function replyTo(world, connection, topic, body, { anyway = false } = {}) {
  const payload = Buffer.from(JSON.stringify(body))
  world.events.add({ type: 'reply', clientId: connection.clientId, topic, payload: payload.toString('utf8') })
  const options = [...connection.session.subscriptions]
    .filter(([filter]) => topicMatches(plainFilter(filter), topic))
    .map(([, one]) => one.qos)
  if (options.length === 0 && !anyway) return
  const answer = authorize(
    world,
    connection.certificate,
    connection.identity,
    'iot:Receive',
    world.arn(`topic/${topic}`)
  )
  if (answer.decision === 'ALLOWED') connection.session.send({ topic, payload, retain: false }, Math.max(0, ...options))
  else world.events.add({ type: 'receive-denied', clientId: connection.clientId, topic })
}

/** What a fault does once a request is carried out. True if it gets no answer. */
export async function faultAfterwards(world, connection, fault) {
  if (fault?.hold === 'after') await world.faults.hold(fault.id)
  if (fault?.hangup === 'after') connection.hangUp()
  return Boolean(fault?.lost || fault?.hangup === 'after')
}

/** A fault of a service: {where: "service", operation}. True if the request is finished with. */
export async function serviceFault(world, connection, operation, reject) {
  const fault = world.faults.take({ where: 'service', operation, clientId: connection.clientId })
  if (!fault) return { done: false }
  if (fault.hold === 'before') await world.faults.hold(fault.id)
  if (fault.delay) await world.clock.delay(fault.delay)
  if (fault.hangup === 'before') connection.hangUp()
  if (fault.reject) reject(fault.reject)
  return { done: Boolean(fault.ignore || fault.hangup === 'before' || fault.reject), fault }
}

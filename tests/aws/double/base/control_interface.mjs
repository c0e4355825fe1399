// SPDX-License-Identifier: Apache-2.0
// The interface for tests, HTTP on loopback without TLS: faults, clock, settings, logs and the registry itself. It is
// no part of what is imitated. Every answer is JSON.
import http from 'node:http'
import { functionKey } from '../jit/functions.mjs'
import { readRequest } from './http.mjs'

function toJson(value) {
  return JSON.stringify(value, (key, member) => {
    if (member instanceof Map) return Object.fromEntries(member)
    if (member instanceof Set) return [...member]
    return member
  })
}

function step(value, key) {
  return value instanceof Map ? value.get(key) : value?.[key]
}

/** Sets one value in the registry: {path: ["certificates", ID, "status"], value}; without value it is deleted. */
function alterState(world, { path, value }) {
  const parent = path.slice(0, -1).reduce(step, world.store)
  const last = path.at(-1)
  if (parent === undefined) throw new Error(`no ${path.join('/')}`)
  if (parent instanceof Map) return value === undefined ? parent.delete(last) : parent.set(last, value)
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return undefined
}

function moveClock(world, { advance, set, stop, start }) {
  if (stop) world.clock.stop()
  if (set !== undefined) world.clock.set(typeof set === 'string' ? Date.parse(set) : set)
  if (advance !== undefined) world.clock.advance(advance)
  if (start) world.clock.start()
  return world.clock.describe()
}

function changeSettings(world, changes) {
  for (const name of Object.keys(changes)) {
    if (!(name in world.settings)) throw new Error(`no setting ${name}`)
  }
  return Object.assign(world.settings, changes)
}

function query(log, parameters, incoming) {
  const { since = '0', count, ...wanted } = parameters
  if (count === undefined) return log.find(wanted, Number(since))
  return log.wait(wanted, Number(since), Number(count), (giveUp) => incoming.on('close', giveUp))
}

const calls = {
  'GET /health': () => ({ ok: true }),
  'GET /faults': (world) => world.faults.list(),
  'POST /faults': (world, body) => world.faults.add(body),
  'DELETE /faults': (world) => world.faults.clear(),
  'POST /release': (world, body) => ({ released: world.faults.release(body.id) }),
  'GET /holding': (world, body, { id }) => ({ holding: world.faults.isHolding(Number(id)) }),
  'GET /clock': (world) => world.clock.describe(),
  'POST /clock': moveClock,
  'GET /settings': (world) => world.settings,
  'POST /settings': changeSettings,
  'GET /requests': (world, body, parameters, incoming) => query(world.requests, parameters, incoming),
  'GET /events': (world, body, parameters, incoming) => query(world.events, parameters, incoming),
  'GET /state': (world) => world.store,
  'POST /state': alterState,
  'POST /accounts': (world, { accessKeyId, ...account }) => {
    world.accounts.set(accessKeyId, { arn: `arn:aws:iam::${world.account}:user/${accessKeyId}`, ...account })
  },
  'POST /functions': (world, { arn, ...definition }) => {
    world.store.functions.set(arn, { ...definition, key: functionKey(world, arn, definition.permissions) })
  },
  'POST /publish': (world, { topic, payload, qos = 0, retain = false }) => {
    world.broker.publishFromService(
      topic,
      Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
      { qos, retain }
    )
  },
  'POST /connections': (world, body) => world.broker.command(body),
  'POST /tls': (world, body) => world.mqttListeners.configure(body)
}

async function answer(world, incoming, outgoing) {
  const request = await readRequest(incoming)
  const call = calls[`${request.method} ${request.path}`]
  try {
    if (!call) throw new Error(`no call ${request.method} ${request.path}`)
    const body = request.body.length > 0 ? JSON.parse(request.body.toString()) : {}
    const result = await call(world, body, Object.fromEntries(new URLSearchParams(request.query)), incoming)
    outgoing.end(toJson(result ?? {}))
  } catch (error) {
    outgoing.statusCode = 400
    outgoing.end(JSON.stringify({ message: error.message }))
  }
}

export function controlInterface(world) {
  return http.createServer((incoming, outgoing) => {
    outgoing.setHeader('Content-Type', 'application/json')
    answer(world, incoming, outgoing).catch(() => incoming.destroy())
  })
}

// SPDX-License-Identifier: Apache-2.0
// Shadow documents: merge, versions, metadata, delta (aws-iot.md section 8.1). Used over MQTT and over HTTP.

const DOCUMENT_BYTES = 8 * 1024
const TOKEN_BYTES = 64
const DEPTH = 6

export class ShadowError extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

const fail = (code, message) => {
  throw new ShadowError(code, message)
}
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)

function depth(value) {
  if (value === null || typeof value !== 'object') return 0
  return 1 + Math.max(0, ...Object.values(value).map(depth))
}

function hasNullInArray(value) {
  if (Array.isArray(value)) return value.some((member) => member === null || hasNullInArray(member))
  return isObject(value) && Object.values(value).some(hasNullInArray)
}

function checkSection(name, section) {
  if (section === undefined || section === null) return
  if (!isObject(section)) fail(400, `${name[0].toUpperCase()}${name.slice(1)} node must be an object`)
  if (depth(section) > DEPTH) fail(400, 'JSON contains too many levels of nesting; maximum is 6')
  if (hasNullInArray(section)) fail(400, 'Invalid JSON: null in an array')
}

/** A valid request; ShadowError else. */
export function parseUpdate(payload) {
  if (payload.length > DOCUMENT_BYTES) fail(413, 'The payload exceeds the maximum size allowed')
  let body
  try {
    body = JSON.parse(payload.toString('utf8'))
  } catch {
    fail(400, 'Invalid JSON')
  }
  if (!isObject(body)) fail(400, 'Invalid JSON')
  checkToken(body)
  if (body.state === undefined) fail(400, 'Missing required node: state')
  if (!isObject(body.state)) fail(400, 'State node must be an object')
  checkSection('desired', body.state.desired)
  checkSection('reported', body.state.reported)
  if (body.version !== undefined && (!Number.isInteger(body.version) || body.version < 0)) fail(400, 'Invalid version')
  return body
}

export function checkToken({ clientToken }) {
  if (clientToken === undefined) return
  if (typeof clientToken !== 'string' || Buffer.byteLength(clientToken) > TOKEN_BYTES) fail(400, 'Invalid clientToken')
}

function merge(old, change) {
  const result = { ...old }
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete result[key]
    else if (isObject(value)) result[key] = merge(isObject(result[key]) ? result[key] : {}, value)
    else result[key] = value
  }
  return result
}

/** The shape of `value` with a time for each leaf. */
function stamped(value, timestamp) {
  if (Array.isArray(value)) return value.map((member) => stamped(member, timestamp))
  if (!isObject(value)) return { timestamp }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, stamped(member, timestamp)]))
}

function mergeMetadata(old, change, timestamp) {
  const result = { ...old }
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete result[key]
    else if (isObject(value)) result[key] = mergeMetadata(isObject(result[key]) ? result[key] : {}, value, timestamp)
    else result[key] = stamped(value, timestamp)
  }
  return result
}

const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, member]) => [key, sorted(member)])
  )
}

/** What is desired and not reported so: {state, metadata}; nested paths kept, arrays whole. */
export function difference(desired, reported, metadata) {
  const state = {}
  const times = {}
  for (const [key, wanted] of Object.entries(desired ?? {})) {
    const has = reported?.[key]
    if (isObject(wanted) && isObject(has)) {
      const inner = difference(wanted, has, metadata?.[key])
      if (Object.keys(inner.state).length > 0) [state[key], times[key]] = [inner.state, inner.metadata]
    } else if (has === undefined || !same(wanted, has)) {
      ;[state[key], times[key]] = [wanted, metadata?.[key]]
    }
  }
  return { state, metadata: times }
}

function withoutEmpty(sections) {
  return Object.fromEntries(Object.entries(sections).filter(([, value]) => value && Object.keys(value).length > 0))
}

export class Shadows {
  #world

  constructor(world) {
    this.#world = world
  }

  #of(thingName) {
    if (!this.#world.store.things.has(thingName)) fail(404, `Thing not found: ${thingName}`)
    if (!this.#world.store.shadows.has(thingName)) this.#world.store.shadows.set(thingName, new Map())
    return this.#world.store.shadows.get(thingName)
  }

  names(thingName) {
    return [...this.#of(thingName)].filter(([name, shadow]) => name !== '' && !shadow.deleted).map(([name]) => name)
  }

  #existing(thingName, name) {
    const shadow = this.#of(thingName).get(name)
    if (shadow && !shadow.deleted) return shadow
    return fail(
      404,
      name === '' ? `No shadow exists with name: '${thingName}'` : `No shadow exists with name: '${name}'`
    )
  }

  get(thingName, name) {
    const { state, metadata, version } = this.#existing(thingName, name)
    const delta = difference(state.desired, state.reported, metadata.desired)
    const shown = Object.keys(delta.state).length > 0 ? { ...state, delta: delta.state } : state
    return {
      state: withoutEmpty(shown),
      metadata: withoutEmpty(metadata),
      version,
      timestamp: this.#world.clock.seconds()
    }
  }

  /** {accepted, delta or null, documents}; `request` is what parseUpdate() gave. */
  update(thingName, name, request) {
    const shadows = this.#of(thingName)
    const old = shadows.get(name) ?? { state: {}, metadata: {}, version: 0 }
    if (request.version !== undefined && request.version !== old.version) fail(409, 'Version conflict')
    const timestamp = this.#world.clock.seconds()
    const current = this.#merged(old, request.state, timestamp)
    if (Buffer.byteLength(JSON.stringify(current.state)) > DOCUMENT_BYTES)
      fail(413, 'The payload exceeds the maximum size allowed')
    shadows.set(name, current)
    return this.#answers(old, current, request, timestamp)
  }

  #merged(old, change, timestamp) {
    const base = old.deleted ? { state: {}, metadata: {} } : old
    const next = { state: { ...base.state }, metadata: { ...base.metadata }, version: old.version + 1, timestamp }
    for (const section of ['desired', 'reported']) {
      if (change[section] === null) {
        delete next.state[section]
        delete next.metadata[section]
      } else if (change[section] !== undefined) {
        next.state[section] = merge(next.state[section] ?? {}, change[section])
        next.metadata[section] = mergeMetadata(next.metadata[section] ?? {}, change[section], timestamp)
      }
    }
    return next
  }

  #answers(old, current, { state, clientToken }, timestamp) {
    const token = clientToken === undefined ? {} : { clientToken }
    const sent = Object.fromEntries(
      ['desired', 'reported'].filter((name) => state[name]).map((name) => [name, stamped(state[name], timestamp)])
    )
    const accepted = { state, metadata: sent, version: current.version, timestamp, ...token }
    const differing = difference(current.state.desired, current.state.reported, current.metadata.desired)
    const delta =
      Object.keys(differing.state).length === 0 ? null : { version: current.version, timestamp, ...differing, ...token }
    const document = ({ state: one, metadata, version }) => ({
      state: withoutEmpty(one),
      metadata: withoutEmpty(metadata),
      version
    })
    const documents = {
      previous: old.version === 0 || old.deleted ? null : document(old),
      current: document(current),
      timestamp,
      ...token
    }
    return { accepted, delta, documents }
  }

  remove(thingName, name) {
    const shadow = this.#existing(thingName, name)
    this.#of(thingName).set(name, { state: {}, metadata: {}, version: shadow.version, deleted: true })
    return { version: shadow.version, timestamp: this.#world.clock.seconds() }
  }
}

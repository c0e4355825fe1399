// SPDX-License-Identifier: Apache-2.0
// The HTTP side that control plane, data plane and credentials provider share: reads a request as it was on the wire,
// logs it, applies the faults that a test has ordered, and writes the answer.
import { randomUUID } from 'node:crypto'
import { ServiceError } from './errors.mjs'

const BODY_LIMIT = 1024 * 1024

function pairs(rawHeaders) {
  const list = []
  for (let i = 0; i < rawHeaders.length; i += 2) list.push([rawHeaders[i], rawHeaders[i + 1]])
  return list
}

async function readBody(incoming) {
  const chunks = []
  let size = 0
  for await (const chunk of incoming) {
    size += chunk.length
    if (size > BODY_LIMIT) throw new ServiceError('InvalidRequestException', 'Request body is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export async function readRequest(incoming) {
  const at = incoming.url.indexOf('?')
  const [path, query] = at < 0 ? [incoming.url, ''] : [incoming.url.slice(0, at), incoming.url.slice(at + 1)]
  return {
    method: incoming.method,
    path,
    query,
    headers: pairs(incoming.rawHeaders),
    body: await readBody(incoming),
    header: (name) => incoming.headers[name]
  }
}

export function queryOf(text) {
  return Object.fromEntries(new URLSearchParams(text))
}

/** Throws InvalidRequestException where the body is neither empty nor a JSON object. */
export function jsonBody(request) {
  if (request.body.length === 0) return {}
  try {
    const parsed = JSON.parse(request.body.toString('utf8'))
    if (parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)) return parsed
  } catch {
    // falls through: the answer is the same
  }
  throw new ServiceError('InvalidRequestException', 'Request body must be a JSON object')
}

function errorAnswer(error) {
  if (!(error instanceof ServiceError)) {
    process.stderr.write(`double: ${error.stack}\n`)
    return {
      status: 500,
      errorType: 'InternalFailureException',
      body: { message: 'An unexpected error has occurred.' }
    }
  }
  return { status: error.status, errorType: error.name, body: { message: error.message, ...error.members } }
}

function logEntry(side, request, operation) {
  return {
    side,
    operation: operation ?? null,
    method: request.method,
    path: request.path,
    query: request.query,
    headers: request.headers,
    body: request.body.toString('utf8')
  }
}

/**
 * A listener for an HTTP(S) server. `handle(request, socket)` answers {operation, run}: `run()` gives the body of the
 * answer, an object, or {status, body, headers} with `raw: true`; it may throw a ServiceError.
 */
export function httpListener(world, side, handle) {
  return (incoming, outgoing) => {
    serve(world, side, handle, incoming, outgoing).catch((error) => {
      if (incoming.destroyed) return
      process.stderr.write(`double: ${error.stack}\n`)
      incoming.socket.destroy()
    })
  }
}

/** What a fault does before the request has an effect: an answer, null for a hang-up, undefined for neither. */
async function before(world, fault) {
  if (fault?.hold === 'before') await world.faults.hold(fault.id)
  if (fault?.delay) await world.clock.delay(fault.delay)
  if (fault?.hangup === 'before') return null
  return fault?.error || fault?.raw ? orderedAnswer(fault) : undefined
}

/** What a fault makes of the answer; null for a hang-up. */
async function after(world, fault, answer) {
  if (fault?.hold === 'after') await world.faults.hold(fault.id)
  return fault?.hangup === 'after' ? null : altered(world, answer, fault)
}

async function serve(world, side, handle, incoming, outgoing) {
  const request = await readRequest(incoming)
  const { operation, run } = handle(request, incoming.socket)
  const fault = world.faults.take({ where: side, operation, method: request.method, path: request.path })
  let answer = await before(world, fault)
  if (answer === undefined) answer = await after(world, fault, await answerOf(run))
  world.requests.add({
    ...logEntry(side, request, operation),
    status: answer?.status ?? null,
    errorType: answer?.errorType ?? null,
    answer: answer?.body ?? null,
    fault: fault?.id ?? null
  })
  if (answer) write(world, incoming, outgoing, answer, fault)
  else incoming.socket.destroy()
}

async function answerOf(run) {
  try {
    const result = await run()
    return result?.raw ? result : { status: 200, body: result ?? {} }
  } catch (error) {
    return errorAnswer(error)
  }
}

function orderedAnswer(fault) {
  if (fault.raw) return { status: fault.status ?? 503, body: fault.raw, headers: fault.headers }
  return errorAnswer(new ServiceError(fault.error, fault.message ?? defaultMessage(fault.error)))
}

function defaultMessage(error) {
  return error === 'ThrottlingException' ? 'Rate exceeded' : 'The service has been told to fail'
}

function altered(world, answer, fault) {
  if (fault?.status) answer.status = fault.status
  if (fault?.set) answer.body = { ...answer.body, ...fault.set }
  for (const [member, kind] of Object.entries(fault?.alter ?? {})) {
    if (answer.body[member] !== undefined) answer.body[member] = world.alterations[kind](answer.body[member])
  }
  return answer
}

function write(world, incoming, outgoing, answer, fault) {
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  const bytes = Buffer.from(text)
  outgoing.setHeader('Date', new Date(world.clock.wall()).toUTCString())
  outgoing.setHeader('Content-Type', 'application/json')
  outgoing.setHeader('x-amzn-RequestId', randomUUID())
  if (answer.errorType) outgoing.setHeader('x-amzn-ErrorType', answer.errorType)
  for (const [name, value] of Object.entries(answer.headers ?? {})) outgoing.setHeader(name, value)
  outgoing.setHeader('Content-Length', bytes.length)
  outgoing.statusCode = answer.status
  if (fault?.truncate === undefined) return outgoing.end(bytes)
  outgoing.write(bytes.subarray(0, fault.truncate), () => incoming.socket.destroySoon())
}

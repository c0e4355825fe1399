// SPDX-License-Identifier: Apache-2.0
// From method and path to the operation that serves it. A route is [operation, method, template, handler]; `{name}` in
// a template takes one segment, percent-decoded, and `{name+}` the rest. Compared with the service's model in
// oracle/check_routes.py.
import { ServiceError } from '../base/errors.mjs'
import { jsonBody, queryOf } from '../base/http.mjs'

function decode(segment) {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new ServiceError('InvalidRequestException', `malformed path segment ${segment}`)
  }
}

function matchPath(template, segments) {
  const found = {}
  const rest = /^\{(\w+)\+\}$/.exec(template.at(-1))?.[1]
  if (rest ? segments.length < template.length : template.length !== segments.length) return null
  if (rest) found[rest] = segments.slice(template.length - 1).join('/')
  for (let i = 0; i < template.length - (rest ? 1 : 0); i++) {
    const name = /^\{(\w+)\}$/.exec(template[i])?.[1]
    if (name) found[name] = segments[i]
    else if (template[i] !== segments[i]) return null
  }
  return found
}

export class Router {
  #routes

  constructor(routes) {
    this.#routes = routes.map(([operation, method, template, handler]) => ({
      operation,
      method,
      template,
      parts: template.split('/').filter(Boolean),
      handler
    }))
  }

  list() {
    return this.#routes.map(({ operation, method, template }) => ({ operation, method, template }))
  }

  /** {operation, handler, path}, or null. A literal segment wins over a name. */
  find(method, path) {
    const segments = path.split('/').filter(Boolean)
    let best = null
    for (const route of this.#routes) {
      if (route.method !== method) continue
      const found = matchPath(route.parts, segments)
      const count = found && Object.keys(found).length
      if (found && (!best || count < best.count)) best = { ...route, path: found, count }
    }
    return best
  }
}

/** What a handler gets: {path, query, body, header(name), caller, raw}. */
export function handlerInput(route, request, caller, parseBody = true) {
  const path = Object.fromEntries(Object.entries(route.path).map(([name, segment]) => [name, decode(segment)]))
  return {
    path,
    query: queryOf(request.query),
    body: parseBody ? jsonBody(request) : {},
    header: request.header,
    caller,
    raw: request
  }
}

export function unknownOperation(request) {
  return new ServiceError(
    'ForbiddenException',
    `Unable to determine service/operation name to be authorized: ` + `${request.method} ${request.path}`,
    {},
    403
  )
}

// SPDX-License-Identifier: Apache-2.0
// Signature version 4, the verifying side (aws-iot.md section 6.1). Checked by AWS's own vectors in
// test/sigv4.test.mjs.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ServiceError } from './errors.mjs'

const ALGORITHM = 'AWS4-HMAC-SHA256'
const SKEW_MS = 5 * 60 * 1000

export const sha256Hex = (data) => createHash('sha256').update(data).digest('hex')
const hmac = (key, data) => createHmac('sha256', key).update(data).digest()

/** RFC 3986: everything but the unreserved characters. */
export function percentEncode(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase())
}

function percentEncodeBytes(text) {
  // A wire path may hold raw bytes above 7 bits; they count as UTF-8.
  return text.split('/').map(percentEncode).join('/')
}

export function canonicalPath(wirePath) {
  const kept = []
  for (const segment of wirePath.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const end = /\/\.{0,2}$/.test(wirePath) && kept.length > 0 ? '/' : ''
  return percentEncodeBytes('/' + kept.join('/') + end)
}

function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export function canonicalQuery(wireQuery) {
  if (wireQuery === '') return ''
  const pairs = wireQuery.split('&').map((pair) => {
    const at = pair.indexOf('=')
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    return [percentEncode(decoded(name)), percentEncode(decoded(value))]
  })
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
  pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
  return pairs.map((pair) => pair.join('=')).join('&')
}

/** `headers` is a list of [name, value] in the order of the wire. */
function canonicalHeaders(headers, signedNames) {
  const collected = new Map(signedNames.map((name) => [name, []]))
  for (const [name, value] of headers) {
    collected.get(name.toLowerCase())?.push(value.trim().replace(/\s+/g, ' '))
  }
  return [...collected].map(([name, values]) => `${name}:${values.join(',')}\n`).join('')
}

export function canonicalRequest({ method, path, query, headers, body }, signedNames) {
  return [
    method,
    canonicalPath(path),
    canonicalQuery(query),
    canonicalHeaders(headers, signedNames),
    signedNames.join(';'),
    sha256Hex(body)
  ].join('\n')
}

export function stringToSign(amzDate, scope, canonical) {
  return [ALGORITHM, amzDate, scope, sha256Hex(canonical)].join('\n')
}

export function signature(secret, scope, text) {
  const key = scope.split('/').reduce((chained, part) => hmac(chained, part), 'AWS4' + secret)
  return hmac(key, text).toString('hex')
}

export function parseAuthorization(header) {
  const fields = /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([^,\s]+)$/.exec(
    header.trim()
  )
  if (!fields) return null
  const [id, ...scope] = fields[1].split('/')
  if (scope.length !== 4 || scope[3] !== 'aws4_request') return null
  const [date, region, service] = scope
  return {
    id,
    date,
    region,
    service,
    scope: scope.join('/'),
    signedNames: fields[2].split(';'),
    signature: fields[3]
  }
}

function refuse(name, message) {
  throw new ServiceError(name, message)
}

function headerOf(request, name) {
  return request.headers.find(([key]) => key.toLowerCase() === name)?.[1]
}

function formatAmz(milliseconds) {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, '')
}

function parseAmz(text) {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '')
  if (!parts) refuse('IncompleteSignatureException', "Date must be in ISO-8601 'basic format'.")
  return Date.UTC(+parts[1], +parts[2] - 1, +parts[3], +parts[4], +parts[5], +parts[6])
}

function checkTime(amzDate, scopeDate, now) {
  const signedAt = parseAmz(amzDate)
  if (amzDate.slice(0, 8) !== scopeDate) {
    refuse('InvalidSignatureException', `Credential should be scoped to a date of ${amzDate.slice(0, 8)}`)
  }
  const [current, signed] = [formatAmz(now), formatAmz(signedAt)]
  if (signedAt < now - SKEW_MS) {
    refuse(
      'InvalidSignatureException',
      `Signature expired: ${signed} is now earlier than ${formatAmz(now - SKEW_MS)} (${current} - 5 min.)`
    )
  }
  if (signedAt > now + SKEW_MS) {
    refuse(
      'InvalidSignatureException',
      `Signature not yet current: ${signed} is still later than ${formatAmz(now + SKEW_MS)} (${current} + 5 min.)`
    )
  }
}

function checkSignedNames(request, names) {
  const sorted = [...names].sort()
  const missing = request.headers
    .map(([name]) => name.toLowerCase())
    .filter(
      (name) => (name === 'host' || name === 'x-amzn-principal' || name.startsWith('x-amz-')) && !names.includes(name)
    )
  if (missing.length > 0 || !names.includes('host') || sorted.join(';') !== names.join(';')) {
    refuse(
      'InvalidSignatureException',
      `'Host' or 'x-amz-*' must be signed, in order, lower case; not signed: ${missing.join(', ') || 'host'}`
    )
  }
}

function checkToken(request, account, now) {
  const token = headerOf(request, 'x-amz-security-token')
  if ((account.sessionToken ?? undefined) !== token) {
    refuse('UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  if (account.expires !== undefined && account.expires <= now) {
    refuse('ExpiredTokenException', 'The security token included in the request is expired')
  }
}

/**
 * The account whose key signed `request` ({method, path, query, headers, body}). `accounts` maps key ids to
 * {secret, sessionToken?, expires?}. `now` is the time of day, `elapsed` the time at which credentials expire. Throws
 * the ServiceError that AWS answers.
 */
export function verifySignature(request, { accounts, region, services, now, elapsed = now }) {
  const header = headerOf(request, 'authorization')
  if (!header) refuse('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const authorization = parseAuthorization(header)
  if (!authorization) refuse('IncompleteSignatureException', `Authorization header is malformed: ${header}`)
  const account = accounts.get(authorization.id)
  if (!account) refuse('UnrecognizedClientException', 'The security token included in the request is invalid.')
  if (authorization.region !== region || !services.includes(authorization.service)) {
    refuse(
      'InvalidSignatureException',
      `Credential should be scoped to a valid region and correct service: ` +
        `'${region}', '${services[0]}'; got '${authorization.region}', '${authorization.service}'`
    )
  }
  const amzDate = headerOf(request, 'x-amz-date')
  checkTime(amzDate, authorization.date, now)
  checkToken(request, account, elapsed)
  checkSignedNames(request, authorization.signedNames)
  const canonical = canonicalRequest(request, authorization.signedNames)
  const expected = signature(account.secret, authorization.scope, stringToSign(amzDate, authorization.scope, canonical))
  if (!sameText(expected, authorization.signature)) {
    refuse(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you ' +
        'provided. Check your AWS Secret Access Key and signing method.'
    )
  }
  return account
}

function sameText(a, b) {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

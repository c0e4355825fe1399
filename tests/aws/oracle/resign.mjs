// SPDX-License-Identifier: Apache-2.0
// The signatures in a double's log, computed again by @smithy/signature-v4. usage: resign.mjs STATE; prints JSON
// {violations, signatures}.
import { createHash, createHmac } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { requirePackage } from '../double/base/packages.mjs'

const { SignatureV4 } = requirePackage('@smithy/signature-v4')
const FORM = new RegExp(
  '^AWS4-HMAC-SHA256\\s+Credential=([^,/]+)/\\d{8}/([^/]+)/([^/]+)/aws4_request,\\s*' +
    'SignedHeaders=([^,]+),\\s*Signature=([0-9a-f]{64})$'
)
const REFUSED = [
  'InvalidSignatureException',
  'UnrecognizedClientException',
  'MissingAuthenticationTokenException',
  'IncompleteSignatureException'
]

class Sha256 {
  constructor(secret) {
    this.hash = secret ? createHmac('sha256', secret) : createHash('sha256')
  }

  update(data) {
    this.hash.update(data)
  }

  digest() {
    return Promise.resolve(new Uint8Array(this.hash.digest()))
  }
}

const lines = (file) =>
  fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

function queryOf(text) {
  const query = {}
  for (const [name, value] of new URLSearchParams(text)) {
    query[name] = query[name] === undefined ? value : [].concat(query[name], value)
  }
  return query
}

function dateOf(text) {
  return new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

async function recompute(entry, [, accessKeyId, region, service, names], secretAccessKey) {
  const headers = Object.fromEntries(
    entry.headers
      .map(([name, value]) => [name.toLowerCase(), value])
      .filter(([name]) => names.split(';').includes(name))
  )
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    applyChecksum: false,
    uriEscapePath: true,
    credentials: { accessKeyId, secretAccessKey, sessionToken: headers['x-amz-security-token'] }
  })
  const request = {
    method: entry.method,
    protocol: 'https:',
    hostname: 'localhost',
    path: entry.path,
    query: queryOf(entry.query),
    headers,
    body: entry.body
  }
  const signed = await signer.sign(request, {
    signingDate: dateOf(headers['x-amz-date']),
    signableHeaders: new Set(names.split(';'))
  })
  return FORM.exec(signed.headers.authorization)[5]
}

const state = process.argv[2]
const secrets = new Map(lines(path.join(state, 'accounts.jsonl')).map((one) => [one.accessKeyId, one.secret]))
const result = { violations: [], signatures: 0 }
for (const entry of lines(path.join(state, 'requests.jsonl'))) {
  const authorization = entry.headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1]
  const found = FORM.exec(authorization?.trim() ?? '')
  if (!found || !secrets.has(found[1]) || REFUSED.includes(entry.errorType)) continue
  const computed = await recompute(entry, found, secrets.get(found[1]))
  result.signatures += 1
  if (computed !== found[5]) {
    result.violations.push(`request ${entry.n} ${entry.operation}: signature ${found[5]}, smithy computes ${computed}`)
  }
}
process.stdout.write(JSON.stringify(result))
process.exit(result.violations.length > 0 ? 1 : 0)

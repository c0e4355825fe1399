// SPDX-License-Identifier: Apache-2.0
// The sample that answers the named shadow `attestation` (docs/integrity.md), over the double: an operator desires a nonce,
// and what the gateway reports is verified by `jose`, which knows nothing of this project, and by `trustx attest verify`.
// The connection's key is in software here; the chip, a simulated one, signs the evidence.
//
// TRUSTX_BIN: the directory with trustx, trustx-mqtt and trustx-sim
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { requirePackage } from '../double/base/packages.mjs'
import { startDouble } from '../double/test/support.mjs'

const { compactVerify, decodeProtectedHeader, importX509 } = requirePackage('jose')
const programs = process.env.TRUSTX_BIN
const sample = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../conf/services/attestation')
const file = (name) => path.join(double.directory, name)

let double
let environment
const started = []

function start(program, args) {
  const child = spawn(path.join(programs, program), args, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  return child
}

function trustx(args, input) {
  return spawnSync(path.join(programs, 'trustx'), args, { env: environment, input, encoding: 'utf8' })
}

before(async () => {
  double = await startDouble()
  const chip = `unix:${file('chip')}`
  environment = {
    ...process.env,
    PATH: `${file('bin')}:${process.env.PATH}`,
    TRUSTX_DEVICE: chip,
    TRUSTX_LOCK_DIRECTORY: double.directory,
    TRUSTX_CONF: '/dev/null'
  }
  const simulator = start('trustx-sim', ['--listen', chip])
  await once(simulator.stdout, 'data')
  fs.writeFileSync(file('chip-ca.pem'), execFileSync(path.join(programs, 'trustx-sim'), ['ctl', chip, 'ca']))
  // The sample asks for `trustx attest` as it is installed; the log of this start is elsewhere here.
  fs.mkdirSync(file('bin'))
  const own = `#!/bin/sh\nexec '${programs}/trustx' "$@" --log '${file('attest.log')}' --config /dev/null\n`
  fs.writeFileSync(file('bin/trustx'), own, { mode: 0o755 })
  const measured = trustx(['attest', 'measure', '--log', file('attest.log'), '--config', '/dev/null'])
  assert.equal(measured.status, 0, measured.stderr)
})
after(async () => {
  for (const child of started) child.kill()
  await double.stop()
})

const shadowUrl = (thing) => `/things/${thing}/shadow?name=attestation`
const inShadow = (method, thing, body) =>
  double.call(method, shadowUrl(thing), body, { service: 'iotdata', base: double.facts.data })

/** Each question is a round trip, and nothing sleeps. */
async function reported(thing, satisfies) {
  const end = Date.now() + 60_000
  for (;;) {
    const { status, body } = await inShadow('GET', thing)
    const state = status === 200 ? (body.state.reported ?? {}) : {}
    if (satisfies(state)) return state
    if (Date.now() > end) throw new Error(`in vain: ${JSON.stringify(body)}`)
  }
}

test('a desired nonce is answered with evidence in the shadow, which jose and trustx verify', async () => {
  const device = await double.device('gateway-1')
  for (const part of ['cert', 'key']) fs.writeFileSync(file(part), device[part])
  const connection = ['--host', 'localhost', '--port', `${double.facts.mqtt.port}`, '--ca', double.facts.ca]
  connection.push('--cert', file('cert'), '--key', file('key'), '--client-id', 'gateway-1', '--allow-software-key')
  start('trustx-mqtt', ['shadow', 'watch', '--name', 'attestation', '--exec', sample, ...connection, '--aws'])

  for (const nonce of ['first-nonce', 'second_nonce-of-mine', '--in+base64/==']) {
    const desired = await inShadow('POST', 'gateway-1', { state: { desired: { nonce } } })
    assert.equal(desired.status, 200)
    const { evidence } = await reported('gateway-1', (state) => state.nonce === nonce)

    const header = decodeProtectedHeader(evidence)
    const pem = `-----BEGIN CERTIFICATE-----\n${header.x5c[0].match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`
    const key = await importX509(pem, 'ES256')
    const { payload } = await compactVerify(evidence, key, { algorithms: ['ES256'] })
    const claims = JSON.parse(new TextDecoder().decode(payload))
    assert.equal(claims.eat_nonce, nonce)
    assert.equal(claims.trustx.log.lines.length, 1)
    assert.ok(claims.measurements.every(([form, text]) => form === 296 && JSON.parse(text).id.length === 1))
    await assert.rejects(compactVerify(`${evidence.slice(0, -8)}AAAAAAAA`, key))

    const verdict = trustx(['attest', 'verify', '-', '--ca', file('chip-ca.pem'), '--nonce', nonce, '--max-age', '5m'], evidence)
    assert.equal(verdict.status, 0, verdict.stdout + verdict.stderr)
  }
  // All of it fits into a shadow, which is at most 8 KB.
  const { body } = await inShadow('GET', 'gateway-1')
  assert.ok(JSON.stringify(body.state).length < 8192)
})

test('a nonce that is none is not answered', () => {
  for (const nonce of ['short', 'with space', "'; reboot; '"]) {
    const delta = JSON.stringify({ version: 1, state: { nonce }, metadata: { nonce: { timestamp: 1 } } })
    const answer = spawnSync(sample, [], { env: environment, input: `${delta}\n`, encoding: 'utf8' })
    assert.equal(answer.status, 1)
    assert.equal(answer.stdout, '')
  }
})

#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// What a folder of gateways costs: `trustx aws bulk` against the double, with requests and proofs that are made here,
// after the documents and not by the program's code. Prints time, calls a second and memory; ends with 1 where a
// gateway is not approved and activated, also after the program was killed and its calls were throttled.
//
// usage: tests/aws/node-program tests/aws/bench/bulk.mjs PROGRAM [GATEWAYS] [RATE]
//   PROGRAM is trustx; GATEWAYS 1000 unless given; RATE its --rate, 1000 unless given: the double has no limit
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createSign, generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { requestFor, startDouble } from '../double/test/support.mjs'

const [program, gateways = '1000', rate = '1000'] = process.argv.slice(2)
const count = Number(gateways)
const P256 = { name: 'ECDSA', namedCurve: 'P-256' }

const sign = (key, words) => createSign('sha256').update(words).sign(key).toString('hex').toUpperCase()

async function gateway(number) {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'der' })
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' })
  const keys = {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, P256, true, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, P256, true, ['verify'])
  }
  const thing = `gateway-${number}`
  const chip = randomBytes(27).toString('hex').toUpperCase()
  return { thing, chip, key: pair.privateKey, csr: await requestFor(keys, `CN=${chip}`) }
}

function writeRequest(folder, { thing, chip, key, csr }) {
  const words = `trustx aws request 1\nthing ${thing}\nchip ${chip}\nslot E0F1\nmade 1790000000\n${csr}`
  const members = { thing, chip, slot: 'E0F1', made: 1790000000, csr, signature: sign(key, words) }
  fs.writeFileSync(
    path.join(folder, `${thing}.json`),
    JSON.stringify({ format: 'trustx aws request', version: 1, ...members })
  )
}

function writeProof(folder, { thing, chip, key }) {
  const answer = JSON.parse(fs.readFileSync(path.join(folder, 'answers', `${thing}.json`), 'utf8'))
  assert.equal(answer.thing, thing)
  assert.equal(answer.chip, chip)
  const { region, account, challenge } = answer
  const certificateId = answer.certificateArn.split('/')[1]
  const words =
    `trustx aws proof 1\nthing ${thing}\nchip ${chip}\nslot E0F1\nregion ${region}\naccount ${account}\n` +
    `certificate ${certificateId}\nchallenge ${challenge}\n`
  const members = { thing, chip, slot: 'E0F1', region, account, certificateId, challenge, signature: sign(key, words) }
  fs.writeFileSync(
    path.join(folder, `${thing}.proof.json`),
    JSON.stringify({ format: 'trustx aws proof', version: 1, ...members })
  )
}

/** Starts the program: {child, ended: its code, printed: what it said, peak: kB}. */
function start(double, folder) {
  const environment = {
    ...process.env,
    AWS_ACCESS_KEY_ID: double.facts.accessKeyId,
    AWS_SECRET_ACCESS_KEY: double.facts.secretAccessKey,
    AWS_REGION: double.facts.region,
    AWS_ENDPOINT_URL_IOT: double.facts.control.url,
    AWS_CA_BUNDLE: double.facts.ca,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    TRUSTX_CONF: '/dev/null'
  }
  const run = { printed: '', peak: 0 }
  const child = spawn(program, ['aws', 'bulk', folder, '--rate', rate, '--ca', double.facts.ca], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  run.child = child
  child.stdout.on('data', (text) => (run.printed += text))
  child.stderr.on('data', (text) => {
    run.last = text.toString()
    try {
      const status = fs.readFileSync(`/proc/${child.pid}/status`, 'utf8')
      run.peak = Math.max(run.peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
    } catch {
      // it has ended
    }
  })
  run.ended = new Promise((resolve) => child.on('close', (code) => resolve(code)))
  return run
}

/** How many requests the double has seen. */
const callsSoFar = (double) =>
  fs.readFileSync(path.join(double.directory, 'requests.jsonl'), 'utf8').split('\n').length - 1

async function timed(double, folder, what) {
  const before = callsSoFar(double)
  const begin = process.hrtime.bigint()
  const run = start(double, folder)
  const code = await run.ended
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9
  assert.equal(code, 0, run.last)
  const calls = callsSoFar(double) - before
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${calls} calls, ${(calls / seconds).toFixed(1)} a second, ` +
      `${(run.peak / 1024).toFixed(1)} MiB at most`
  )
  return { run, seconds }
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'trustx-bulk-'))
const double = await startDouble()
try {
  const fleet = []
  for (let number = 1; number <= count; ++number) fleet.push(await gateway(number))
  for (const one of fleet) writeRequest(folder, one)

  // Killed in the middle of a call, after another one was throttled.
  const fault = (operation, more) => double.control('POST', '/faults', { where: 'control', operation, ...more })
  await fault('AttachPolicy', { times: 2, action: { error: 'ThrottlingException' } })
  const held = await fault('AttachThingPrincipal', { skip: Math.floor(count / 4), action: { hold: 'before' } })
  const killed = start(double, folder)
  while (!(await double.control('GET', `/holding?id=${held.id}`)).holding) assert.equal(killed.child.exitCode, null)
  killed.child.kill('SIGKILL')
  await killed.ended
  await double.control('POST', '/release', { id: held.id })
  const made = Object.keys((await double.control('GET', '/state')).certificates).length
  assert.ok(made > 0 && made < count, `${made} certificates when it was killed`)

  const approved = await timed(double, folder, `approved the rest of ${count}, ${made} were there`)
  assert.match(approved.run.printed, new RegExp(`^approved ${count}, activated 0, failed 0`))
  const again = await timed(double, folder, `run again, nothing to do`)
  assert.match(again.run.printed, new RegExp(`^approved ${count}, `))
  for (const one of fleet) writeProof(folder, one)
  const activated = await timed(double, folder, `activated ${count}`)
  assert.match(activated.run.printed, new RegExp(`^approved ${count}, activated ${count}, failed 0`))
  const { certificates, things } = await double.control('GET', '/state')
  assert.equal(Object.keys(certificates).length, count)
  assert.equal(Object.keys(things).length, count)
  assert.ok(Object.values(certificates).every((certificate) => certificate.status === 'ACTIVE'))
} finally {
  await double.stop()
  fs.rmSync(folder, { recursive: true })
}

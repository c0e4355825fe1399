// SPDX-License-Identifier: Apache-2.0
// Shadows, jobs, metrics, and credentials for other services.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { send, startDouble } from './support.mjs'

let double
before(async () => {
  double = await startDouble()
})
after(() => double.stop())

async function shadowClient(name) {
  const client = await double.connect(await double.device(name))
  const prefix = `$aws/things/${name}/shadow`
  await client.subscribe(
    ...['get', 'update', 'delete'].flatMap((verb) => [`${prefix}/${verb}/accepted`, `${prefix}/${verb}/rejected`]),
    `${prefix}/update/delta`
  )
  return { client, ask: (verb, body) => client.publish(`${prefix}/${verb}`, body), prefix }
}

test('a shadow: update, delta, version conflict, get, null deletes, delete', async () => {
  const { client, ask, prefix } = await shadowClient('shady')
  ask('get', '')
  assert.equal((await client.message()).body.code, 404)
  ask('update', { state: { desired: { a: { b: 1, c: [1] } }, reported: { a: { b: 2 } } }, clientToken: 't' })
  const accepted = await client.message()
  assert.equal(accepted.topic, `${prefix}/update/accepted`)
  assert.equal(accepted.body.version, 1)
  assert.equal(accepted.body.clientToken, 't')
  const delta = await client.message()
  assert.deepEqual(delta.body.state, { a: { b: 1, c: [1] } })
  ask('update', { state: { reported: { a: { b: 1, c: [1] } } }, version: 7 })
  assert.equal((await client.message()).body.code, 409)
  ask('update', { state: { reported: { a: { b: 1, c: [1] } } }, version: 1 })
  assert.equal((await client.message()).body.version, 2)
  ask('update', { state: { desired: null, reported: { a: { c: null } } } })
  assert.equal((await client.message()).body.version, 3)
  ask('get', '')
  assert.deepEqual((await client.message()).body.state, { reported: { a: { b: 1 } } })
  ask('delete', '')
  assert.equal((await client.message()).topic, `${prefix}/delete/accepted`)
})

const bad = [
  ['no JSON', 'nonsense', 400, /Invalid JSON/],
  ['no state', {}, 400, /Missing required node: state/],
  ['a state that is no object', { state: 1 }, 400, /State node/],
  ['desired that is no object', { state: { desired: 1 } }, 400, /Desired/],
  ['a version that is none', { state: {}, version: 'x' }, 400, /version/],
  ['a long token', { state: {}, clientToken: 'x'.repeat(65) }, 400, /clientToken/],
  ['too deep', { state: { desired: { 1: { 2: { 3: { 4: { 5: { 6: { 7: 1 } } } } } } } } }, 400, /nesting/],
  ['null in an array', { state: { desired: { a: [null] } } }, 400, /null/],
  ['too large', { state: { desired: { a: 'x'.repeat(8200) } } }, 413, /size/]
]
test('a bad update of a shadow is rejected with the code of the service', async () => {
  const { client, ask } = await shadowClient('picky')
  for (const [what, body, code, message] of bad) {
    ask('update', body)
    const answer = await client.message()
    assert.equal(answer.body.code, code, what)
    assert.match(answer.body.message, message)
  }
})

test('a named shadow over HTTP is seen over MQTT', async () => {
  const client = await double.connect(await double.device('named'))
  await client.subscribe('$aws/things/named/shadow/name/config/update/documents')
  const options = { service: 'iotdata', base: double.facts.data }
  await double.accepted('POST', '/things/named/shadow?name=config', { state: { desired: { x: 1 } } }, options)
  const { body } = await client.message()
  assert.deepEqual(body.current.state, { desired: { x: 1 } })
  const listed = await double.accepted('GET', '/api/things/shadow/ListNamedShadowsForThing/named', undefined, options)
  assert.deepEqual(listed.results, ['config'])
})

async function jobsClient(name) {
  const client = await double.connect(await double.device(name))
  const prefix = `$aws/things/${name}/jobs`
  await client.subscribe(`${prefix}/notify`, `${prefix}/notify-next`)
  return { client, prefix }
}

test('a job: notified, started, updated by version, finished', async () => {
  const { client, prefix } = await jobsClient('worker')
  await double.accepted('PUT', '/jobs/first', {
    targets: ['arn:aws:iot:eu-central-1:123456789012:thing/worker'],
    document: '{"operation":"reboot"}'
  })
  const notified = await client.message()
  assert.equal(notified.body.jobs.QUEUED[0].jobId, 'first')
  assert.deepEqual((await client.message()).body.execution.jobDocument, { operation: 'reboot' })
  client.publish(`${prefix}/start-next`, { clientToken: 't' })
  const started = await untilTopic(client, `${prefix}/start-next/accepted`)
  assert.equal(started.execution.status, 'IN_PROGRESS')
  assert.equal(started.clientToken, 't')
  client.publish(`${prefix}/first/update`, { status: 'SUCCEEDED', expectedVersion: 1 })
  const refused = await untilTopic(client, `${prefix}/first/update/rejected`)
  assert.equal(refused.code, 'VersionMismatch')
  assert.equal(refused.executionState.versionNumber, 2)
  client.publish(`${prefix}/first/update`, { status: 'SUCCEEDED', expectedVersion: '2' })
  await untilTopic(client, `${prefix}/first/update/accepted`)
  client.publish(`${prefix}/first/update`, { status: 'FAILED' })
  assert.equal((await untilTopic(client, `${prefix}/first/update/rejected`)).code, 'TerminalStateReached')
  client.publish(`${prefix}/start-next`, {})
  assert.equal((await untilTopic(client, `${prefix}/start-next/accepted`)).execution, undefined)
})

async function untilTopic(client, topic) {
  for (;;) {
    const message = await client.message()
    if (message.topic === topic) return message.body
  }
}

test('a step that takes too long ends as TIMED_OUT', async () => {
  const { client, prefix } = await jobsClient('slow')
  await double.accepted('PUT', '/jobs/slow', {
    targets: ['arn:aws:iot:eu-central-1:123456789012:thing/slow'],
    document: '{}'
  })
  client.publish(`${prefix}/start-next`, { stepTimeoutInMinutes: 10 })
  await untilTopic(client, `${prefix}/start-next/accepted`)
  await double.control('POST', '/clock', { advance: 10 * 60_000 + 1 })
  const { execution } = await double.accepted('GET', '/things/slow/jobs/slow')
  assert.equal(execution.status, 'TIMED_OUT')
})

test('metrics are accepted where the report id grows', async () => {
  const client = await double.connect(await double.device('metered'))
  const topic = '$aws/things/metered/defender/metrics/json'
  await client.subscribe(`${topic}/accepted`, `${topic}/rejected`)
  const report = { header: { report_id: 5, version: '1.0' }, metrics: { network_stats: { bytes_in: 1 } } }
  client.publish(topic, report)
  assert.equal((await client.message()).body.status, 'ACCEPTED')
  client.publish(topic, report)
  assert.equal((await client.message()).body.status, 'REJECTED')
})

test('a device gets credentials, which sign calls until they expire', async () => {
  const device = await double.device('assuming')
  await double.accepted('POST', '/role-aliases/reader', {
    roleArn: 'arn:aws:iam::123456789012:role/reader',
    credentialDurationSeconds: 900
  })
  const url = new URL(`${double.facts.credentials.url}/role-aliases/reader/credentials`)
  const ask = (headers) => send(url, { method: 'GET', ca: double.ca, key: device.key, cert: device.cert, headers }, '')
  assert.equal((await ask({ 'x-amzn-iot-thingname': 'somebody' })).status, 403)
  const { credentials } = (await ask({ 'x-amzn-iot-thingname': 'assuming' })).body
  const call = () =>
    double.call('GET', '/things', undefined, {
      key: credentials,
      headers: { 'x-amz-security-token': credentials.sessionToken }
    })
  assert.equal((await call()).status, 200)
  await double.control('POST', '/clock', { advance: 900_001 })
  assert.equal((await call()).type, 'ExpiredTokenException')
})

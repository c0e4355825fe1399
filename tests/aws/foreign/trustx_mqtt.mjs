// SPDX-License-Identifier: Apache-2.0
// trustx-mqtt does shadows and jobs, and AWS's own device clients (aws-iot-device-sdk-v2) are on the other side of them:
// what one writes the other reads, over the double. The keys are in software here; that a chip does as well is shown by
// other tests. As in device_sdk.mjs, the native part of the package keeps the process alive; so this program exits.
//
// usage: trustx_mqtt.mjs PATH_OF_TRUSTX_MQTT
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { requirePackage } from '../double/base/packages.mjs'
import { startDouble } from '../double/test/support.mjs'

const { iot, iotjobs, iotshadow, mqtt5 } = requirePackage('aws-iot-device-sdk-v2')
const OPTIONS = { maxRequestResponseSubscriptions: 8, maxStreamingSubscriptions: 8, operationTimeoutInSeconds: 60 }

const program = process.argv[2]
const double = await startDouble()
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'trustx-mqtt-'))
const tests = []
const test = (name, run) => tests.push({ name, run })

// --- the gateway -----------------------------------------------------------------------------------------------------

function write(name, content, mode = 0o600) {
  const file = path.join(directory, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, content, { mode })
  return file
}

/** A thing with its files: {name, options}. */
async function gateway(name) {
  const device = await double.device(name)
  const options = ['--host', 'localhost', '--port', `${double.facts.mqtt.port}`, '--ca', double.facts.ca]
  options.push('--key', write(`${name}.key`, device.key), '--cert', write(`${name}.pem`, device.cert))
  return { name, options: [...options, '--client-id', name, '--allow-software-key', '--timeout', '120'] }
}

/** A running trustx-mqtt: {child, ended}; `ended` gives {code, out, err}. */
function start({ options }, ...words) {
  const child = spawn(program, [...words, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { out: '', err: '' }
  child.stdout.on('data', (data) => (text.out += data))
  child.stderr.on('data', (data) => (text.err += data))
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, ...text })))
  return { child, ended }
}
const run = (device, ...words) => start(device, ...words).ended

async function killed({ child, ended }) {
  child.kill('SIGKILL')
  return ended
}

// pendingSignals of a process (proc_pid_status(5)), a bit for each.
const pendingSignals = async (pid) =>
  BigInt('0x' + /^ShdPnd:\s*(\S+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1])

async function stopped({ child, ended }) {
  child.kill('SIGTERM')
  const end = await ended
  assert.equal(end.code, 0, end.err)
  return end
}

// --- AWS's clients ---------------------------------------------------------------------------------------------------

async function connected(name) {
  const device = await double.device(name)
  const builder = iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromMemory(
    'localhost',
    device.cert,
    device.key
  )
  builder
    .withPort(double.facts.mqtt.port)
    .withCertificateAuthority(double.ca.toString())
    .withConnectProperties({ clientId: name, keepAliveIntervalSeconds: 60 })
  const client = new mqtt5.Mqtt5Client(builder.build())
  const success = once(client, 'connectionSuccess')
  client.start()
  await success
  return client
}

const cloud = await connected('cloud')
const shadows = iotshadow.IotShadowClientv2.newFromMqtt5(cloud, OPTIONS)
const jobs = iotjobs.IotJobsClientv2.newFromMqtt5(cloud, OPTIONS)

/** Asks until the answer satisfies; each answer takes a round trip, and nothing sleeps. */
async function until(ask, satisfies) {
  const end = Date.now() + 60_000
  for (;;) {
    const answer = await ask()
    if (satisfies(answer)) return answer
    if (Date.now() > end) throw new Error(`in vain: ${JSON.stringify(answer)}`)
  }
}

const shadowOf = (thingName) => shadows.getNamedShadow({ thingName, shadowName: 'valve' })
const desire = (thingName, desired) =>
  shadows.updateNamedShadow({ thingName, shadowName: 'valve', state: { desired } })

async function createJob(name, thing, document) {
  await double.accepted('PUT', `/jobs/${name}`, {
    targets: [`arn:aws:iot:eu-central-1:123456789012:thing/${thing}`],
    document: JSON.stringify(document)
  })
}
const execution = async (thingName, jobId) => (await jobs.describeJobExecution({ thingName, jobId })).execution

// --- shadows ---------------------------------------------------------------------------------------------------------

test('get, update with a version, refusals and delete of a shadow', async () => {
  const device = await gateway('shadow-calls')
  const shadow = (...words) => run(device, 'shadow', ...words, '--name', 'valve')
  assert.equal((await shadow('get')).code, 6)
  const made = await shadow('update', '--reported', '{"open":false}', '--desired', '{"open":true}')
  assert.equal(made.code, 0, made.err)
  assert.equal(JSON.parse(made.out).version, 1)
  assert.deepEqual((await shadowOf('shadow-calls')).state.delta, { open: true })
  const conflict = await shadow('update', '--reported', '{"open":true}', '--shadow-version', '7')
  assert.equal(conflict.code, 6)
  assert.match(conflict.err, /409/)
  assert.equal((await shadow('update', '--reported', '{"open":true}', '--shadow-version', '1')).code, 0)
  const got = await shadow('get')
  assert.equal(got.code, 0)
  assert.deepEqual(JSON.parse(got.out).state, { desired: { open: true }, reported: { open: true } })
  assert.equal((await shadow('delete')).code, 0)
  await assert.rejects(shadowOf('shadow-calls'), (error) => error.modeledError?.code === 404)
})

test('the answer to an update that was carried out is lost: it is no conflict', async () => {
  const device = await gateway('shadow-lost')
  await desire('shadow-lost', { open: true })
  const fault = { where: 'service', operation: 'shadow-update', clientId: 'shadow-lost', action: { hangup: 'after' } }
  await double.control('POST', '/faults', fault)
  const words = ['shadow', 'update', '--name', 'valve', '--reported', '{"open":true}', '--shadow-version', '1']
  const end = await run(device, ...words)
  assert.equal(end.code, 0, end.err)
  assert.equal((await shadowOf('shadow-lost')).version, 2)
})

test('a delta goes to a program, and what that answers is reported; so too after a lost connection', async () => {
  const device = await gateway('shadow-watch')
  const log = path.join(directory, 'deltas')
  const handler = write('valve', `#!/bin/sh\ndelta=$(cat)\necho "$delta" >>${log}\necho "$delta" | sed 's/.*"state":\\({[^}]*}\\).*/\\1/'\n`, 0o700)
  await desire('shadow-watch', { open: true })
  const watching = start(device, 'shadow', 'watch', '--name', 'valve', '--exec', handler)
  const settled = (state) => JSON.stringify(state.state.reported) === JSON.stringify(state.state.desired)
  await until(() => shadowOf('shadow-watch'), settled)
  await desire('shadow-watch', { open: false })
  await until(() => shadowOf('shadow-watch'), settled)
  await double.control('POST', '/connections', { close: 'shadow-watch' })
  await desire('shadow-watch', { open: true })
  await until(() => shadowOf('shadow-watch'), settled)
  await stopped(watching)
  const deltas = fs.readFileSync(log, 'utf8').trim().split('\n').map(JSON.parse)
  assert.deepEqual(
    deltas.map((delta) => delta.state),
    [{ open: true }, { open: false }, { open: true }]
  )
})

test('a delta without a program goes to standard output', async () => {
  const device = await gateway('shadow-print')
  await desire('shadow-print', { level: 3 })
  const end = await run(device, 'shadow', 'watch', '--name', 'valve', '--count', '1')
  assert.equal(end.code, 0, end.err)
  assert.deepEqual(JSON.parse(end.out).state, { level: 3 })
})

// --- jobs ------------------------------------------------------------------------------------------------------------

const runs = path.join(directory, 'runs')
const handlers = path.dirname(
  write('handlers/works', `#!/bin/sh\necho "$TRUSTX_JOB_ID $TRUSTX_JOB_RESUMED $(cat)" >>${runs}\necho '{"step":"done"}'\n`, 0o700)
)
write('handlers/quiet', `#!/bin/sh\necho "$TRUSTX_JOB_ID $TRUSTX_JOB_RESUMED $(cat)" >>${runs}\n`, 0o700)
write('handlers/fails', `#!/bin/sh\necho "no such valve" >&2\nexit 3\n`, 0o700)
// Waits for a reader of a pipe: the test decides when it goes on.
const gate = path.join(directory, 'gate')
const number = path.join(directory, 'number')
write('handlers/tells-its-number', `#!/bin/sh\necho $$ >${number}\necho '{"step":"begun"}'\nexec sleep 1000\n`, 0o700)
write('handlers/waits', `#!/bin/sh\necho "$TRUSTX_JOB_ID $TRUSTX_JOB_RESUMED" >>${runs}\necho '{"step":"begun"}'\n[ -e ${gate} ] || exec sleep 1000\n`, 0o700)

const runsOf = (job) =>
  (fs.existsSync(runs) ? fs.readFileSync(runs, 'utf8') : '').split('\n').filter((line) => line.startsWith(`${job} `))
const jobWords = (name) => ['jobs', 'run', '--handler', handlers, '--state', path.join(directory, `state-${name}`)]

test('jobs are done one after the other, and AWS sees how each ended', async () => {
  const device = await gateway('worker')
  await createJob('good', 'worker', { operation: 'works', valve: 7 })
  await createJob('bad', 'worker', { operation: 'fails' })
  await createJob('strange', 'worker', { operation: '../works' })
  const end = await run(device, ...jobWords('worker'), '--until-empty')
  assert.equal(end.code, 0, end.err)
  const good = await execution('worker', 'good')
  assert.equal(good.status, 'SUCCEEDED')
  assert.deepEqual(good.statusDetails, { step: 'done' })
  assert.deepEqual(runsOf('good'), ['good 0 {"operation":"works","valve":7}'])
  const bad = await execution('worker', 'bad')
  assert.equal(bad.status, 'FAILED')
  assert.match(bad.statusDetails.reason, /status 3: no such valve/)
  assert.equal((await execution('worker', 'strange')).status, 'REJECTED')
})

test('a job that comes later is done, its progress told, and it is cancelled', async () => {
  const device = await gateway('patient')
  const working = start(device, ...jobWords('patient'))
  await createJob('later', 'patient', { operation: 'works' })
  await until(() => execution('patient', 'later'), ({ status }) => status === 'SUCCEEDED')
  await createJob('endless', 'patient', { operation: 'waits' })
  await until(() => execution('patient', 'endless'), ({ statusDetails }) => statusDetails?.step === 'begun')
  await double.accepted('PUT', '/things/patient/jobs/endless/cancel?force=true', {})
  await createJob('next', 'patient', { operation: 'works' })
  await until(() => execution('patient', 'next'), ({ status }) => status === 'SUCCEEDED')
  assert.equal((await execution('patient', 'endless')).status, 'CANCELED')
  await stopped(working)
})

test('a handler that runs when the program is told to end is interrupted, and resumed', async () => {
  const device = await gateway('drained')
  await createJob('drain', 'drained', { operation: 'waits' })
  const working = start(device, ...jobWords('drained'), '--drain', '0')
  await until(() => execution('drained', 'drain'), ({ statusDetails }) => statusDetails?.step === 'begun')
  await stopped(working)
  assert.equal((await execution('drained', 'drain')).status, 'IN_PROGRESS')
  fs.writeFileSync(gate, '')
  assert.equal((await run(device, ...jobWords('drained'), '--until-empty')).code, 0)
  fs.rmSync(gate)
  assert.equal((await execution('drained', 'drain')).status, 'SUCCEEDED')
  assert.deepEqual(runsOf('drain'), ['drain 0', 'drain 1'])
})

test('a handler that gets the signal to end together with the program is interrupted, and resumed', async () => {
  const device = await gateway('grouped')
  await createJob('group', 'grouped', { operation: 'tells-its-number' })
  const { child, ended } = start(device, ...jobWords('grouped'), '--drain', '600')
  await until(() => execution('grouped', 'group'), ({ statusDetails }) => statusDetails?.step === 'begun')
  child.kill('SIGTERM')
  await until(() => pendingSignals(child.pid), (pending) => !(pending & (1n << 14n))) // the program has read it
  process.kill(Number(fs.readFileSync(number)), 'SIGTERM')
  assert.equal((await ended).code, 0)
  assert.equal((await execution('grouped', 'group')).status, 'IN_PROGRESS')
})

test('a job that is changed by somebody else is reported with its new version', async () => {
  const device = await gateway('contended')
  await createJob('contend', 'contended', { operation: 'works' })
  const fault = await double.control('POST', '/faults', {
    where: 'service',
    operation: 'jobs-update',
    clientId: 'contended',
    action: { hold: 'before' }
  })
  const working = start(device, ...jobWords('contended'), '--until-empty')
  await until(() => double.control('GET', `/holding?id=${fault.id}`), ({ holding }) => holding)
  await jobs.updateJobExecution({ thingName: 'contended', jobId: 'contend', status: 'IN_PROGRESS' })
  await double.control('POST', '/release', { id: fault.id })
  assert.equal((await working.ended).code, 0)
  assert.equal((await execution('contended', 'contend')).status, 'SUCCEEDED')
})

for (const operation of ['jobs-get', 'jobs-start-next', 'jobs-update']) {
  for (const hold of ['before', 'after']) {
    test(`kill -9 ${hold} ${operation}: the job is done once`, async () => {
      const name = `${hold}-${operation}`
      const device = await gateway(name)
      // One that tells no progress: its only update is about its end.
      await createJob(`job-${name}`, name, { operation: 'quiet' })
      const fault = await double.control('POST', '/faults', {
        where: 'service',
        operation,
        clientId: name,
        action: { hold, hangup: hold }
      })
      const working = start(device, ...jobWords(name))
      await until(() => double.control('GET', `/holding?id=${fault.id}`), ({ holding }) => holding)
      await killed(working)
      await double.control('POST', '/release', { id: fault.id })
      const end = await run(device, ...jobWords(name), '--until-empty')
      assert.equal(end.code, 0, end.err)
      assert.equal((await execution(name, `job-${name}`)).status, 'SUCCEEDED')
      assert.deepEqual(runsOf(`job-${name}`), [`job-${name} 0 {"operation":"quiet"}`])
    })
  }
}

test('kill -9 in a handler: it is run once more when the first has ended, and told so', async () => {
  const device = await gateway('killed')
  await createJob('kill', 'killed', { operation: 'waits' })
  const working = start(device, ...jobWords('killed'))
  await until(() => execution('killed', 'kill'), ({ statusDetails }) => statusDetails?.step === 'begun')
  await killed(working)
  fs.writeFileSync(gate, '')
  const again = start(device, ...jobWords('killed'), '--until-empty', '--verbose')
  let waiting = false
  again.child.stderr.on('data', (data) => (waiting ||= `${data}`.includes('still running')))
  await until(() => execution('killed', 'kill'), () => waiting)
  assert.deepEqual(runsOf('kill'), ['kill 0'])
  await endHandlers()
  assert.equal((await again.ended).code, 0)
  fs.rmSync(gate)
  assert.equal((await execution('killed', 'kill')).status, 'SUCCEEDED')
  assert.deepEqual(runsOf('kill'), ['kill 0', 'kill 1'])
})

/** Ends what a killed program has left: whoever holds the mark of its handler. */
async function endHandlers() {
  const mark = path.join(directory, 'state-killed', 'handler')
  const inode = fs.statSync(mark).ino
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (fs.statSync(`/proc/${pid}/fd/3`).ino === inode) process.kill(Number(pid), 'SIGKILL')
    } catch {
      // gone, or another user's
    }
  }
}

// --- metrics ---------------------------------------------------------------------------------------------------------

test('a report to Device Defender is accepted', async () => {
  const device = await gateway('measured')
  const end = await run(device, 'defender')
  assert.equal(end.code, 0, end.err)
  const { report } = await double.event({ type: 'metrics', thingName: 'measured' })
  assert.equal(report.header.version, '1.0')
  assert.ok(report.metrics.listening_tcp_ports.ports.some(({ port }) => port === double.facts.mqtt.port))
})

// --- all of them -----------------------------------------------------------------------------------------------------

let failed = 0
for (const { name, run: body } of tests) {
  try {
    await body()
    process.stdout.write(`ok: ${name}\n`)
  } catch (error) {
    failed += 1
    process.stdout.write(`not ok: ${name}\n${error.stack}\n`)
  }
}
await double.stop()
fs.rmSync(directory, { recursive: true })
process.exit(failed === 0 ? 0 : 1)

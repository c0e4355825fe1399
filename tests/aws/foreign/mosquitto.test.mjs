// SPDX-License-Identifier: Apache-2.0
// mosquitto's clients against the double: what they say is what a user of the service sees (aws-iot.md sections 7.4
// and 12).
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { allowAll, certificateOf, makeCa, startDouble } from '../double/test/support.mjs'

let double
before(async () => {
  double = await startDouble()
})
after(() => double.stop())

function filesOf(device) {
  const files = {}
  for (const part of ['cert', 'key']) {
    files[part] = path.join(double.directory, `${device.name}.${part}`)
    fs.writeFileSync(files[part], device[part])
  }
  return ['--cert', files.cert, '--key', files.key]
}

/** Runs a program: {code, output}; `child` of the promise is the process. */
function run(program, device, ...args) {
  const child = spawn(program, [
    '-h',
    'localhost',
    '-p',
    String(double.facts.mqtt.port),
    '--cafile',
    double.facts.ca,
    ...filesOf(device),
    '-i',
    device.name,
    ...args
  ])
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      output += data
    })
  const ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
  return ended
}

const publish = (device, ...args) => run('mosquitto_pub', device, '-q', '1', '-t', 'dt/x', '-m', 'hello', ...args)

for (const version of ['mqttv311', 'mqttv5']) {
  test(`mosquitto_sub receives what mosquitto_pub sends, ${version}`, async () => {
    const [sender, receiver] = [await double.device(`pub-${version}`), await double.device(`sub-${version}`)]
    const received = run('mosquitto_sub', receiver, '-V', version, '-q', '1', '-t', 'dt/+', '-C', '1')
    await double.event({ type: 'subscribe', clientId: receiver.name })
    assert.equal((await publish(sender, '-V', version)).code, 0)
    assert.deepEqual(await received, { code: 0, output: 'hello\n' })
  })
}

test('ALPN in the part of port 443', async () => {
  const device = await double.device('alpn')
  const port = ['-p', String(double.facts.mqtt443.port)]
  assert.equal((await publish(device, ...port, '--tls-alpn', 'x-amzn-mqtt-ca')).code, 0)
  assert.notEqual((await publish(device, ...port)).code, 0)
})

test('an inactive certificate: the connection is lost', async () => {
  const device = await double.device('sleeping', { status: 'INACTIVE' })
  assert.equal((await publish(device)).code, 7)
  const five = await publish(device, '-V', 'mqttv5')
  assert.notEqual(five.code, 0)
  assert.match(five.output, /Not authorized/i)
})

test('JITP: lost, then let in', async () => {
  await double.accepted('POST', '/policies/gateway', { policyDocument: JSON.stringify(allowAll) })
  const ca = await makeCa('CN=JITP')
  const template = {
    Parameters: { 'AWS::IoT::Certificate::Id': { Type: 'String' } },
    Resources: {
      policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'gateway' } },
      certificate: {
        Type: 'AWS::IoT::Certificate',
        Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'ACTIVE' }
      }
    }
  }
  await double.accepted('POST', '/cacertificate?setAsActive=true&allowAutoRegistration=true', {
    caCertificate: ca.pem,
    certificateMode: 'SNI_ONLY',
    registrationConfig: { templateBody: JSON.stringify(template), roleArn: 'arn:aws:iam::123456789012:role/r' }
  })
  const device = { name: 'jitp', ...(await certificateOf(ca, 'CN=jitp')) }
  await double.control('POST', '/settings', { registrationDelay: 5000 })
  assert.equal((await publish(device)).code, 7)
  assert.equal((await publish(device)).code, 7)
  await double.control('POST', '/clock', { advance: 5001 })
  await double.event({ type: 'jitp', certificateId: device.id })
  assert.equal((await publish(device)).code, 0)
})

test('a publish that no policy allows ends the connection', async () => {
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iot:Connect', Resource: '*' }] }
  const ended = await publish(await double.device('mute', { policy }))
  assert.notEqual(ended.code, 0)
})

/** A local broker with a bridge to the double; `lines` are those that the service needs (aws-iot.md section 9.1). */
async function bridge(device, lines) {
  const [, cert, , key] = filesOf(device)
  const socket = path.join(double.directory, `${device.name}.socket`)
  const config = path.join(double.directory, `${device.name}.conf`)
  const text = [
    `listener 0 ${socket}`,
    'allow_anonymous true',
    'log_dest stderr',
    'log_type all',
    'user root', // else it could not read the double's directory; without root this line means nothing
    'connection aws',
    `address localhost:${double.facts.mqtt.port}`,
    `remote_clientid ${device.name}`,
    `bridge_cafile ${double.facts.ca}`,
    `bridge_certfile ${cert}`,
    `bridge_keyfile ${key}`,
    'topic dt/# out 1',
    'topic cmd/# in 1',
    ...lines
  ]
  fs.writeFileSync(config, text.join('\n') + '\n')
  const child = spawn('mosquitto', ['-c', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: `${process.env.PATH}:/usr/sbin` }
  })
  let log = ''
  let look = () => {}
  child.stderr.on('data', (data) => {
    log += data
    look()
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const stop = () => {
    child.kill()
    return ended
  }
  /** Waits until the broker's log has this text. */
  const logged = (text) =>
    new Promise((resolve) => {
      look = () => log.includes(text) && resolve()
      look()
    })
  return { socket, stop, logged }
}

const needed = [
  'bridge_protocol_version mqttv311',
  'cleansession true',
  'notifications false',
  'try_private false',
  'bridge_attempt_unsubscribe false',
  'restart_timeout 5 300'
]

/** What a client of the local broker prints. */
function local(program, socket, ...args) {
  const child = spawn(program, ['--unix', socket, ...args])
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  return new Promise((resolve) => child.on('close', () => resolve(output)))
}

test("mosquitto's bridge carries messages in both directions", async (t) => {
  const device = await double.device('bridge')
  const { socket, stop, logged } = await bridge(device, needed)
  t.after(stop)
  await double.event({ type: 'subscribe', clientId: 'bridge' })
  const received = local('mosquitto_sub', socket, '-i', 'inside', '-t', 'cmd/#', '-C', '1')
  await logged('Sending SUBACK to inside')
  await local('mosquitto_pub', socket, '-q', '1', '-t', 'dt/bridge/x', '-m', 'out')
  const sent = await double.event({ type: 'publish', clientId: 'bridge' })
  assert.deepEqual([sent.topic, sent.payload], ['dt/bridge/x', 'out'])
  await double.control('POST', '/publish', { topic: 'cmd/bridge/x', payload: 'in', qos: 1 })
  assert.equal(await received, 'in\n')
})

test('a bridge with its defaults is refused', async (t) => {
  const device = await double.device('default-bridge')
  const { stop } = await bridge(device, ['bridge_protocol_version mqttv311'])
  t.after(stop)
  const refused = await double.event({ type: 'refused', clientId: 'default-bridge' })
  assert.match(refused.why, /bridge bit|will on \$SYS/)
})

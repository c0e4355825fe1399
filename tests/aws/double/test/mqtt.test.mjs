// SPDX-License-Identifier: Apache-2.0
// The MQTT data plane: who is let in, what ends a connection, and what arrives.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { allowAll, startDouble } from './support.mjs'

let double
before(async () => {
  double = await startDouble()
})
after(() => double.stop())

const statement = (action, resource) => ({ Effect: 'Allow', Action: action, Resource: resource })
const arn = (resource) => `arn:aws:iot:eu-central-1:123456789012:${resource}`

for (const version of [4, 5]) {
  test(`an active certificate with a policy publishes and receives, protocol version ${version}`, async () => {
    const device = await double.device(`messages-${version}`)
    const client = await double.connect(device, { version })
    assert.equal(version === 5 ? client.connack.reasonCode : client.connack.returnCode, 0)
    assert.equal((await client.subscribe('a/+')).cmd, 'suback')
    client.publish('a/b', { n: 1 }, { qos: 1, messageId: 7 })
    assert.deepEqual(await client.message(), { topic: 'a/b', body: { n: 1 } })
    client.disconnect()
  })
}

test('an inactive certificate is closed without CONNACK in 3.1.1 and told not authorized in 5', async () => {
  const device = await double.device('inactive', { status: 'INACTIVE' })
  assert.equal((await double.connect(device)).connack, null)
  const five = await double.connect(device, { version: 5 })
  assert.equal(five.connack.reasonCode, 0x87)
  assert.equal(await five.next(), null)
})

test('an active certificate without a policy is closed', async () => {
  const device = await double.device('no-policy', { policy: null })
  assert.equal((await double.connect(device)).connack, null)
})

test('a policy is in force only after the delay', async () => {
  const device = await double.device('delayed')
  await double.control('POST', '/settings', { policyDelay: 8 * 60_000 })
  assert.equal((await double.connect(device)).connack, null)
  await double.control('POST', '/clock', { advance: 8 * 60_000 + 1 })
  assert.equal((await double.connect(device)).connack.returnCode, 0)
  await double.control('POST', '/settings', { policyDelay: 0 })
})

test('deactivating a certificate cuts its connection', async () => {
  const device = await double.device('cut')
  const client = await double.connect(device, { version: 5 })
  await double.accepted('PUT', `/certificates/${device.id}?newStatus=INACTIVE`)
  assert.equal((await client.next()).reasonCode, 0x87)
})

test('the second connection with a client id takes over', async () => {
  const device = await double.device('twice')
  const first = await double.connect(device, { version: 5 })
  await double.connect(device)
  const last = await first.next()
  assert.equal(last.cmd, 'disconnect')
  assert.equal(last.reasonCode, 0x8e)
})

const endings = [
  ['QoS 2', (client) => client.publish('a', 'x', { qos: 2, messageId: 1 }), 0x9b],
  ['more than 7 slashes', (client) => client.publish('1/2/3/4/5/6/7/8/9', 'x'), 0x90],
  ['a topic of more than 256 bytes', (client) => client.publish('x'.repeat(257), 'x'), 0x90],
  ['a reserved topic', (client) => client.publish('$aws/other', 'x'), 0x90],
  ['a payload above 128 KiB', (client) => client.publish('a', 'x'.repeat(128 * 1024 + 1)), 0x95],
  [
    'more than 8 filters',
    (client) =>
      client.send({
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [...'123456789'].map((topic) => ({ topic, qos: 0 }))
      }),
    0x97
  ],
  [
    'a subscription identifier',
    (client) =>
      client.send({
        cmd: 'subscribe',
        messageId: 1,
        properties: { subscriptionIdentifier: 1 },
        subscriptions: [{ topic: 'a', qos: 0 }]
      }),
    0xa1
  ]
]
for (const [what, act, reason] of endings) {
  test(`${what} ends the connection`, async () => {
    const device = await double.device(`ended-${reason}-${what.length}`)
    const client = await double.connect(device, { version: 5 })
    act(client)
    assert.equal((await client.next()).reasonCode, reason)
  })
}

test('what a policy does not allow ends the connection, and a presence event tells why', async () => {
  const policy = {
    Version: '2012-10-17',
    Statement: [
      statement('iot:Connect', arn('client/${iot:Connection.Thing.ThingName}')),
      statement('iot:Publish', arn('topic/dt/${iot:Connection.Thing.ThingName}/*'))
    ]
  }
  const device = await double.device('narrow', { policy })
  const allowed = await double.connect(device)
  allowed.publish('dt/narrow/x', 'ok', { qos: 1, messageId: 3 })
  assert.equal((await allowed.next()).cmd, 'puback')
  allowed.publish('dt/other/x', 'no')
  assert.equal(await allowed.next(), null)
  const event = await double.event({ type: 'ended', clientId: 'narrow' })
  assert.equal(event.presence, 'FORBIDDEN_ACCESS')
  assert.equal((await double.connect(device, { clientId: 'somebody' })).connack, null)
})

test('a message is not received without iot:Receive', async () => {
  const policy = {
    Version: '2012-10-17',
    Statement: [
      statement(['iot:Connect', 'iot:Publish', 'iot:Subscribe'], '*'),
      statement('iot:Receive', arn('topic/yes'))
    ]
  }
  const client = await double.connect(await double.device('deaf', { policy }))
  await client.subscribe('no', 'yes')
  client.publish('no', 'x')
  client.publish('yes', 'y')
  assert.equal((await client.message()).topic, 'yes')
})

test('of more than 100 messages in a second the rest is dropped', async () => {
  await double.control('POST', '/clock', { stop: true })
  const client = await double.connect(await double.device('eager'))
  for (let n = 1; n <= 101; n++) client.publish('a/b', String(n), { qos: 1, messageId: n })
  client.send({ cmd: 'pingreq' })
  const kinds = []
  while (kinds.at(-1) !== 'pingresp') kinds.push((await client.next()).cmd)
  assert.equal(kinds.filter((cmd) => cmd === 'puback').length, 100)
  await double.control('POST', '/clock', { start: true })
})

test('a retained message comes for its topic and not for a wildcard', async () => {
  const client = await double.connect(await double.device('keeper'))
  client.publish('kept/here', 'stays', { retain: true, qos: 1, messageId: 5 })
  assert.equal((await client.next()).cmd, 'puback')
  const { retainedTopics } = await double.accepted('GET', '/retainedMessage', undefined, {
    service: 'iotdata',
    base: double.facts.data
  })
  assert.deepEqual(
    retainedTopics.map((one) => [one.topic, one.payloadSize]),
    [['kept/here', 5]]
  )
  await client.subscribe('kept/+')
  await client.subscribe('kept/here')
  const packet = await client.next()
  assert.equal(packet.retain, true)
  client.publish('kept/end', 'x')
  assert.equal((await client.message()).topic, 'kept/end')
})

test('a persistent session keeps subscriptions and messages', async () => {
  const device = await double.device('lasting')
  const first = await double.connect(device, { clean: false })
  assert.equal(first.connack.sessionPresent, false)
  await first.subscribe('cmd/x')
  first.disconnect()
  await double.event({ type: 'disconnected', clientId: 'lasting' })
  await double.control('POST', '/publish', { topic: 'cmd/x', payload: 'later', qos: 1 })
  const second = await double.connect(device, { clean: false })
  assert.equal(second.connack.sessionPresent, true)
  assert.equal((await second.message()).body, 'later')
  second.disconnect()
  await double.control('POST', '/clock', { advance: 3600_001 })
  assert.equal((await double.connect(device, { clean: false })).connack.sessionPresent, false)
})

test('a will needs a policy, and is published when the connection is lost', async () => {
  const device = await double.device('mortal')
  const watcher = await double.connect(await double.device('watcher'))
  await watcher.subscribe('wills/#')
  const client = await double.connect(device, {
    will: { topic: 'wills/mortal', payload: 'gone', qos: 1, retain: false }
  })
  client.socket.destroy()
  assert.deepEqual(await watcher.message(), { topic: 'wills/mortal', body: 'gone' })
})

test('keep-alive passes on the clock of the double', async () => {
  const client = await double.connect(await double.device('silent'), { version: 5, keepalive: 60 })
  await double.control('POST', '/clock', { advance: 90_001 })
  assert.equal((await client.next()).reasonCode, 0x8d)
})

test('without SNI, or without ALPN in the part of port 443, nothing is answered', async () => {
  const device = await double.device('names')
  assert.equal((await double.connect(device, { servername: '' }).catch(() => ({ connack: null }))).connack, null)
  const { port } = double.facts.mqtt443
  assert.equal((await double.connect(device, { port })).connack, null)
  assert.equal((await double.connect(device, { port, alpn: ['x-amzn-mqtt-ca'] })).connack.returnCode, 0)
})

test('an exclusive thing may connect with any client id, and presence names it', async () => {
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        ...statement('iot:Connect', arn('client/*')),
        Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } }
      }
    ]
  }
  const device = await double.device('only', { policy })
  assert.equal((await double.connect(device, { clientId: 'other' })).connack, null)
  await double.accepted('PUT', '/things/only/principals?thingPrincipalType=EXCLUSIVE_THING', undefined, {
    headers: { 'x-amzn-principal': device.arn }
  })
  const observer = await double.connect(await double.device('observer', { policy: allowAll }))
  await observer.subscribe('$aws/events/presence/connected/+')
  assert.equal((await double.connect(device, { clientId: 'other' })).connack.returnCode, 0)
  assert.equal((await observer.message()).body.thingName, 'only')
  const data = await double.accepted('POST', '/things/only/connectivity-data')
  assert.equal(data.connected, true)
  assert.ok(data.timestamp < 1e11, 'the time is in seconds')
})

test('a connection is ended by the operator', async () => {
  const client = await double.connect(await double.device('ousted'), { version: 5 })
  const dropped = await double.call('DELETE', '/connections/ousted', undefined, {
    service: 'iotdata',
    base: double.facts.data
  })
  assert.equal(dropped.status, 200)
  assert.equal((await client.next()).reasonCode, 0x98)
})

test('a fault refuses a CONNECT with a reason, or is silent', async () => {
  const device = await double.device('unwelcome')
  await double.control('POST', '/faults', {
    where: 'mqtt',
    packet: 'connect',
    clientId: 'unwelcome',
    action: { reason: 0x97 }
  })
  assert.equal((await double.connect(device, { version: 5 })).connack.reasonCode, 0x97)
  const client = await double.connect(device)
  await double.control('POST', '/faults', { where: 'mqtt', packet: 'pingreq', action: { ignore: true } })
  client.send({ cmd: 'pingreq' })
  client.publish('a/b', 'x', { qos: 1, messageId: 4 })
  assert.equal((await client.next()).cmd, 'puback')
})

test('a fault hangs up after a packet', async () => {
  await double.control('POST', '/faults', {
    where: 'mqtt',
    packet: 'connect',
    clientId: 'faulty',
    action: { hangup: 'after' }
  })
  const device = await double.device('faulty')
  assert.equal((await double.connect(device)).connack, null)
  assert.equal((await double.connect(device)).connack.returnCode, 0)
})

const wrong = {
  expired: /expired/,
  'not-yet-valid': /not yet valid/,
  'other-name': /altnames/,
  stranger: /self-signed|issuer/
}
for (const [name, message] of Object.entries(wrong)) {
  test(`a server certificate that is ${name} can be ordered`, async () => {
    const device = await double.device(`wrong-${name}`)
    await double.control('POST', '/tls', { chains: [name] })
    await assert.rejects(double.connect(device), message)
    await double.control('POST', '/tls', { chains: ['ec', 'rsa'] })
    assert.equal((await double.connect(device)).connack.returnCode, 0)
  })
}

test('each chain and each version of TLS can be ordered', async () => {
  const device = await double.device('chains')
  for (const [chain, issuer] of [
    ['ec', 'Double Server CA 3B'],
    ['rsa', 'Double Root CA 1']
  ]) {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      await double.control('POST', '/tls', { chains: [chain], minVersion: version, maxVersion: version })
      const client = await double.connect(device)
      assert.equal(client.socket.getPeerCertificate().issuer.CN, issuer)
      assert.equal(client.socket.getProtocol(), version)
      // Of TLS 1.2 only (aws-iot.md section 1.2).
      if (version === 'TLSv1.2') assert.equal(client.socket.getTLSTicket(), undefined)
      client.disconnect()
    }
  }
  await double.control('POST', '/tls', { chains: ['ec', 'rsa'], minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' })
})

test('an alert of the handshake can be ordered', async () => {
  const device = await double.device('alerted')
  await double.control('POST', '/faults', { where: 'tls', action: { alert: 46 } })
  await assert.rejects(double.connect(device), /certificate unknown/)
})

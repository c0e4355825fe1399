// SPDX-License-Identifier: Apache-2.0
// AWS's own device clients (aws-iot-device-sdk-v2: identity, shadow, jobs) against the double. The native part of that
// package keeps a process alive after its clients are closed, which node:test waits for; so this program exits.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { requirePackage } from '../double/base/packages.mjs'
import { EC, generateKeys, requestFor, startDouble } from '../double/test/support.mjs'

const { iot, iotidentity, iotjobs, iotshadow, mqtt, mqtt5 } = requirePackage('aws-iot-device-sdk-v2')
const OPTIONS = { maxRequestResponseSubscriptions: 8, maxStreamingSubscriptions: 8, operationTimeoutInSeconds: 60 }

const double = await startDouble()
const tests = []
const test = (name, run) => tests.push({ name, run })

async function connected(device, clientId = device.name) {
  const builder = iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromMemory(
    'localhost',
    device.cert,
    device.key
  )
  builder
    .withPort(double.facts.mqtt.port)
    .withCertificateAuthority(double.ca.toString())
    .withConnectProperties({ clientId, keepAliveIntervalSeconds: 60 })
  const client = new mqtt5.Mqtt5Client(builder.build())
  const success = once(client, 'connectionSuccess')
  client.start()
  await success
  return client
}

async function stopped(client, ...services) {
  for (const service of services) service.close()
  const end = once(client, 'stopped')
  client.stop()
  await end
  client.close()
}

const policy = { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'fleet' } }

async function createTemplate() {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }] }
  await double.accepted('POST', '/policies/fleet', { policyDocument: JSON.stringify(document) })
  const body = {
    Parameters: { SerialNumber: { Type: 'String' }, 'AWS::IoT::Certificate::Id': { Type: 'String' } },
    Resources: {
      thing: { Type: 'AWS::IoT::Thing', Properties: { ThingName: { Ref: 'SerialNumber' } } },
      policy,
      certificate: {
        Type: 'AWS::IoT::Certificate',
        Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'ACTIVE' }
      }
    }
  }
  await double.accepted('POST', '/provisioning-templates', {
    templateName: 'fleet',
    templateBody: JSON.stringify(body),
    provisioningRoleArn: 'arn:aws:iam::123456789012:role/r',
    enabled: true
  })
}

test('the identity client provisions by claim, and connects with what it got', async () => {
  await createTemplate()
  const claim = await double.accepted('POST', '/provisioning-templates/fleet/provisioning-claim')
  const client = await connected({ key: claim.keyPair.PrivateKey, cert: claim.certificatePem }, 'claim-1')
  const identity = iotidentity.IotIdentityClientv2.newFromMqtt5(client, OPTIONS)
  await assert.rejects(
    identity.createCertificateFromCsr({ certificateSigningRequest: 'nonsense' }),
    (error) => error.modeledError?.errorCode === 'InvalidCsr'
  )
  const made = await identity.createKeysAndCertificate({})
  const done = await identity.registerThing({
    templateName: 'fleet',
    parameters: { SerialNumber: 'sdk-1' },
    certificateOwnershipToken: made.certificateOwnershipToken
  })
  assert.equal(done.thingName, 'sdk-1')
  await assert.rejects(
    identity.registerThing({ templateName: 'fleet', certificateOwnershipToken: 'used up' }),
    (error) => error.modeledError?.errorCode === 'InvalidCertificateOwnershipToken'
  )
  const byCsr = await identity.createCertificateFromCsr({
    certificateSigningRequest: await requestFor(await generateKeys(EC), 'CN=sdk-2')
  })
  assert.match(byCsr.certificateId, /^[0-9a-f]{64}$/)
  await stopped(client, identity)
  await stopped(await connected({ key: made.privateKey, cert: made.certificatePem }, 'sdk-1'))
})

test('the shadow client updates, gets, is refused, hears deltas and deletes', async () => {
  const client = await connected(await double.device('shadowed'))
  const shadow = iotshadow.IotShadowClientv2.newFromMqtt5(client, OPTIONS)
  await assert.rejects(
    shadow.getNamedShadow({ thingName: 'shadowed', shadowName: 's' }),
    (error) => error.modeledError?.code === 404
  )
  const stream = shadow.createNamedShadowDeltaUpdatedStream({ thingName: 'shadowed', shadowName: 's' })
  const established = once(stream, 'subscriptionStatus')
  const delta = once(stream, 'incomingPublish')
  stream.open()
  await established
  const updated = await shadow.updateNamedShadow({
    thingName: 'shadowed',
    shadowName: 's',
    state: { desired: { color: 'green' }, reported: { color: 'red' } }
  })
  assert.equal(updated.version, 1)
  assert.deepEqual((await delta)[0].message.state, { color: 'green' })
  await assert.rejects(
    shadow.updateNamedShadow({ thingName: 'shadowed', shadowName: 's', state: { desired: {} }, version: 9 }),
    (error) => error.modeledError?.code === 409
  )
  const got = await shadow.getNamedShadow({ thingName: 'shadowed', shadowName: 's' })
  assert.deepEqual(got.state.delta, { color: 'green' })
  await shadow.deleteNamedShadow({ thingName: 'shadowed', shadowName: 's' })
  stream.close()
  await stopped(client, shadow)
})

test('the jobs client starts, is refused for a version, and finishes', async () => {
  const client = await connected(await double.device('worker'))
  const jobs = iotjobs.IotJobsClientv2.newFromMqtt5(client, OPTIONS)
  assert.deepEqual((await jobs.getPendingJobExecutions({ thingName: 'worker' })).queuedJobs, [])
  await double.accepted('PUT', '/jobs/sdk', {
    targets: ['arn:aws:iot:eu-central-1:123456789012:thing/worker'],
    document: '{"operation":"reboot"}'
  })
  const { execution } = await jobs.startNextPendingJobExecution({ thingName: 'worker' })
  assert.deepEqual(execution.jobDocument, { operation: 'reboot' })
  await assert.rejects(
    jobs.updateJobExecution({ thingName: 'worker', jobId: 'sdk', status: 'SUCCEEDED', expectedVersion: 9 }),
    (error) => error.modeledError?.code === 'VersionMismatch'
  )
  await jobs.updateJobExecution({ thingName: 'worker', jobId: 'sdk', status: 'SUCCEEDED', expectedVersion: 2 })
  const described = await jobs.describeJobExecution({ thingName: 'worker', jobId: 'sdk' })
  assert.equal(described.execution.status, 'SUCCEEDED')
  await stopped(client, jobs)
})

test('the client of MQTT 3.1.1 publishes through the part of port 443, with ALPN', async () => {
  const device = await double.device('old')
  const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder(device.cert, device.key)
    .with_certificate_authority(double.ca.toString())
    .with_client_id('old')
    .with_endpoint('localhost')
    .with_port(double.facts.mqtt443.port)
    .with_clean_session(true)
    .build()
  const connection = new mqtt.MqttClient().new_connection(config)
  await connection.connect()
  const received = new Promise((resolve) =>
    connection
      .subscribe('a/b', mqtt.QoS.AtLeastOnce, (topic, payload) => resolve([topic, Buffer.from(payload).toString()]))
      .then(() => connection.publish('a/b', 'hello', mqtt.QoS.AtLeastOnce))
  )
  assert.deepEqual(await received, ['a/b', 'hello'])
  await connection.disconnect()
})

let failed = 0
for (const { name, run } of tests) {
  try {
    await run()
    process.stdout.write(`ok: ${name}\n`)
  } catch (error) {
    failed += 1
    process.stdout.write(`not ok: ${name}\n${error.stack}\n`)
  }
}
await double.stop()
process.exit(failed === 0 ? 0 : 1)

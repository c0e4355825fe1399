// SPDX-License-Identifier: Apache-2.0
// The functions that `trustx aws make` writes, run by the double: with their lists filled in as the generator does it.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EC, allowAll, certificateOf, generateKeys, makeCa, requestFor, startDouble } from './support.mjs'

const sources = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../../tools/aws/documents/functions')
const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:'

let double
before(async () => {
  double = await startDouble()
  await double.accepted('POST', '/policies/gateway', { policyDocument: JSON.stringify(allowAll) })
})
after(() => double.stop())

function writeFunction(name, allowed, permissions) {
  const text = fs
    .readFileSync(path.join(sources, name), 'utf8')
    .replace('ALLOWED = {}', `ALLOWED = ${JSON.stringify(allowed)}`)
    .replace('POLICY = ""', 'POLICY = "gateway"')
  const file = path.join(double.directory, name)
  fs.writeFileSync(file, text)
  return double.control('POST', '/functions', { arn: FUNCTION + name, file, handler: 'jitr.handler', permissions })
}

const actions = (...names) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: names.map((name) => `iot:${name}`), Resource: '*' }]
})

test('the function of JITR admits what is on its list and nothing else, with the rights of its role', async () => {
  const ca = await makeCa('CN=vendor of all customers')
  const made = await double.accepted('POST', '/cacertificate?setAsActive=true&allowAutoRegistration=true', {
    caCertificate: ca.pem,
    certificateMode: 'SNI_ONLY'
  })
  const mine = { name: 'gw-1', ...(await certificateOf(ca, '')) }
  const foreign = { name: 'gw-2', ...(await certificateOf(ca, '')) }
  const rights = ['DescribeCertificate', 'UpdateCertificate', 'AttachPolicy', 'AttachThingPrincipal', 'CreateThing']
  await writeFunction('jitr.py', { [mine.id]: { thing: 'gw-1', serial: '17' } }, actions(...rights))
  const topic = `$aws/events/certificates/registered/${made.certificateId}`
  await double.accepted('POST', '/rules/jitr', {
    sql: `SELECT * FROM '${topic}' WHERE certificateStatus = 'PENDING_ACTIVATION'`,
    actions: [{ lambda: { functionArn: `${FUNCTION}jitr.py` } }]
  })
  for (const device of [mine, foreign]) assert.equal((await double.connect(device)).connack, null)
  const calls = await double.control('GET', '/events?type=function&count=2')
  for (const call of calls) assert.equal(call.code, 0, call.output)
  assert.equal((await double.connect(mine)).connack.returnCode, 0)
  assert.equal((await double.connect(foreign)).connack, null)
  const { certificateDescription } = await double.accepted('GET', `/certificates/${foreign.id}`)
  assert.equal(certificateDescription.status, 'INACTIVE')
  assert.equal((await double.call('GET', '/things/gw-2')).status, 404)
})

test('a function without the rights that it needs fails, and the device stays pending', async () => {
  const ca = await makeCa('CN=another')
  const made = await double.accepted('POST', '/cacertificate?setAsActive=true&allowAutoRegistration=true', {
    caCertificate: ca.pem,
    certificateMode: 'SNI_ONLY'
  })
  const device = { name: 'gw-3', ...(await certificateOf(ca, '')) }
  await writeFunction('jitr.py', { [device.id]: { thing: 'gw-3', serial: '' } }, actions('DescribeCertificate'))
  await double.accepted('POST', '/rules/other', {
    sql: `SELECT * FROM '$aws/events/certificates/registered/${made.certificateId}'`,
    actions: [{ lambda: { functionArn: `${FUNCTION}jitr.py` } }]
  })
  assert.equal((await double.connect(device)).connack, null)
  const failed = await double.event({ type: 'rule failed', rule: 'other' })
  assert.match(failed.why, /AccessDenied/)
  const { certificateDescription } = await double.accepted('GET', `/certificates/${device.id}`)
  assert.equal(certificateDescription.status, 'PENDING_ACTIVATION')
})

test('the hook gives each claim only its own devices, by the name in the new certificate', async () => {
  const certificate = {
    Type: 'AWS::IoT::Certificate',
    Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'ACTIVE' }
  }
  const template = {
    Parameters: { ThingName: { Type: 'String' }, 'AWS::IoT::Certificate::Id': { Type: 'String' } },
    Resources: { thing: { Type: 'AWS::IoT::Thing', Properties: { ThingName: { Ref: 'ThingName' } } }, certificate }
  }
  await double.accepted('POST', '/provisioning-templates', {
    templateName: 'lot',
    templateBody: JSON.stringify(template),
    provisioningRoleArn: 'arn:aws:iam::123456789012:role/r',
    enabled: true,
    preProvisioningHook: { targetArn: `${FUNCTION}provisioning_hook.py` }
  })
  const claim = await double.device('claim-lot')
  await writeFunction('provisioning_hook.py', { [claim.id]: [{ thing: 'gw-17', serial: '0017' }] })
  const client = await double.connect(claim)
  const topics = ['$aws/certificates/create-from-csr/json', '$aws/provisioning-templates/lot/provision/json']
  await client.subscribe(...topics.flatMap((topic) => [`${topic}/accepted`, `${topic}/rejected`]))
  const answers = []
  for (const name of ['CN=0018', 'CN=0017']) {
    const certificateSigningRequest = await requestFor(await generateKeys(EC), name)
    client.publish(topics[0], { certificateSigningRequest })
    const { certificateOwnershipToken } = (await client.message()).body
    client.publish(topics[1], { certificateOwnershipToken, parameters: { ThingName: 'chosen-by-the-device' } })
    answers.push((await client.message()).body)
  }
  assert.match(answers[0].errorMessage, /ACCESS_DENIED/)
  assert.equal(answers[1].thingName, 'gw-17')
})

// SPDX-License-Identifier: Apache-2.0
// Paths on which the service registers a device: RegisterThing, own CAs, first connect, claims.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { EC, allowAll, certificateOf, generateKeys, makeCa, requestFor, startDouble } from './support.mjs'

let double
before(async () => {
  double = await startDouble()
  await double.accepted('POST', '/policies/gateway', { policyDocument: JSON.stringify(allowAll) })
})
after(() => double.stop())

const ROLE = 'arn:aws:iam::123456789012:role/provisioning'
const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:'
const thing = (name) => ({ Type: 'AWS::IoT::Thing', Properties: { ThingName: name } })
const policy = { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'gateway' } }
const byId = {
  Type: 'AWS::IoT::Certificate',
  Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'ACTIVE' }
}
const declared = (...names) => Object.fromEntries(names.map((name) => [name, { Type: 'String' }]))

function writeFunction(name, text) {
  const file = path.join(double.directory, name)
  fs.writeFileSync(file, text)
  return double.control('POST', '/functions', { arn: FUNCTION + name, file, handler: 'handler' })
}

test('RegisterThing issues for a request, creates the thing and attaches all', async () => {
  const template = {
    Parameters: declared('ThingName', 'CSR'),
    Resources: {
      thing: thing({ Ref: 'ThingName' }),
      policy,
      certificate: {
        Type: 'AWS::IoT::Certificate',
        Properties: {
          CertificateSigningRequest: { Ref: 'CSR' },
          Status: 'INACTIVE',
          ThingPrincipalType: 'EXCLUSIVE_THING'
        }
      }
    }
  }
  const keys = await generateKeys(EC)
  const body = {
    templateBody: JSON.stringify(template),
    parameters: { ThingName: 'registered', CSR: await requestFor(keys, 'CN=registered') }
  }
  const made = await double.accepted('POST', '/things', body)
  const id = made.resourceArns.certificate.split('/')[1]
  assert.equal((await double.accepted('GET', `/certificates/${id}`)).certificateDescription.status, 'INACTIVE')
  const { thingPrincipalObjects } = await double.accepted('GET', '/things/registered/principals-v2')
  assert.deepEqual(thingPrincipalObjects, [
    { principal: made.resourceArns.certificate, thingPrincipalType: 'EXCLUSIVE_THING' }
  ])
  const missing = await double.call('POST', '/things', { ...body, parameters: { CSR: body.parameters.CSR } })
  assert.equal(missing.type, 'ResourceRegistrationFailureException')
})

test('RegisterThing refuses a template that refers to an undeclared parameter', async () => {
  const template = { Parameters: {}, Resources: { thing: thing({ Ref: 'ThingName' }) } }
  const answer = await double.call('POST', '/things', { templateBody: JSON.stringify(template), parameters: {} })
  assert.equal(answer.type, 'InvalidRequestException')
  assert.match(answer.body.message, /ThingName/)
})

test('RegisterThing can be throttled half way, and repeated', async () => {
  const template = JSON.stringify({
    Parameters: declared('CSR'),
    Resources: {
      thing: thing('halfway'),
      policy,
      certificate: { Type: 'AWS::IoT::Certificate', Properties: { CertificateSigningRequest: { Ref: 'CSR' } } }
    }
  })
  const parameters = { CSR: await requestFor(await generateKeys(EC), 'CN=halfway') }
  await double.control('POST', '/faults', {
    where: 'template',
    step: 'attach-thing',
    action: { error: 'ThrottlingException' }
  })
  const first = await double.call('POST', '/things', { templateBody: template, parameters })
  assert.equal(first.type, 'ThrottlingException')
  assert.equal((await double.call('GET', '/things/halfway')).status, 200)
  assert.equal((await double.call('POST', '/things', { templateBody: template, parameters })).status, 200)
})

async function verificationFor(ca) {
  const { registrationCode } = await double.accepted('GET', '/registrationcode')
  assert.match(registrationCode, /^[0-9a-f]{64}$/)
  return (await certificateOf(ca, `CN=${registrationCode}`)).cert
}

test('a CA is registered with its verification certificate, and only then its devices', async () => {
  const ca = await makeCa('CN=Factory')
  const device = await certificateOf(ca, 'CN=made-here')
  const early = await double.call('POST', '/certificate/register', { certificatePem: device.cert, status: 'ACTIVE' })
  assert.equal(early.type, 'CertificateValidationException')
  const wrong = await double.call('POST', '/cacertificate?setAsActive=true', {
    caCertificate: ca.pem,
    verificationCertificate: (await certificateOf(ca, 'CN=something else')).cert
  })
  assert.equal(wrong.type, 'RegistrationCodeValidationException')
  const strange = await double.call('POST', '/cacertificate', {
    caCertificate: ca.pem,
    verificationCertificate: await verificationFor(await makeCa('CN=Factory'))
  })
  assert.equal(strange.type, 'CertificateValidationException')
  const leaf = await double.call('POST', '/cacertificate', {
    caCertificate: device.cert,
    certificateMode: 'SNI_ONLY'
  })
  assert.equal(leaf.type, 'CertificateValidationException')
  await double.accepted('POST', '/cacertificate?setAsActive=true', {
    caCertificate: ca.pem,
    verificationCertificate: await verificationFor(ca)
  })
  const pending = await double.call('POST', '/certificate/register', {
    certificatePem: device.cert,
    status: 'PENDING_ACTIVATION'
  })
  assert.equal(pending.status, 406)
  const made = await double.accepted('POST', '/certificate/register', {
    certificatePem: device.cert,
    caCertificatePem: ca.pem,
    status: 'INACTIVE'
  })
  assert.equal(made.certificateId, device.id)
  const again = await double.call('POST', '/certificate/register', {
    certificatePem: device.cert,
    status: 'INACTIVE'
  })
  assert.equal(again.type, 'ResourceAlreadyExistsException')
  assert.equal(again.body.resourceId, device.id)
})

async function registerForFirstConnect(name, registrationConfig) {
  const ca = await makeCa(`CN=${name}`)
  const made = await double.accepted('POST', '/cacertificate?setAsActive=true&allowAutoRegistration=true', {
    caCertificate: ca.pem,
    certificateMode: 'SNI_ONLY',
    registrationConfig
  })
  return { ...ca, id: made.certificateId }
}

test('JITP: the first CONNECT registers and is closed, the next is let in', async () => {
  const template = {
    Parameters: declared('AWS::IoT::Certificate::CommonName', 'AWS::IoT::Certificate::Id'),
    Resources: { thing: thing({ Ref: 'AWS::IoT::Certificate::CommonName' }), certificate: byId, policy }
  }
  const ca = await registerForFirstConnect('JITP', { templateBody: JSON.stringify(template), roleArn: ROLE })
  const device = { name: 'first-connect', ...(await certificateOf(ca, 'CN=first-connect')) }
  assert.equal((await double.connect(device)).connack, null)
  assert.equal((await double.event({ type: 'jitp', certificateId: device.id })).ok, true)
  assert.equal((await double.connect(device)).connack.returnCode, 0)
  assert.equal((await double.call('GET', '/things/first-connect')).status, 200)
})

test('JITP stays pending where the subject lacks a declared parameter', async () => {
  const template = {
    Parameters: declared('AWS::IoT::Certificate::SerialNumber', 'AWS::IoT::Certificate::Id'),
    Resources: { thing: thing({ Ref: 'AWS::IoT::Certificate::SerialNumber' }), certificate: byId, policy }
  }
  const ca = await registerForFirstConnect('lacking', { templateBody: JSON.stringify(template), roleArn: ROLE })
  const device = { name: 'lacking', ...(await certificateOf(ca, '')) }
  assert.equal((await double.connect(device)).connack, null)
  const event = await double.event({ type: 'jitp', certificateId: device.id })
  assert.match(event.why, /SerialNumber/)
  const described = await double.accepted('GET', `/certificates/${device.id}`)
  assert.equal(described.certificateDescription.status, 'PENDING_ACTIVATION')
})

test('JITR: a rule calls a function, which activates what is on its list and nothing else', async () => {
  const ca = await registerForFirstConnect('JITR')
  const [good, bad] = [
    { name: 'listed', ...(await certificateOf(ca, '')) },
    { name: 'foreign', ...(await certificateOf(ca, '')) }
  ]
  await writeFunction(
    'jitr.py',
    `
import boto3
ALLOWED = {"${good.id}"}
def handler(event, context):
    iot = boto3.client("iot")
    identifier = event["certificateId"]
    if identifier not in ALLOWED:
        iot.update_certificate(certificateId=identifier, newStatus="REVOKED")
        return
    arn = iot.describe_certificate(certificateId=identifier)["certificateDescription"]["certificateArn"]
    iot.attach_policy(policyName="gateway", target=arn)
    iot.update_certificate(certificateId=identifier, newStatus="ACTIVE")
`
  )
  await double.accepted('POST', '/rules/jitr', {
    sql: "SELECT * FROM '$aws/events/certificates/registered/#'",
    actions: [{ lambda: { functionArn: `${FUNCTION}jitr.py` } }]
  })
  for (const device of [good, bad]) assert.equal((await double.connect(device)).connack, null)
  for (const device of [good, bad]) await called(device.id)
  assert.equal((await double.connect(good)).connack.returnCode, 0)
  assert.equal((await double.connect(bad)).connack, null)
  const described = await double.accepted('GET', `/certificates/${bad.id}`)
  assert.equal(described.certificateDescription.status, 'REVOKED')
  await double.accepted('DELETE', '/rules/jitr')
})

async function called(certificateId) {
  for (let count = 1; ; count++) {
    const events = await double.control('GET', `/events?type=function&count=${count}`)
    const mine = events.find((event) => event.event.certificateId === certificateId)
    if (!mine) continue
    assert.equal(mine.code, 0, mine.output)
    return
  }
}

async function createTemplate(name, hook) {
  const body = {
    Parameters: declared('SerialNumber', 'AWS::IoT::Certificate::Id'),
    Resources: {
      thing: thing({ 'Fn::Join': ['-', ['gw', { Ref: 'SerialNumber' }]] }),
      certificate: byId,
      policy
    },
    DeviceConfiguration: { site: { Ref: 'SerialNumber' } }
  }
  await double.accepted('POST', '/provisioning-templates', {
    templateName: name,
    templateBody: JSON.stringify(body),
    provisioningRoleArn: ROLE,
    enabled: true,
    preProvisioningHook: hook && { targetArn: hook }
  })
}

async function claimClient(template) {
  const claim = await double.accepted('POST', `/provisioning-templates/${template}/provisioning-claim`)
  const client = await double.connect({
    name: `claim-${template}`,
    key: claim.keyPair.PrivateKey,
    cert: claim.certificatePem
  })
  await client.subscribe(
    '$aws/certificates/create-from-csr/json/accepted',
    '$aws/certificates/create-from-csr/json/rejected',
    `$aws/provisioning-templates/${template}/provision/json/accepted`,
    `$aws/provisioning-templates/${template}/provision/json/rejected`
  )
  return { claim, client }
}

async function certificateByClaim(client, subject = 'CN=gw') {
  const certificateSigningRequest = await requestFor(await generateKeys(EC), subject)
  client.publish('$aws/certificates/create-from-csr/json', { certificateSigningRequest })
  return (await client.message()).body
}

function provision(client, template, certificateOwnershipToken, parameters = { SerialNumber: '17' }) {
  client.publish(`$aws/provisioning-templates/${template}/provision/json`, { certificateOwnershipToken, parameters })
  return client.message()
}

test('a claim gets a certificate for a request, then a thing; the token serves once', async () => {
  await createTemplate('fleet')
  const { client } = await claimClient('fleet')
  const made = await certificateByClaim(client)
  const pending = await double.accepted('GET', `/certificates/${made.certificateId}`)
  assert.equal(pending.certificateDescription.status, 'PENDING_ACTIVATION')
  const done = await provision(client, 'fleet', made.certificateOwnershipToken)
  assert.deepEqual(done.body, { deviceConfiguration: { site: '17' }, thingName: 'gw-17' })
  const active = await double.accepted('GET', `/certificates/${made.certificateId}`)
  assert.equal(active.certificateDescription.status, 'ACTIVE')
  const again = await provision(client, 'fleet', made.certificateOwnershipToken)
  assert.equal(again.body.errorCode, 'InvalidCertificateOwnershipToken')
})

test('a bad request is rejected with InvalidCsr', async () => {
  await createTemplate('bad-csr')
  const { client } = await claimClient('bad-csr')
  client.publish('$aws/certificates/create-from-csr/json', { certificateSigningRequest: 'nonsense' })
  const answer = await client.message()
  assert.match(answer.topic, /rejected$/)
  assert.equal(answer.body.errorCode, 'InvalidCsr')
})

test('a token is bound to its connection, or not, as a setting says', async () => {
  await createTemplate('bound')
  const first = await claimClient('bound')
  const made = await certificateByClaim(first.client)
  first.client.disconnect()
  const second = await claimClient('bound')
  const refused = await provision(second.client, 'bound', made.certificateOwnershipToken)
  assert.equal(refused.body.errorCode, 'InvalidCertificateOwnershipToken')
  await double.control('POST', '/settings', { tokenBoundToConnection: false })
  const taken = await provision(second.client, 'bound', made.certificateOwnershipToken, { SerialNumber: '18' })
  assert.equal(taken.body.thingName, 'gw-18')
  await double.control('POST', '/settings', { tokenBoundToConnection: true })
})

test('without the second step the certificate is deleted after an hour; a claim ends after five minutes', async () => {
  await createTemplate('late')
  const { claim, client } = await claimClient('late')
  const made = await certificateByClaim(client)
  await double.control('POST', '/clock', { advance: 5 * 60_000 + 1 })
  assert.equal((await double.call('GET', `/certificates/${claim.certificateId}`)).status, 404)
  assert.equal((await double.call('GET', `/certificates/${made.certificateId}`)).status, 200)
  await double.control('POST', '/clock', { advance: 55 * 60_000 })
  assert.equal((await double.call('GET', `/certificates/${made.certificateId}`)).status, 404)
})

test('a hook in Node decides and overrides parameters', async () => {
  await writeFunction(
    'hook.mjs',
    `export function handler(event) {
    const allowProvisioning = event.parameters.SerialNumber !== 'evil'
    return { allowProvisioning, parameterOverrides: { SerialNumber: 'changed' } }
  }`
  )
  await createTemplate('hooked', `${FUNCTION}hook.mjs`)
  const { client } = await claimClient('hooked')
  const made = await certificateByClaim(client)
  const refused = await provision(client, 'hooked', made.certificateOwnershipToken, { SerialNumber: 'evil' })
  assert.match(refused.body.errorMessage, /ACCESS_DENIED/)
  const done = await provision(client, 'hooked', made.certificateOwnershipToken, { SerialNumber: 'good' })
  assert.equal(done.body.thingName, 'gw-changed')
})

test('a certificate provider issues over MQTT', async () => {
  const ca = await makeCa('CN=private')
  const other = await certificateOf(ca, 'CN=provided')
  await writeFunction(
    'provider.mjs',
    `export const handler = () => ({ certificatePem: ${JSON.stringify(other.cert)} })`
  )
  await double.accepted('POST', '/certificate-providers/own', {
    lambdaFunctionArn: `${FUNCTION}provider.mjs`,
    accountDefaultForOperations: ['CreateCertificateFromCsr']
  })
  await createTemplate('provided')
  const { client } = await claimClient('provided')
  assert.equal((await certificateByClaim(client)).certificatePem, other.cert)
  await double.accepted('DELETE', '/certificate-providers/own')
})

test('faults: an answer that is lost, a certificate for another key', async () => {
  await createTemplate('unlucky')
  const { client } = await claimClient('unlucky')
  await double.control('POST', '/faults', {
    where: 'service',
    operation: 'CreateCertificateFromCsr',
    action: { alter: { certificatePem: 'other-key' } }
  })
  const made = await certificateByClaim(client)
  const { certificateDescription } = await double.accepted('GET', `/certificates/${made.certificateId}`)
  assert.notEqual(certificateDescription.certificatePem, made.certificatePem)
  await double.control('POST', '/faults', {
    where: 'service',
    operation: 'RegisterThing',
    action: { hangup: 'after' }
  })
  await assert.rejects(provision(client, 'unlucky', made.certificateOwnershipToken))
  const after = await double.accepted('GET', `/certificates/${made.certificateId}`)
  assert.equal(after.certificateDescription.status, 'ACTIVE')
})

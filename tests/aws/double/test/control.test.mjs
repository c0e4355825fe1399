// SPDX-License-Identifier: Apache-2.0
// The control plane: the errors of its states and dependencies, limits, faults, and paging.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { EC, allowAll, certificateOf, generateKeys, makeCa, requestFor, startDouble } from './support.mjs'

let double
before(async () => {
  double = await startDouble()
})
after(() => double.stop())

const arn = (resource) => `arn:aws:iot:eu-central-1:123456789012:${resource}`
const document = JSON.stringify(allowAll)

async function refused(type, ...args) {
  const answer = await double.call(...args)
  assert.equal(answer.type, type, JSON.stringify(answer.body))
  return answer
}

test('an endpoint is told for the two types that are valid now', async () => {
  const { endpointAddress } = await double.accepted('GET', '/endpoint?endpointType=iot%3AData-ATS')
  assert.equal(endpointAddress, `localhost:${double.facts.mqtt.port}`)
  for (const query of ['', '?endpointType=iot%3AData', '?endpointType=iot%3AJobs']) {
    await refused('InvalidRequestException', 'GET', `/endpoint${query}`)
  }
})

test('a thing can be created twice in the same way, and not in another', async () => {
  const first = await double.accepted('POST', '/things/twice', { attributePayload: { attributes: { a: '1' } } })
  const again = await double.accepted('POST', '/things/twice', { attributePayload: { attributes: { a: '1' } } })
  assert.equal(again.thingId, first.thingId)
  const answer = await refused('ResourceAlreadyExistsException', 'POST', '/things/twice', {})
  assert.equal(answer.status, 409)
  assert.equal(answer.body.resourceArn, first.thingArn)
})

test('names and attributes have their patterns and limits', async () => {
  await refused('InvalidRequestException', 'POST', '/things/no%20spaces')
  await refused('InvalidRequestException', 'POST', '/things/spaced', {
    attributePayload: { attributes: { a: 'b c' } }
  })
  const attributes = { a: '1', b: '1', c: '1', d: '1' }
  await refused('InvalidRequestException', 'POST', '/things/many', { attributePayload: { attributes } })
  await double.accepted('POST', '/thing-types/typed')
  await double.accepted('POST', '/things/many', { thingTypeName: 'typed', attributePayload: { attributes } })
})

test('a certificate: what must happen before it can be deleted', async () => {
  const device = await double.device('removed')
  const path = `/certificates/${device.id}`
  await refused('CertificateStateException', 'DELETE', path)
  await double.accepted('PUT', `${path}?newStatus=INACTIVE`)
  const attached = await refused('DeleteConflictException', 'DELETE', path)
  assert.match(attached.body.message, /^Things must be detached/)
  await refused('InvalidRequestException', 'DELETE', '/things/removed')
  await double.accepted('DELETE', '/things/removed/principals', undefined, {
    headers: { 'x-amzn-principal': device.arn }
  })
  const bound = await refused('DeleteConflictException', 'DELETE', path)
  assert.match(bound.body.message, /^Certificate policies must be detached/)
  await refused('DeleteConflictException', 'DELETE', '/policies/policy-of-removed')
  await double.accepted('POST', '/target-policies/policy-of-removed', { target: device.arn })
  await double.accepted('DELETE', path)
  await refused('ResourceNotFoundException', 'GET', path)
  await double.accepted('DELETE', '/policies/policy-of-removed')
  await double.accepted('DELETE', '/things/removed')
})

test('a revoked certificate never returns', async () => {
  const device = await double.device('revoked')
  await double.accepted('PUT', `/certificates/${device.id}?newStatus=REVOKED`)
  await refused('CertificateStateException', 'PUT', `/certificates/${device.id}?newStatus=ACTIVE`)
})

test('the same request gives two certificates, a bad one none', async () => {
  const csr = await requestFor(await generateKeys(EC), 'CN=same')
  const [one, two] = [
    await double.accepted('POST', '/certificates', { certificateSigningRequest: csr }),
    await double.accepted('POST', '/certificates', { certificateSigningRequest: csr })
  ]
  assert.notEqual(one.certificateId, two.certificateId)
  const described = await double.accepted('GET', `/certificates/${one.certificateId}`)
  assert.equal(described.certificateDescription.status, 'INACTIVE')
  const lines = csr.trim().split('\n')
  lines[2] = [...lines[2]].reverse().join('')
  await refused('InvalidRequestException', 'POST', '/certificates', { certificateSigningRequest: lines.join('\n') })
  await refused('InvalidRequestException', 'POST', '/certificates', { certificateSigningRequest: 'x'.repeat(4097) })
})

test('a certificate is transferred when it is inactive and detached, and taken by its new account', async () => {
  const device = await double.device('moving')
  const path = `/transfer-certificate/${device.id}?targetAwsAccount=210987654321`
  await refused('CertificateStateException', 'PATCH', path)
  await double.accepted('PUT', `/certificates/${device.id}?newStatus=INACTIVE`)
  await refused('InvalidRequestException', 'PATCH', path)
  const headers = { 'x-amzn-principal': device.arn }
  await double.accepted('DELETE', '/things/moving/principals', undefined, { headers })
  await double.accepted('POST', '/target-policies/policy-of-moving', { target: device.arn })
  await double.accepted('PATCH', path)
  await refused('TransferConflictException', 'PATCH', path)
  const accept = `/accept-certificate-transfer/${device.id}?setAsActive=true`
  await refused('UnauthorizedException', 'PATCH', accept)
  await double.control('POST', '/accounts', { accessKeyId: 'AKIDOTHER', secret: 's', account: '210987654321' })
  const key = { accessKeyId: 'AKIDOTHER', secretAccessKey: 's' }
  await double.accepted('PATCH', accept, undefined, { key })
  await refused('TransferAlreadyCompletedException', 'PATCH', accept, undefined, { key })
  const { certificateDescription } = await double.accepted('GET', `/certificates/${device.id}`)
  assert.equal(certificateDescription.ownedBy, '210987654321')
  assert.equal(certificateDescription.status, 'ACTIVE')
})

test('a certificate is registered without a CA, once', async () => {
  const device = await certificateOf(await makeCa('CN=vendor'), '')
  const made = await double.accepted('POST', '/certificate/register-no-ca', {
    certificatePem: device.cert,
    status: 'ACTIVE'
  })
  assert.equal(made.certificateId, device.id)
  const described = await double.accepted('GET', `/certificates/${device.id}`)
  assert.equal(described.certificateDescription.certificateMode, 'SNI_ONLY')
  const again = await refused('ResourceAlreadyExistsException', 'POST', '/certificate/register-no-ca', {
    certificatePem: device.cert,
    status: 'ACTIVE'
  })
  assert.equal(again.body.resourceId, device.id)
})

test('a policy has at most five versions and ten per target', async () => {
  await double.accepted('POST', '/policies/versions', { policyDocument: document })
  await refused('ResourceAlreadyExistsException', 'POST', '/policies/versions', { policyDocument: document })
  for (let n = 0; n < 4; n++) await double.accepted('POST', '/policies/versions/version', { policyDocument: document })
  await refused('VersionsLimitExceededException', 'POST', '/policies/versions/version', { policyDocument: document })
  await refused('DeleteConflictException', 'DELETE', '/policies/versions')
  await refused('MalformedPolicyException', 'POST', '/policies/broken', { policyDocument: '{' })
  const device = await double.device('laden', { policy: null })
  for (let n = 0; n < 11; n++) await double.call('POST', `/policies/many-${n}`, { policyDocument: document })
  for (let n = 0; n < 10; n++) await double.accepted('PUT', `/target-policies/many-${n}`, { target: device.arn })
  await refused('LimitExceededException', 'PUT', '/target-policies/many-10', { target: device.arn })
})

test('TestAuthorization says what would be, also of policies that are not attached', async () => {
  const narrow = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'iot:Connect', Resource: arn('client/${iot:Connection.Thing.ThingName}') }]
  }
  const device = await double.device('asked', { policy: null, status: 'INACTIVE' })
  await double.accepted('POST', '/policies/asked', { policyDocument: JSON.stringify(narrow) })
  const ask = (clientId, more = {}) =>
    double.accepted('POST', `/test-authorization?clientId=${clientId}`, {
      principal: device.arn,
      authInfos: [{ actionType: 'CONNECT', resources: [arn('client/asked')] }],
      ...more
    })
  assert.equal((await ask('asked')).authResults[0].authDecision, 'IMPLICIT_DENY')
  const added = await ask('asked', { policyNamesToAdd: ['asked'] })
  assert.equal(added.authResults[0].authDecision, 'ALLOWED')
  assert.equal(added.authResults[0].allowed.policies[0].policyName, 'asked')
  const wrong = await ask('other', { policyNamesToAdd: ['asked'] })
  assert.equal(wrong.authResults[0].authDecision, 'IMPLICIT_DENY')
  assert.deepEqual(wrong.authResults[0].missingContextValues, ['iot:Connection.Thing.ThingName'])
})

test("policies of a thing's groups count", async () => {
  const device = await double.device('member', { policy: null })
  await double.accepted('POST', '/thing-groups/all')
  await double.accepted('PUT', '/thing-groups/addThingToThingGroup', { thingGroupName: 'all', thingName: 'member' })
  await double.call('POST', '/policies/of-group', { policyDocument: document })
  await double.accepted('PUT', '/target-policies/of-group', { target: arn('thinggroup/all') })
  const { effectivePolicies } = await double.accepted('POST', '/effective-policies?thingName=member', {
    principal: device.arn
  })
  assert.deepEqual(
    effectivePolicies.map((policy) => policy.policyName),
    ['of-group']
  )
  assert.equal((await double.connect(device)).connack.returnCode, 0)
})

test('lists are paged', async () => {
  for (let n = 0; n < 3; n++) await double.accepted('POST', `/thing-groups/page-${n}`)
  const first = await double.accepted('GET', '/certificates?pageSize=1')
  assert.equal(first.certificates.length, 1)
  const second = await double.accepted('GET', `/certificates?pageSize=1&marker=${first.nextMarker}`)
  assert.notEqual(second.certificates[0].certificateId, first.certificates[0].certificateId)
})

test('faults: throttled for a minute of the clock, refused after the effect, lost, truncated, altered', async () => {
  await double.control('POST', '/faults', {
    where: 'control',
    operation: 'CreateThing',
    for: 60_000,
    action: { error: 'ThrottlingException' }
  })
  const throttled = await refused('ThrottlingException', 'POST', '/things/throttled')
  assert.equal(throttled.status, 400)
  await double.control('POST', '/clock', { advance: 60_001 })
  await double.accepted('POST', '/things/throttled')
  await double.control('POST', '/faults', { where: 'control', operation: 'CreateThing', action: { hangup: 'after' } })
  await assert.rejects(double.call('POST', '/things/lost'))
  assert.equal((await double.call('GET', '/things/lost')).status, 200)
  await double.control('POST', '/faults', { where: 'control', operation: 'DescribeThing', action: { truncate: 10 } })
  await assert.rejects(double.call('GET', '/things/lost'))
  await double.control('POST', '/faults', {
    where: 'control',
    operation: 'DescribeThing',
    action: { set: { thingName: 'x' } }
  })
  assert.equal((await double.accepted('GET', '/things/lost')).thingName, 'x')
  await double.control('POST', '/faults', {
    where: 'control',
    operation: 'DescribeThing',
    skip: 1,
    times: 1,
    action: { raw: '<html>', status: 503 }
  })
  assert.equal((await double.call('GET', '/things/lost')).status, 200)
  assert.equal((await double.call('GET', '/things/lost')).status, 503)
})

test('more calls in a second than the rate are throttled', async () => {
  await double.control('POST', '/clock', { stop: true })
  await double.control('POST', '/settings', { apiRate: 3 })
  const call = async () => (await double.call('GET', '/thing-groups/none')).type
  const first = [await call(), await call(), await call(), await call()]
  assert.deepEqual(first, [...Array(3).fill('ResourceNotFoundException'), 'ThrottlingException'])
  await double.control('POST', '/clock', { advance: 1000 })
  assert.equal(await call(), 'ResourceNotFoundException')
  await double.control('POST', '/settings', { apiRate: 0 })
  await double.control('POST', '/clock', { start: true })
})

test('an answer can be held until it is released', async () => {
  const { id } = await double.control('POST', '/faults', {
    where: 'control',
    operation: 'DescribeThing',
    action: { hold: 'before' }
  })
  await double.accepted('POST', '/things/held')
  const answer = double.call('GET', '/things/held')
  while (!(await double.control('GET', `/holding?id=${id}`)).holding) await new Promise(setImmediate)
  await double.control('POST', '/release', { id })
  assert.equal((await answer).status, 200)
})

test('a key that may not call is refused, and the clock of the service can be wrong', async () => {
  await double.control('POST', '/accounts', { accessKeyId: 'AKIDLIMITED', secret: 's', deny: ['CreateThing'] })
  const key = { accessKeyId: 'AKIDLIMITED', secretAccessKey: 's' }
  await refused('AccessDeniedException', 'POST', '/things/denied', {}, { key })
  assert.equal((await double.call('GET', '/things', undefined, { key })).status, 200)
  await double.control('POST', '/clock', { set: '2025-01-01T00:00:00Z' })
  const answer = await refused('InvalidSignatureException', 'GET', '/things')
  assert.equal(new Date(answer.headers.date).getUTCFullYear(), 2025)
  await double.control('POST', '/clock', { set: Date.now() })
})

test('every request is in the log, as it was on the wire', async () => {
  await double
    .accepted('PUT', '/things/gw%3A1/principals?thingPrincipalType=NON_EXCLUSIVE_THING', undefined, {
      headers: { 'x-amzn-principal': 'arn:x' }
    })
    .catch(() => {})
  const [entry] = await double.control(
    'GET',
    '/requests?operation=AttachThingPrincipal&path=%2Fthings%2Fgw%253A1%2Fprincipals'
  )
  assert.equal(entry.query, 'thingPrincipalType=NON_EXCLUSIVE_THING')
  assert.equal(entry.status, 404)
  assert.ok(entry.headers.some(([name]) => name === 'authorization'))
})

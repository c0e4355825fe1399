// SPDX-License-Identifier: Apache-2.0
// Which policy is attached to which certificate or thing group.
import { invalid, notFound, refuse } from '../base/errors.mjs'
import { page, required, resourceOfArn } from '../base/names.mjs'
import { Timeline } from '../policy/timeline.mjs'
import { policyOf } from './policies.mjs'

const POLICIES_PER_TARGET = 10

function checkTarget(world, target) {
  const [kind, ...rest] = resourceOfArn(target).split('/')
  const name = rest.join('/')
  if (kind === 'cert') {
    const certificate = world.store.certificates.get(name)
    if (!certificate || certificate.arn !== target)
      notFound(`The certificate given in the principal does not exist: ${target}`)
    if (certificate.status === 'PENDING_TRANSFER') invalid('The certificate is being transferred')
  } else if (kind === 'thinggroup') {
    if (!world.store.thingGroups.has(name)) notFound(`ThingGroup ${name} cannot be found.`)
  } else {
    invalid(`Invalid target ${target}`)
  }
}

export function attachedPolicies(world, target) {
  return world.store.attachments
    .filter((one) => one.target === target && one.attached.current)
    .map((one) => one.policyName)
}

/** `at` is when the change was made; what CreateProvisioningClaim attaches is in force at once. */
export function attachPolicy(world, policyName, target, at = world.clock.now()) {
  policyOf(world, policyName)
  checkTarget(world, target)
  if (attachedPolicies(world, target).includes(policyName)) return
  if (attachedPolicies(world, target).length >= POLICIES_PER_TARGET) {
    refuse('LimitExceededException', `The maximum number of policies (${POLICIES_PER_TARGET}) is attached to ${target}`)
  }
  let attachment = world.store.attachments.find((one) => one.policyName === policyName && one.target === target)
  if (!attachment) {
    attachment = { policyName, target, attached: new Timeline() }
    world.store.attachments.push(attachment)
  }
  attachment.attached.set(true, at)
}

export function detachPolicy(world, policyName, target) {
  policyOf(world, policyName)
  checkTarget(world, target)
  const attachment = world.store.attachments.find(
    (one) => one.policyName === policyName && one.target === target && one.attached.current
  )
  attachment?.attached.set(false, world.clock.now())
}

function described(world, names) {
  return names.map((name) => ({ policyName: name, policyArn: policyOf(world, name).arn }))
}

function listAttached(world, { path, query }) {
  checkTarget(world, path.target)
  return page(described(world, attachedPolicies(world, path.target)), {
    start: query.marker,
    size: query.pageSize,
    member: 'policies',
    token: 'nextMarker'
  })
}

function listTargets(world, { path, query }) {
  policyOf(world, path.policyName)
  const targets = world.store.attachments
    .filter((one) => one.policyName === path.policyName && one.attached.current)
    .map((one) => one.target)
  return page(targets, { start: query.marker, size: query.pageSize, member: 'targets', token: 'nextMarker' })
}

function principalOf(header) {
  return header('x-amzn-iot-principal') ?? invalid('Principal must not be null')
}

export const routes = [
  [
    'AttachPolicy',
    'PUT',
    '/target-policies/{policyName}',
    (world, { path, body }) => attachPolicy(world, path.policyName, required(body, 'target'))
  ],
  [
    'DetachPolicy',
    'POST',
    '/target-policies/{policyName}',
    (world, { path, body }) => detachPolicy(world, path.policyName, required(body, 'target'))
  ],
  ['ListAttachedPolicies', 'POST', '/attached-policies/{target}', listAttached],
  ['ListTargetsForPolicy', 'POST', '/policy-targets/{policyName}', listTargets],
  [
    'AttachPrincipalPolicy',
    'PUT',
    '/principal-policies/{policyName}',
    (world, { path, header }) => attachPolicy(world, path.policyName, principalOf(header))
  ],
  [
    'DetachPrincipalPolicy',
    'DELETE',
    '/principal-policies/{policyName}',
    (world, { path, header }) => detachPolicy(world, path.policyName, principalOf(header))
  ]
]

// SPDX-License-Identifier: Apache-2.0
// A template carried out: certificate, policy, thing, and what joins them. It is no transaction: what was done before a
// failure stays, as in the service (aws-iot.md sections 6.2 and 7.2).
import { createHash } from 'node:crypto'
import { ServiceError, invalid, refuse } from '../base/errors.mjs'
import { parseRequest } from '../base/pki.mjs'
import { isValid, oneOf } from '../base/names.mjs'
import { addCertificate, certificateOf, setStatus } from '../control/certificate_store.mjs'
import { registerCertificate } from '../control/certificates.mjs'
import { createPolicy, policyOf } from '../control/policies.mjs'
import { attachPolicy } from '../control/policy_targets.mjs'
import { attachPrincipal } from '../control/principals.mjs'
import { addToGroup } from '../control/thing_groups.mjs'
import { createThing, updateThing } from '../control/things.mjs'
import { evaluate, parameterValues } from './functions.mjs'

const OVERRIDES = ['DO_NOTHING', 'REPLACE', 'FAIL', 'MERGE']

function failed(message) {
  refuse('ResourceRegistrationFailureException', message)
}

function text(properties, name) {
  const value = properties[name]
  if (value === undefined || typeof value === 'string') return value
  return failed(`${name} has no value: ${JSON.stringify(value)}`)
}

function override(overrides, name, mergeable) {
  const action = overrides[name] ?? 'DO_NOTHING'
  oneOf(`OverrideSettings.${name}`, action, mergeable ? OVERRIDES : OVERRIDES.slice(0, 3))
  if (action === 'FAIL') refuse('ConflictingResourceUpdateException', `ResourceConflictsException: ${name}`)
  return action
}

async function newCertificate(world, properties, status) {
  const sources = ['CertificateSigningRequest', 'CertificateId', 'CertificatePem'].filter((name) => name in properties)
  if (sources.length !== 1)
    invalid('A certificate needs exactly one of CertificateSigningRequest, CertificateId, CertificatePem')
  if (sources[0] === 'CertificateSigningRequest') {
    const request = await parseRequest(text(properties, 'CertificateSigningRequest'))
    return addCertificate(world, await world.pki.issueForRequest(request, world.clock.wall()), { status })
  }
  return registerCertificate(world, text(properties, 'CertificatePem'), text(properties, 'CACertificatePem'), status)
}

async function applyCertificate(world, { properties, overrides }) {
  const status = oneOf('Status', text(properties, 'Status') ?? 'ACTIVE', ['ACTIVE', 'INACTIVE'])
  if (!('CertificateId' in properties)) return newCertificate(world, properties, status)
  const certificate = certificateOf(world, text(properties, 'CertificateId'))
  const pending = certificate.status === 'PENDING_ACTIVATION'
  if (certificate.status === status) return certificate
  if (pending || override(overrides, 'Status', false) === 'REPLACE') setStatus(world, certificate, status)
  return certificate
}

function applyPolicy(world, { properties }) {
  const { PolicyName: name, PolicyDocument: document } = properties
  if ((name === undefined) === (document === undefined)) invalid('A policy needs one of PolicyName and PolicyDocument')
  if (name !== undefined) return policyOf(world, text(properties, 'PolicyName'))
  const written = typeof document === 'string' ? document : JSON.stringify(document)
  const hashed = createHash('sha1').update(written).digest('hex').toUpperCase()
  return world.store.policies.get(hashed) ?? createPolicy(world, hashed, written)
}

function thingSpec(properties) {
  return {
    attributes: properties.AttributePayload,
    thingTypeName: text(properties, 'ThingTypeName'),
    billingGroupName: text(properties, 'BillingGroup')
  }
}

function overrideThing(world, existing, spec, groups, overrides) {
  const changes = {}
  const attributes = spec.attributes && override(overrides, 'AttributePayload', true)
  if (['REPLACE', 'MERGE'].includes(attributes)) {
    changes.attributePayload = { attributes: spec.attributes, merge: attributes === 'MERGE' }
  }
  if (
    spec.thingTypeName &&
    existing.thingTypeName !== spec.thingTypeName &&
    override(overrides, 'ThingTypeName', false) === 'REPLACE'
  ) {
    changes.thingTypeName = spec.thingTypeName
  }
  if (Object.keys(changes).length > 0) updateThing(world, existing.thingName, changes)
  const membership = groups.length > 0 ? override(overrides, 'ThingGroups', true) : 'DO_NOTHING'
  if (membership === 'REPLACE') existing.groups.clear()
  if (membership !== 'DO_NOTHING') groups.forEach((group) => addToGroup(world, group, existing.thingName))
}

function applyThing(world, { properties, overrides }) {
  const name = text(properties, 'ThingName')
  if (!isValid('thingName', name)) failed(`ThingName ${JSON.stringify(name)} is not valid`)
  for (const [attribute, value] of Object.entries(properties.AttributePayload ?? {})) {
    if (typeof value !== 'string') failed(`attribute ${attribute} has no value: ${JSON.stringify(value)}`)
  }
  const spec = thingSpec(properties)
  const groups = properties.ThingGroups ?? []
  const existing = world.store.things.get(name)
  if (existing) {
    overrideThing(world, existing, spec, groups, overrides)
    return existing
  }
  const thing = createThing(world, name, spec)
  groups.forEach((group) => addToGroup(world, group, name))
  return thing
}

const appliers = { certificate: applyCertificate, policy: applyPolicy, thing: applyThing }

function step(world, name) {
  const fault = world.faults.take({ where: 'template', step: name })
  if (fault?.error) throw new ServiceError(fault.error, fault.message ?? 'Rate exceeded')
}

function join(world, made) {
  const { certificate, thing } = made
  if (certificate) {
    step(world, 'attach-policy')
    made.policies.forEach((policy) => attachPolicy(world, policy.name, certificate.arn))
  }
  if (certificate && thing) {
    step(world, 'attach-thing')
    attachPrincipal(world, thing.thingName, certificate.arn, made.principalType)
  }
}

/**
 * Carries out a parsed template. The result: {certificate, thing, arns: {logical id: ARN}, deviceConfiguration}.
 */
export async function applyTemplate(world, template, given) {
  const scope = { values: parameterValues(template.parameters, given), mappings: template.mappings }
  const made = { policies: [], arns: {} }
  for (const kind of ['policy', 'certificate', 'thing']) {
    for (const resource of template.resources.filter((one) => one.kind === kind)) {
      step(world, kind)
      const properties = evaluate(resource.properties, scope)
      const result = await appliers[kind](world, { properties, overrides: resource.overrides })
      made.arns[resource.id] = result.arn
      if (kind === 'policy') made.policies.push(result)
      else made[kind] = result
      if (kind === 'certificate') made.principalType = text(properties, 'ThingPrincipalType')
    }
  }
  join(world, made)
  made.deviceConfiguration = evaluate(template.deviceConfiguration ?? {}, scope)
  return made
}

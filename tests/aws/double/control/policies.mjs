// SPDX-License-Identifier: Apache-2.0
// Policies and their versions.
import { notFound, refuse } from '../base/errors.mjs'
import { checked, page, required } from '../base/names.mjs'
import { parsePolicy } from '../policy/document.mjs'
import { Timeline } from '../policy/timeline.mjs'

const VERSIONS = 5

export function policyOf(world, name) {
  return world.store.policies.get(name) ?? notFound(`Policy not found: ${name}`)
}

function versionOf(policy, id) {
  return policy.versions.get(id) ?? notFound(`Policy version ${id} of ${policy.name} not found`)
}

function addVersion(world, policy, text, makeDefault, at = world.clock.now()) {
  const document = parsePolicy(text)
  const id = String(policy.nextVersion++)
  policy.versions.set(id, { id, text, document, created: world.clock.seconds() })
  if (makeDefault) setDefault(policy, id, at)
  return id
}

function setDefault(policy, id, at) {
  policy.document.set(versionOf(policy, id).document, at)
  policy.defaultVersion = id
}

export function createPolicy(world, name, text, at = world.clock.now()) {
  checked('policyName', name)
  parsePolicy(text)
  const existing = world.store.policies.get(name)
  if (existing) {
    refuse('ResourceAlreadyExistsException', `Policy cannot be created - name already exists (name=${name})`, {
      resourceId: name,
      resourceArn: existing.arn
    })
  }
  const policy = {
    name,
    arn: world.arn(`policy/${name}`),
    versions: new Map(),
    nextVersion: 1,
    defaultVersion: '1',
    document: new Timeline(),
    created: world.clock.seconds()
  }
  addVersion(world, policy, text, true, at)
  world.store.policies.set(name, policy)
  return policy
}

function create(world, { path, body }) {
  const policy = createPolicy(world, path.policyName, required(body, 'policyDocument'))
  return { policyName: policy.name, policyArn: policy.arn, policyDocument: body.policyDocument, policyVersionId: '1' }
}

function get(world, { path }) {
  const policy = policyOf(world, path.policyName)
  const version = versionOf(policy, policy.defaultVersion)
  return {
    policyName: policy.name,
    policyArn: policy.arn,
    policyDocument: version.text,
    defaultVersionId: version.id,
    creationDate: policy.created,
    lastModifiedDate: version.created
  }
}

function remove(world, { path }) {
  const policy = policyOf(world, path.policyName)
  if (policy.versions.size > 1) {
    refuse(
      'DeleteConflictException',
      `Cannot delete the policy because it has one or more policy versions attached to ` + `it (name=${policy.name})`
    )
  }
  if (world.store.attachments.some((one) => one.policyName === policy.name && one.attached.current)) {
    refuse(
      'DeleteConflictException',
      'The policy cannot be deleted as the policy is attached to one or more principals ' + `(name=${policy.name})`
    )
  }
  world.store.policies.delete(policy.name)
}

function createVersion(world, { path, query, body }) {
  const policy = policyOf(world, path.policyName)
  if (policy.versions.size >= VERSIONS) {
    refuse('VersionsLimitExceededException', `The policy ${policy.name} already has the maximum number of versions (5)`)
  }
  const makeDefault = query.setAsDefault === 'true'
  const id = addVersion(world, policy, required(body, 'policyDocument'), makeDefault)
  return {
    policyArn: policy.arn,
    policyDocument: body.policyDocument,
    policyVersionId: id,
    isDefaultVersion: makeDefault
  }
}

function deleteVersion(world, { path }) {
  const policy = policyOf(world, path.policyName)
  versionOf(policy, path.policyVersionId)
  if (policy.defaultVersion === path.policyVersionId) {
    refuse('DeleteConflictException', 'Cannot delete the default version of a policy')
  }
  policy.versions.delete(path.policyVersionId)
}

function getVersion(world, { path }) {
  const policy = policyOf(world, path.policyName)
  const version = versionOf(policy, path.policyVersionId)
  return {
    policyArn: policy.arn,
    policyName: policy.name,
    policyDocument: version.text,
    policyVersionId: version.id,
    isDefaultVersion: version.id === policy.defaultVersion,
    creationDate: version.created,
    lastModifiedDate: version.created
  }
}

function listVersions(world, { path }) {
  const policy = policyOf(world, path.policyName)
  return {
    policyVersions: [...policy.versions.values()].map((version) => ({
      versionId: version.id,
      isDefaultVersion: version.id === policy.defaultVersion,
      createDate: version.created
    }))
  }
}

function list(world, { query }) {
  const items = [...world.store.policies.values()].map(({ name, arn }) => ({ policyName: name, policyArn: arn }))
  return page(items, { start: query.marker, size: query.pageSize, member: 'policies', token: 'nextMarker' })
}

function setDefaultVersion(world, { path }) {
  setDefault(policyOf(world, path.policyName), path.policyVersionId, world.clock.now())
}

export const routes = [
  ['CreatePolicy', 'POST', '/policies/{policyName}', create],
  ['GetPolicy', 'GET', '/policies/{policyName}', get],
  ['DeletePolicy', 'DELETE', '/policies/{policyName}', remove],
  ['ListPolicies', 'GET', '/policies', list],
  ['CreatePolicyVersion', 'POST', '/policies/{policyName}/version', createVersion],
  ['GetPolicyVersion', 'GET', '/policies/{policyName}/version/{policyVersionId}', getVersion],
  ['DeletePolicyVersion', 'DELETE', '/policies/{policyName}/version/{policyVersionId}', deleteVersion],
  ['ListPolicyVersions', 'GET', '/policies/{policyName}/version', listVersions],
  ['SetDefaultPolicyVersion', 'PATCH', '/policies/{policyName}/version/{policyVersionId}', setDefaultVersion]
]

// SPDX-License-Identifier: Apache-2.0
// What policies would say: TestAuthorization, GetEffectivePolicies (aws-iot.md section 14, item 7).
import { invalid } from '../base/errors.mjs'
import { oneOf, required } from '../base/names.mjs'
import { policiesOf } from '../policy/authorizer.mjs'
import { contextOf } from '../policy/context.mjs'
import { evaluate } from '../policy/evaluate.mjs'
import { policyOf } from './policies.mjs'
import { certificateOfPrincipal } from './principals.mjs'
import { thingOf } from './things.mjs'

const ACTIONS = { CONNECT: 'iot:Connect', PUBLISH: 'iot:Publish', SUBSCRIBE: 'iot:Subscribe', RECEIVE: 'iot:Receive' }
const LIMIT = 10

function named(world, names) {
  return names.map((name) => ({ policyName: name, policyArn: policyOf(world, name).arn }))
}

function result(world, policies, context, actionType, resource) {
  const found = evaluate(policies, { action: ACTIONS[actionType], resource, context })
  return {
    authInfo: { actionType, resources: [resource] },
    allowed: { policies: named(world, found.allowing) },
    denied: { implicitDeny: { policies: [] }, explicitDeny: { policies: named(world, found.denying) } },
    authDecision: found.decision,
    missingContextValues: found.missing
  }
}

function withChanges(world, policies, add = [], skip = []) {
  const added = add
    .filter((name) => !policies.some((policy) => policy.name === name))
    .map((name) => ({ name, document: policyOf(world, name).document.current }))
  return [...policies, ...added].filter((policy) => !skip.includes(policy.name))
}

function testAuthorization(world, { query, body }) {
  const authInfos = required(body, 'authInfos')
  if (!Array.isArray(authInfos) || authInfos.length < 1 || authInfos.length > LIMIT) {
    invalid(`authInfos must have between 1 and ${LIMIT} members`)
  }
  const certificate = certificateOfPrincipal(world, required(body, 'principal'))
  const policies = withChanges(world, policiesOf(world, certificate), body.policyNamesToAdd, body.policyNamesToSkip)
  const context = contextOf(world, certificate, { clientId: query.clientId })
  return {
    authResults: authInfos.flatMap((info) => {
      oneOf('actionType', info.actionType, Object.keys(ACTIONS))
      return required(info, 'resources').map((resource) => result(world, policies, context, info.actionType, resource))
    })
  }
}

function effectivePolicies(world, { query, body }) {
  const certificate = body.principal === undefined ? null : certificateOfPrincipal(world, body.principal)
  if (query.thingName !== undefined) thingOf(world, query.thingName)
  const policies = certificate ? policiesOf(world, certificate) : []
  return {
    effectivePolicies: policies.map(({ name }) => {
      const policy = policyOf(world, name)
      return {
        policyName: name,
        policyArn: policy.arn,
        policyDocument: policy.versions.get(policy.defaultVersion).text
      }
    })
  }
}

function connectivity(world, { path }) {
  thingOf(world, path.thingName)
  const known = world.store.connectivity.get(path.thingName)
  return known ? { thingName: path.thingName, ...known } : { thingName: path.thingName, connected: false }
}

export const routes = [
  ['TestAuthorization', 'POST', '/test-authorization', testAuthorization],
  ['GetEffectivePolicies', 'POST', '/effective-policies', effectivePolicies],
  ['GetThingConnectivityData', 'POST', '/things/{thingName}/connectivity-data', connectivity]
]

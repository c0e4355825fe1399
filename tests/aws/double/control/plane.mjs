// SPDX-License-Identifier: Apache-2.0
// The control plane: all its operations behind one HTTPS listener, each request authenticated by its signature.
import { ServiceError } from '../base/errors.mjs'
import { httpListener } from '../base/http.mjs'
import { verifySignature } from '../base/sigv4.mjs'
import { listOf } from '../policy/document.mjs'
import { matches } from '../policy/pattern.mjs'
import { Router, handlerInput, unknownOperation } from './router.mjs'
import { routes as endpoint } from './endpoint.mjs'
import { routes as things } from './things.mjs'
import { routes as thingGroups } from './thing_groups.mjs'
import { routes as principals } from './principals.mjs'
import { routes as policies } from './policies.mjs'
import { routes as policyTargets } from './policy_targets.mjs'
import { routes as certificates } from './certificates.mjs'
import { routes as cas } from './cas.mjs'
import { routes as templates } from './templates.mjs'
import { routes as registerThing } from './register_thing.mjs'
import { routes as authorization } from './authorization.mjs'
import { routes as roleAliases } from './role_aliases.mjs'
import { routes as certificateProviders } from './certificate_providers.mjs'
import { routes as rules } from './rules.mjs'
import { routes as jobs } from './jobs.mjs'
import { routes as transfers } from './transfers.mjs'

export const controlRouter = new Router([
  ...endpoint,
  ...things,
  ...thingGroups,
  ...principals,
  ...policies,
  ...policyTargets,
  ...certificates,
  ...cas,
  ...templates,
  ...registerThing,
  ...authorization,
  ...roleAliases,
  ...certificateProviders,
  ...rules,
  ...jobs,
  ...transfers
])

/** Whether the statements of a role's policy name the action. Resources are not looked at. */
function roleAllows({ Statement }, action) {
  const names = (statement) => listOf(statement.Action).some((pattern) => matches([{ pattern }], action))
  const applying = listOf(Statement).filter(names)
  return applying.length > 0 && applying.every((statement) => statement.Effect === 'Allow')
}

/** `deny` and `allow` of an account name operations, `permissions` is the policy document of its role. */
function checkPermission({ deny, allow, permissions, ...account }, operation) {
  const refused = deny?.includes(operation) || (allow && !allow.includes(operation))
  if (!refused && (!permissions || roleAllows(permissions, `iot:${operation}`))) return
  throw new ServiceError('AccessDeniedException', `User: ${account.arn} is not authorized to perform: iot:${operation}`)
}

function checkRate(world, operation) {
  const second = world.clock.seconds()
  const last = world.apiCalls.get(operation)
  const count = last?.second === second ? last.count + 1 : 1
  world.apiCalls.set(operation, { second, count })
  if (world.settings.apiRate > 0 && count > world.settings.apiRate) {
    throw new ServiceError('ThrottlingException', 'Rate exceeded')
  }
}

export function authenticate(world, request, services, operation) {
  const account = verifySignature(request, {
    accounts: world.accounts,
    region: world.region,
    services,
    now: world.clock.wall(),
    elapsed: world.clock.now()
  })
  checkPermission(account, operation)
  return account
}

export function controlListener(world) {
  return httpListener(world, 'control', (request) => {
    const route = controlRouter.find(request.method, request.path)
    const run = async () => {
      if (!route) throw unknownOperation(request)
      const caller = authenticate(world, request, ['iot', 'execute-api'], route.operation)
      checkRate(world, route.operation)
      return route.handler(world, handlerInput(route, request, caller))
    }
    return { operation: route?.operation, run }
  })
}

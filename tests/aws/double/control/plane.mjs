// SPDX-License-Identifier: Apache-2.0
// The control plane: all its operations behind one HTTPS listener, each request authenticated by its signature.
import { ServiceError } from '../base/errors.mjs'
import { httpListener } from '../base/http.mjs'
import { verifySignature } from '../base/sigv4.mjs'
import { Router, handlerInput, unknownOperation } from './router.mjs'
import { routes as endpoint } from './endpoint.mjs'
import { routes as things } from './things.mjs'
import { routes as thingGroups } from './thing_groups.mjs'
import { routes as principals } from './principals.mjs'
import { routes as policies } from './policies.mjs'
import { routes as policyTargets } from './policy_targets.mjs'
import { routes as certificates } from './certificates.mjs'

export const controlRouter = new Router([...endpoint, ...things, ...thingGroups, ...principals, ...policies,
                                         ...policyTargets, ...certificates])

/** Permissions of the caller's key: `deny` of an account names operations that IAM refuses. */
function checkPermission(account, operation) {
  if (!account.deny?.includes(operation) && (!account.allow || account.allow.includes(operation))) return
  throw new ServiceError('AccessDeniedException', `User: ${account.arn} is not authorized to perform: iot:${operation}`)
}

export function authenticate(world, request, services, operation) {
  const account = verifySignature(request, { accounts: world.accounts, region: world.region, services,
                                             now: world.clock.now() })
  checkPermission(account, operation)
  return account
}

export function controlListener(world) {
  return httpListener(world, 'control', (request) => {
    const route = controlRouter.find(request.method, request.path)
    const run = async () => {
      if (!route) throw unknownOperation(request)
      const caller = authenticate(world, request, ['iot', 'execute-api'], route.operation)
      return route.handler(world, handlerInput(route, request, caller))
    }
    return { operation: route?.operation, run }
  })
}

// SPDX-License-Identifier: Apache-2.0
// Which policies are in force for a certificate at this moment, and what they say.
import { groupsWithAncestors } from '../control/thing_groups.mjs'
import { contextOf } from './context.mjs'
import { evaluate } from './evaluate.mjs'

function targetsOf(world, certificate) {
  const groups = world.store.associations
    .filter((one) => one.principal === certificate.arn)
    .flatMap((one) => groupsWithAncestors(world, world.store.things.get(one.thingName)))
  return [certificate.arn, ...groups.map((name) => world.store.thingGroups.get(name)?.arn)]
}

/** Policies of a certificate and of the groups of its things, as they were at `time`: [{name, document}]. */
export function policiesOf(world, certificate, time = Infinity) {
  const targets = targetsOf(world, certificate)
  const names = world.store.attachments
    .filter((one) => targets.includes(one.target) && one.attached.at(time))
    .map((one) => one.policyName)
  return [...new Set(names)]
    .map((name) => ({ name, document: world.store.policies.get(name)?.document.at(time) }))
    .filter((policy) => policy.document)
}

/** The decision for a live connection: what was changed within the settable delay is not seen yet. */
export function authorize(world, certificate, connection, action, resource) {
  const policies = policiesOf(world, certificate, world.clock.now() - world.settings.policyDelay)
  return evaluate(policies, { action, resource, context: contextOf(world, certificate, connection) })
}

// SPDX-License-Identifier: Apache-2.0
// The rules engine: a message whose topic a rule names goes to the rule's actions.
import { topicMatches } from '../mqtt/topics.mjs'
import { invoke } from './functions.mjs'

function holds(where, payload) {
  if (Object.keys(where).length === 0) return true
  try {
    const body = JSON.parse(payload.toString('utf8'))
    return Object.entries(where).every(([member, text]) => body[member] === text)
  } catch {
    return false
  }
}

async function act(world, action, payload) {
  if (action.lambda) {
    await invoke(world, action.lambda.functionArn, JSON.parse(payload.toString('utf8')))
  } else if (action.republish) {
    world.broker.publishFromService(action.republish.topic, payload, { qos: action.republish.qos ?? 0 })
  }
}

function run(world, rule, payload) {
  for (const action of rule.actions) {
    world.clock.after(world.settings.registrationDelay, () => {
      act(world, action, payload).catch((error) =>
        world.events.add({ type: 'rule failed', rule: rule.name, why: error.message })
      )
    })
  }
}

export function startRules(world) {
  world.broker.observe((topic, payload) => {
    for (const rule of world.store.rules.values()) {
      if (!rule.disabled && topicMatches(rule.filter, topic) && holds(rule.where, payload)) run(world, rule, payload)
    }
  })
}

/** Basic Ingest: straight to one rule, without the broker. */
export function ingest(world, ruleName, payload) {
  const rule = world.store.rules.get(ruleName)
  if (rule && !rule.disabled && holds(rule.where, payload)) run(world, rule, payload)
}

// SPDX-License-Identifier: Apache-2.0
// The decision over one action and one resource: an explicit Deny wins, then an Allow, else it is denied implicitly.
import { evaluateConditions } from './conditions.mjs'
import { listOf } from './document.mjs'
import { matches, pieces } from './pattern.mjs'

function actionMatches(pattern, action) {
  return matches([{ pattern: pattern.toLowerCase() }], action.toLowerCase())
}

function resourceMatches(statement, resource, lookup, missing) {
  let found = false
  for (const text of listOf(statement.Resource)) {
    const list = pieces(text, lookup)
    if (list.missing) missing.push(list.missing)
    else if (matches(list, resource)) found = true
  }
  return found
}

/**
 * `policies` is a list of {name, document}; `context` maps lower-case keys ("iot:clientid") to values. Answers
 * {decision, allowing, denying, missing} with decision ALLOWED, EXPLICIT_DENY or IMPLICIT_DENY and names of policies.
 */
export function evaluate(policies, { action, resource, context }) {
  const lookup = (name) => {
    const value = context[name.toLowerCase()]
    return Array.isArray(value) ? undefined : value
  }
  const result = { allowing: [], denying: [], missing: [] }
  for (const { name, document } of policies) {
    for (const statement of listOf(document.Statement)) {
      if (!listOf(statement.Action).some((pattern) => actionMatches(pattern, action))) continue
      if (!resourceMatches(statement, resource, lookup, result.missing)) continue
      const conditions = evaluateConditions(statement.Condition, context, lookup)
      result.missing.push(...conditions.missing)
      if (conditions.met) (statement.Effect === 'Deny' ? result.denying : result.allowing).push(name)
    }
  }
  result.decision =
    result.denying.length > 0 ? 'EXPLICIT_DENY' : result.allowing.length > 0 ? 'ALLOWED' : 'IMPLICIT_DENY'
  return {
    ...result,
    allowing: [...new Set(result.allowing)],
    denying: [...new Set(result.denying)],
    missing: [...new Set(result.missing)]
  }
}

// SPDX-License-Identifier: Apache-2.0
// The condition block of a policy statement. `context` maps lower-case keys to a string or a list of strings.
import { listOf } from './document.mjs'
import { matches, pieces, textOf } from './pattern.mjs'

const numbers = (compare) => (value, wanted) => compare(Number(value), Number(textOf(wanted)))
const dates = (compare) => (value, wanted) => compare(Date.parse(value), Date.parse(textOf(wanted)))
const equal = (value, wanted) => value === textOf(wanted)
const like = (value, wanted) => matches(wanted, value)
const equalIgnoringCase = (value, wanted) => value.toLowerCase() === textOf(wanted).toLowerCase()

function inNetwork(value, wanted) {
  const [network, bits = '32'] = textOf(wanted).split('/')
  const number = (address) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  return Math.floor(number(value) / size) === Math.floor(number(network) / size)
}

const operators = {
  StringEquals: equal,
  StringLike: like,
  StringEqualsIgnoreCase: equalIgnoringCase,
  ArnEquals: like,
  ArnLike: like,
  Bool: equalIgnoringCase,
  IpAddress: inNetwork,
  NumericEquals: numbers((a, b) => a === b),
  NumericLessThan: numbers((a, b) => a < b),
  NumericLessThanEquals: numbers((a, b) => a <= b),
  NumericGreaterThan: numbers((a, b) => a > b),
  NumericGreaterThanEquals: numbers((a, b) => a >= b),
  DateEquals: dates((a, b) => a === b),
  DateLessThan: dates((a, b) => a < b),
  DateGreaterThan: dates((a, b) => a > b)
}
const negations = {
  StringNotEquals: 'StringEquals',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  ArnNotLike: 'ArnLike',
  NotIpAddress: 'IpAddress',
  NumericNotEquals: 'NumericEquals'
}

function split(operator) {
  const [, set, name, ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? []
  return { set, name: negations[name] ?? name, negated: name in negations, ifExists: ifExists !== undefined }
}

function holds({ set, name, negated, ifExists }, value, wanted) {
  if (name === 'Null') return (value === undefined) === (textOf(wanted[0]).toLowerCase() === 'true')
  const test = operators[name]
  if (!test) return false
  if (value === undefined) return ifExists || negated || set === 'ForAllValues'
  const one = (single) => wanted.some((pattern) => test(single, pattern)) !== negated
  return set === 'ForAllValues' ? listOf(value).every(one) : listOf(value).some(one)
}

/** {met, missing}: whether all conditions hold, and the context values or variables that would be needed. */
export function evaluateConditions(block, context, lookup) {
  const missing = []
  let met = true
  for (const [operator, keys] of Object.entries(block ?? {})) {
    const parts = split(operator)
    for (const [key, wanted] of Object.entries(keys)) {
      const value = context[key.toLowerCase()]
      const patterns = listOf(wanted).map((text) => pieces(String(text), lookup))
      const unresolved = patterns.filter((pattern) => pattern.missing)
      if (unresolved.length > 0) missing.push(...unresolved.map((pattern) => pattern.missing))
      if (value === undefined && parts.name !== 'Null') missing.push(key)
      if (
        !holds(
          parts,
          value,
          patterns.filter((pattern) => !pattern.missing)
        )
      )
        met = false
    }
  }
  return { met, missing }
}

// SPDX-License-Identifier: Apache-2.0
// The functions of a template: Ref, Fn::Join, Fn::Select, Fn::Split, Fn::FindInMap, Fn::Sub. What refers to a parameter
// without a value stays as it is (aws-iot.md section 7.2).
import { invalid } from '../base/errors.mjs'

function listArgument(name, argument, length) {
  if (!Array.isArray(argument) || argument.length < length) invalid(`Invalid template body: arguments of ${name}`)
  return argument
}

const functions = {
  Ref: (name, scope) => scope.values[name],
  'Fn::Join': (argument, scope) => {
    const [delimiter, parts] = listArgument('Fn::Join', argument, 2)
    const list = evaluate(parts, scope)
    return Array.isArray(list) && list.every(isScalar) ? list.join(delimiter) : undefined
  },
  'Fn::Select': (argument, scope) => {
    const [index, list] = listArgument('Fn::Select', argument, 2).map((part) => evaluate(part, scope))
    if (!Array.isArray(list)) return undefined
    if (!(Number(index) in list)) invalid(`Invalid template body: Fn::Select has no element ${index}`)
    return list[Number(index)]
  },
  'Fn::Split': (argument, scope) => {
    const [delimiter, text] = listArgument('Fn::Split', argument, 2).map((part) => evaluate(part, scope))
    return typeof text === 'string' ? text.split(delimiter) : undefined
  },
  'Fn::FindInMap': (argument, scope) => {
    const keys = listArgument('Fn::FindInMap', argument, 3).map((part) => evaluate(part, scope))
    if (!keys.every(isScalar)) return undefined
    const found = keys.reduce((value, key) => value?.[key], scope.mappings)
    return found ?? invalid(`Invalid template body: Mappings have no ${keys.join('.')}`)
  },
  'Fn::Sub': (argument, scope) => {
    const [text, own] = Array.isArray(argument) ? argument : [argument, {}]
    const values = { ...scope.values, ...evaluate(own ?? {}, scope) }
    return String(text).replace(/\$\{([^}]+)\}/g, (whole, name) =>
      name.startsWith('!') ? `\${${name.slice(1)}}` : String(values[name] ?? whole)
    )
  }
}

const isScalar = (value) => ['string', 'number', 'boolean'].includes(typeof value)

/** `scope` is {values, mappings}. */
export function evaluate(value, scope) {
  if (Array.isArray(value)) return value.map((member) => evaluate(member, scope))
  if (value === null || typeof value !== 'object') return value
  const names = Object.keys(value)
  if (names.length === 1 && names[0] in functions) return functions[names[0]](value[names[0]], scope) ?? value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, evaluate(member, scope)]))
}

/** Values of the declared parameters: what was given, else the default. */
export function parameterValues(declared, given) {
  const values = {}
  for (const [name, { Default }] of Object.entries(declared)) {
    const value = given[name] ?? Default
    if (value !== undefined) values[name] = value
  }
  return values
}

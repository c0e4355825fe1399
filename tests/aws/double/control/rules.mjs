// SPDX-License-Identifier: Apache-2.0
// Rules of the rules engine, as far as automatic registration needs them: SELECT * FROM a topic filter, WHERE members
// equal texts, actions lambda and republish.
import { notFound, refuse } from '../base/errors.mjs'
import { checked, page, required } from '../base/names.mjs'

const CONDITION = /^\s*(\w+)\s*=\s*'([^']*)'\s*$/
const SQL = /^\s*select\s+(.+?)\s+from\s+'([^']+)'\s*(?:where\s+(.+?))?\s*;?\s*$/is

function ruleOf(world, name) {
  // The service does not say whether a rule exists to those who may not know.
  return world.store.rules.get(name) ?? refuse('UnauthorizedException', `Access to TopicRule '${name}' was denied`)
}

/** {member: text} of a WHERE clause of the form a = 'x' AND b = 'y'. */
function conditions(clause) {
  const wanted = {}
  for (const part of (clause ?? '').split(/\s+and\s+/i).filter(Boolean)) {
    const found = CONDITION.exec(part)
    if (!found) refuse('SqlParseException', `This double does not know the condition ${part}`)
    wanted[found[1]] = found[2]
  }
  return wanted
}

function parsed(payload) {
  const found = SQL.exec(required(payload, 'sql'))
  if (!found) refuse('SqlParseException', `Unable to parse: ${payload.sql}`)
  if (found[1].trim() !== '*') refuse('SqlParseException', 'This double knows SELECT * only')
  return {
    filter: found[2],
    where: conditions(found[3]),
    sql: payload.sql,
    actions: required(payload, 'actions'),
    description: payload.description,
    disabled: payload.ruleDisabled ?? false
  }
}

function create(world, { path, body }) {
  const name = checked('ruleName', path.ruleName)
  if (world.store.rules.has(name)) refuse('ResourceAlreadyExistsException', `Rule ${name} already exists`)
  world.store.rules.set(name, {
    name,
    arn: world.arn(`rule/${name}`),
    created: world.clock.seconds(),
    ...parsed(body)
  })
}

function get(world, { path }) {
  const rule = ruleOf(world, path.ruleName)
  return {
    ruleArn: rule.arn,
    rule: {
      ruleName: rule.name,
      sql: rule.sql,
      description: rule.description,
      createdAt: rule.created,
      actions: rule.actions,
      ruleDisabled: rule.disabled
    }
  }
}

function replace(world, { path, body }) {
  Object.assign(ruleOf(world, path.ruleName), parsed(body))
}

function list(world, { query }) {
  const items = [...world.store.rules.values()].map((rule) => ({
    ruleArn: rule.arn,
    ruleName: rule.name,
    topicPattern: rule.filter,
    createdAt: rule.created,
    ruleDisabled: rule.disabled
  }))
  return page(items, { start: query.nextToken, size: query.maxResults, member: 'rules', token: 'nextToken' })
}

function enable(disabled) {
  return (world, { path }) => {
    ruleOf(world, path.ruleName).disabled = disabled
  }
}

export function functionOf(world, arn) {
  return world.store.functions.get(arn) ?? notFound(`Function not found: ${arn}`)
}

export const routes = [
  ['CreateTopicRule', 'POST', '/rules/{ruleName}', create],
  ['GetTopicRule', 'GET', '/rules/{ruleName}', get],
  ['ReplaceTopicRule', 'PATCH', '/rules/{ruleName}', replace],
  [
    'DeleteTopicRule',
    'DELETE',
    '/rules/{ruleName}',
    (world, { path }) => {
      world.store.rules.delete(path.ruleName)
    }
  ],
  ['ListTopicRules', 'GET', '/rules', list],
  ['EnableTopicRule', 'POST', '/rules/{ruleName}/enable', enable(false)],
  ['DisableTopicRule', 'POST', '/rules/{ruleName}/disable', enable(true)]
]

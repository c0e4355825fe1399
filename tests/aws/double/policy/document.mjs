// SPDX-License-Identifier: Apache-2.0
// What makes a policy document well formed: size, syntax, members, actions and resources.
import { refuse } from '../base/errors.mjs'

const LIMIT = 2048
const VERSION_MEMBERS = new Set(['Version', 'Id', 'Statement'])
const STATEMENT_MEMBERS = new Set(['Sid', 'Effect', 'Action', 'Resource', 'Condition'])
export const ACTIONS = [
  'iot:Connect',
  'iot:Publish',
  'iot:Subscribe',
  'iot:Receive',
  'iot:RetainPublish',
  'iot:GetThingShadow',
  'iot:UpdateThingShadow',
  'iot:DeleteThingShadow',
  'iot:ListNamedShadowsForThing',
  'iot:GetRetainedMessage',
  'iot:ListRetainedMessages',
  'iot:AssumeRoleWithCertificate',
  'iot:DescribeJobExecution',
  'iot:GetPendingJobExecutions',
  'iot:StartNextPendingJobExecution',
  'iot:UpdateJobExecution',
  'iot:GetConnection',
  'iot:DeleteConnection',
  'iot:SubscribeToTopics'
]

function malformed(message) {
  refuse('MalformedPolicyException', `Policy document is Malformed: ${message}`)
}

export const listOf = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value])

function checkAction(action) {
  if (typeof action !== 'string' || !/^(\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+)$/.test(action)) {
    malformed(`Action ${JSON.stringify(action)}`)
  }
}

function checkResource(resource) {
  if (typeof resource !== 'string' || !(resource === '*' || /^arn:[^:]*:[^:]*:[^:]*:[^:]*:./.test(resource))) {
    malformed(`Resource ${JSON.stringify(resource)} must be "*" or an ARN`)
  }
}

function checkStatement(statement) {
  if (statement === null || typeof statement !== 'object' || Array.isArray(statement)) malformed('Statement')
  for (const member of Object.keys(statement))
    if (!STATEMENT_MEMBERS.has(member)) malformed(`Unexpected member ${member}`)
  if (!['Allow', 'Deny'].includes(statement.Effect)) malformed('Effect must be Allow or Deny')
  if (listOf(statement.Action).length === 0) malformed('Action is missing')
  if (listOf(statement.Resource).length === 0) malformed('Resource is missing')
  listOf(statement.Action).forEach(checkAction)
  listOf(statement.Resource).forEach(checkResource)
}

/** The length that counts: without white space outside of strings. */
export function countedLength(text) {
  try {
    return JSON.stringify(JSON.parse(text)).length
  } catch {
    return text.length
  }
}

/** The parsed document; MalformedPolicyException, or InvalidRequestException where it is too long. */
export function parsePolicy(text) {
  let document
  try {
    document = JSON.parse(text)
  } catch {
    malformed('not JSON')
  }
  if (countedLength(text) > LIMIT) malformed(`Policy cannot be more than ${LIMIT} characters`)
  if (document === null || typeof document !== 'object' || Array.isArray(document)) malformed('not an object')
  for (const member of Object.keys(document)) if (!VERSION_MEMBERS.has(member)) malformed(`Unexpected member ${member}`)
  if (!['2012-10-17', '2008-10-17'].includes(document.Version)) malformed('Version')
  if (listOf(document.Statement).length === 0) malformed('Statement is missing')
  listOf(document.Statement).forEach(checkStatement)
  return document
}

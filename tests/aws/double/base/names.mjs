// SPDX-License-Identifier: Apache-2.0
// ARNs, and the patterns and lengths of names (aws-iot.md section 4; the patterns are those of the service's model).
import { invalid } from './errors.mjs'

export function arnMaker({ partition, region, account }) {
  return (resource) => `arn:${partition}:iot:${region}:${account}:${resource}`
}

/** The resource part of an ARN: `cert/ID` of `arn:aws:iot:REGION:ACCOUNT:cert/ID`. */
export function resourceOfArn(arn) {
  return String(arn).split(':').slice(5).join(':')
}

const patterns = {
  thingName: [/^[a-zA-Z0-9:_-]{1,128}$/, '[a-zA-Z0-9:_-]+'],
  thingTypeName: [/^[a-zA-Z0-9:_-]{1,128}$/, '[a-zA-Z0-9:_-]+'],
  thingGroupName: [/^[a-zA-Z0-9:_-]{1,128}$/, '[a-zA-Z0-9:_-]+'],
  policyName: [/^[\w+=,.@-]{1,128}$/, '[\\w+=,.@-]+'],
  templateName: [/^[0-9A-Za-z_-]{1,36}$/, '^[0-9A-Za-z_-]+$'],
  certificateId: [/^(0x)?[a-fA-F0-9]{64}$/, '(0x)?[a-fA-F0-9]+'],
  roleAlias: [/^[\w=,@-]{1,128}$/, '[\\w=,@-]+'],
  certificateProviderName: [/^[\w=,@-]{1,128}$/, '[\\w=,@-]+'],
  attributeName: [/^[a-zA-Z0-9_.,@/:#-]{1,128}$/, '[a-zA-Z0-9_.,@/:#-]+'],
  attributeValue: [/^[a-zA-Z0-9_.,@/:#=[\]-]{0,800}$/, '[a-zA-Z0-9_.,@/:#=\\[\\]-]*'],
  jobId: [/^[a-zA-Z0-9_-]{1,64}$/, '[a-zA-Z0-9_-]+'],
  ruleName: [/^[a-zA-Z0-9_]{1,128}$/, '^[a-zA-Z0-9_]+$'],
  shadowName: [/^[$a-zA-Z0-9:_-]{1,64}$/, '[$a-zA-Z0-9:_-]+']
}

export function isValid(kind, value) {
  return typeof value === 'string' && patterns[kind][0].test(value)
}

/** The value, or InvalidRequestException in the words of the service. */
export function checked(kind, value) {
  if (isValid(kind, value)) return value
  return invalid(
    `1 validation error detected: Value '${value}' at '${kind}' failed to satisfy constraint: Member must ` +
      `satisfy regular expression pattern: ${patterns[kind][1]}`
  )
}

export function required(body, member) {
  if (body[member] === undefined || body[member] === null || body[member] === '') {
    invalid(`1 validation error detected: Value null at '${member}' failed to satisfy constraint: must not be null`)
  }
  return body[member]
}

export function oneOf(member, value, allowed) {
  if (!allowed.includes(value)) {
    invalid(
      `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must ` +
        `satisfy enum value set: [${allowed.join(', ')}]`
    )
  }
  return value
}

/** One page of a list: answers {[member]: items, [token]: next}; the token is the position as text. */
export function page(items, { start, size, member, token }) {
  const from = start === undefined ? 0 : Number(start)
  if (!Number.isInteger(from) || from < 0) invalid('Invalid marker')
  const count = size === undefined ? 25 : Number(size)
  if (!Number.isInteger(count) || count < 1 || count > 250) invalid('page size must be between 1 and 250')
  const answer = { [member]: items.slice(from, from + count) }
  if (from + count < items.length) answer[token] = String(from + count)
  return answer
}

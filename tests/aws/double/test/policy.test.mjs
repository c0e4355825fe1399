// SPDX-License-Identifier: Apache-2.0
// Evaluation of policies: wildcards, variables, conditions, Deny, and what makes a document malformed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countedLength, parsePolicy } from '../policy/document.mjs'
import { evaluate } from '../policy/evaluate.mjs'
import { topicMatches } from '../mqtt/topics.mjs'

const arn = (resource) => `arn:aws:iot:eu-central-1:123456789012:${resource}`
const policy = (...Statement) => ({ Version: '2012-10-17', Statement })
const allow = (Action, Resource, more = {}) => ({ Effect: 'Allow', Action, Resource, ...more })

function decide(document, action, resource, context = {}) {
  const lower = Object.fromEntries(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]))
  return evaluate([{ name: 'p', document }], { action, resource: arn(resource), context: lower })
}

const thing = {
  'iot:Connection.Thing.ThingName': 'gw-1',
  'iot:Connection.Thing.IsAttached': 'true',
  'iot:ClientId': 'gw-1'
}
const cases = [
  ['the same resource', allow('iot:Publish', arn('topic/a')), 'iot:Publish', 'topic/a', {}, 'ALLOWED'],
  ['another action', allow('iot:Publish', arn('topic/a')), 'iot:Subscribe', 'topic/a', {}, 'IMPLICIT_DENY'],
  ['an action in other case', allow('iot:publish', arn('topic/a')), 'iot:Publish', 'topic/a', {}, 'ALLOWED'],
  ['a wildcard of actions', allow('iot:*', '*'), 'iot:Connect', 'client/x', {}, 'ALLOWED'],
  ['a wildcard over slashes', allow('iot:Publish', arn('topic/a/*')), 'iot:Publish', 'topic/a/b/c', {}, 'ALLOWED'],
  ['a question mark', allow('iot:Publish', arn('topic/a?c')), 'iot:Publish', 'topic/abc', {}, 'ALLOWED'],
  ['a question mark for two', allow('iot:Publish', arn('topic/a?c')), 'iot:Publish', 'topic/abbc', {}, 'IMPLICIT_DENY'],
  [
    '+ is an ordinary character',
    allow('iot:Subscribe', arn('topicfilter/a/+')),
    'iot:Subscribe',
    'topicfilter/a/b',
    {},
    'IMPLICIT_DENY'
  ],
  [
    '# is an ordinary character',
    allow('iot:Subscribe', arn('topicfilter/a/#')),
    'iot:Subscribe',
    'topicfilter/a/#',
    {},
    'ALLOWED'
  ],
  [
    'topic is not topicfilter',
    allow('iot:Subscribe', arn('topic/a')),
    'iot:Subscribe',
    'topicfilter/a',
    {},
    'IMPLICIT_DENY'
  ],
  ['a point is no wildcard', allow('iot:Publish', arn('topic/a.c')), 'iot:Publish', 'topic/abc', {}, 'IMPLICIT_DENY'],
  [
    'a variable',
    allow('iot:Connect', arn('client/${iot:Connection.Thing.ThingName}')),
    'iot:Connect',
    'client/gw-1',
    thing,
    'ALLOWED'
  ],
  [
    'a variable of another thing',
    allow('iot:Connect', arn('client/${iot:Connection.Thing.ThingName}')),
    'iot:Connect',
    'client/gw-2',
    thing,
    'IMPLICIT_DENY'
  ],
  [
    'an attribute',
    allow('iot:Publish', arn('topic/${iot:Connection.Thing.Attributes[site]}')),
    'iot:Publish',
    'topic/x',
    { 'iot:Connection.Thing.Attributes[site]': 'x' },
    'ALLOWED'
  ],
  [
    'the value of a variable is no pattern',
    allow('iot:Publish', arn('topic/${iot:ClientId}')),
    'iot:Publish',
    'topic/any',
    { 'iot:ClientId': '*' },
    'IMPLICIT_DENY'
  ],
  ['an escaped star', allow('iot:Publish', arn('topic/${*}')), 'iot:Publish', 'topic/a', {}, 'IMPLICIT_DENY'],
  [
    'a condition that holds',
    allow('iot:Connect', '*', { Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } } }),
    'iot:Connect',
    'client/a',
    thing,
    'ALLOWED'
  ],
  [
    'a condition that does not',
    allow('iot:Connect', '*', { Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } } }),
    'iot:Connect',
    'client/a',
    { 'iot:Connection.Thing.IsAttached': 'false' },
    'IMPLICIT_DENY'
  ],
  [
    'ForAllValues over what was asked',
    allow('iot:Connect', '*', {
      Condition: { 'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect'] } }
    }),
    'iot:Connect',
    'client/a',
    { 'iot:ConnectAttributes': ['PersistentConnect', 'LastWill'] },
    'IMPLICIT_DENY'
  ],
  [
    'ForAnyValue over what was asked',
    allow('iot:Connect', '*', {
      Condition: { 'ForAnyValue:StringEquals': { 'iot:ConnectAttributes': ['LastWill'] } }
    }),
    'iot:Connect',
    'client/a',
    { 'iot:ConnectAttributes': ['PersistentConnect', 'LastWill'] },
    'ALLOWED'
  ],
  [
    'StringLike',
    allow('iot:Connect', '*', { Condition: { StringLike: { 'iot:ClientId': 'gw-*' } } }),
    'iot:Connect',
    'client/a',
    thing,
    'ALLOWED'
  ],
  [
    'StringNotEquals',
    allow('iot:Connect', '*', { Condition: { StringNotEquals: { 'iot:ClientId': 'gw-1' } } }),
    'iot:Connect',
    'client/a',
    thing,
    'IMPLICIT_DENY'
  ],
  [
    'a network',
    allow('iot:Connect', '*', { Condition: { IpAddress: { 'aws:SourceIp': '10.1.0.0/16' } } }),
    'iot:Connect',
    'client/a',
    { 'aws:SourceIp': '10.1.2.3' },
    'ALLOWED'
  ],
  [
    'an unknown operator',
    allow('iot:Connect', '*', { Condition: { Nonsense: { a: 'b' } } }),
    'iot:Connect',
    'client/a',
    { a: 'b' },
    'IMPLICIT_DENY'
  ]
]
for (const [what, statement, action, resource, context, decision] of cases) {
  test(`${what}: ${decision}`, () =>
    assert.equal(decide(policy(statement), action, resource, context).decision, decision))
}

test('Deny wins over Allow', () => {
  const document = policy(allow('iot:*', '*'), {
    Effect: 'Deny',
    Action: 'iot:Publish',
    Resource: arn('topic/secret/*')
  })
  assert.equal(decide(document, 'iot:Publish', 'topic/secret/x').decision, 'EXPLICIT_DENY')
  assert.equal(decide(document, 'iot:Publish', 'topic/open').decision, 'ALLOWED')
})

test('a variable without a value is named', () => {
  const document = policy(allow('iot:Connect', arn('client/${iot:Connection.Thing.ThingName}')))
  assert.deepEqual(decide(document, 'iot:Connect', 'client/x').missing, ['iot:Connection.Thing.ThingName'])
})

const good = policy(allow('iot:Connect', '*'))
const broken = [
  ['no JSON', '{'],
  ['no version', { Statement: good.Statement }],
  ['an old version', { ...good, Version: '2020-01-01' }],
  ['no statement', { Version: '2012-10-17' }],
  ['another member', { ...good, Extra: 1 }],
  ['an unknown effect', policy({ ...good.Statement[0], Effect: 'Maybe' })],
  ['no resource', policy({ Effect: 'Allow', Action: 'iot:Connect' })],
  ['a resource that is no ARN', policy(allow('iot:Connect', 'client/x'))],
  ['an action that is none', policy(allow('connect', '*'))]
]
for (const [what, document] of broken) {
  test(`malformed: ${what}`, () =>
    assert.throws(() => parsePolicy(typeof document === 'string' ? document : JSON.stringify(document)), {
      name: 'MalformedPolicyException'
    }))
}

test('2048 characters are the limit, without white space', () => {
  const fill = (length) => {
    const document = policy(allow('iot:Connect', arn('client/')))
    const missing = length - JSON.stringify(document).length
    document.Statement[0].Resource += 'x'.repeat(missing)
    return document
  }
  const spaced = JSON.stringify(fill(2048), null, 8)
  assert.equal(countedLength(spaced), 2048)
  assert.ok(spaced.length > 2048)
  parsePolicy(spaced)
  assert.throws(() => parsePolicy(JSON.stringify(fill(2049))), { name: 'MalformedPolicyException' })
})

const filters = [
  ['a/b', 'a/b', true],
  ['a/+', 'a/b', true],
  ['a/+', 'a/b/c', false],
  ['a/#', 'a/b/c', true],
  ['a/#', 'a', false],
  ['#', 'a', true],
  ['#', '$aws/x', false],
  ['+/x', '$aws/x', false],
  ['$aws/#', '$aws/x', true],
  ['a', 'a/b', false]
]
for (const [filter, topic, expected] of filters) {
  test(`filter ${filter} ${expected ? 'matches' : 'does not match'} ${topic}`, () =>
    assert.equal(topicMatches(filter, topic), expected))
}

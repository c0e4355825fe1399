// SPDX-License-Identifier: Apache-2.0
// Provisioning templates: their functions, and what makes one unacceptable.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTemplate, references } from '../template/document.mjs'
import { evaluate, parameterValues } from '../template/functions.mjs'

const scope = { values: { A: 'x', List: 'p,q,r' }, mappings: { Sites: { x: { city: 'Graz' } } } }
const cases = [
  ['Ref', { Ref: 'A' }, 'x'],
  ['Ref without a value stays', { Ref: 'B' }, { Ref: 'B' }],
  ['Join', { 'Fn::Join': ['-', ['gw', { Ref: 'A' }]] }, 'gw-x'],
  [
    'Join without a value stays',
    { 'Fn::Join': ['-', ['gw', { Ref: 'B' }]] },
    { 'Fn::Join': ['-', ['gw', { Ref: 'B' }]] }
  ],
  ['Split and Select', { 'Fn::Select': ['1', { 'Fn::Split': [',', { Ref: 'List' }] }] }, 'q'],
  ['FindInMap', { 'Fn::FindInMap': ['Sites', { Ref: 'A' }, 'city'] }, 'Graz'],
  ['Sub', { 'Fn::Sub': 'arn:${A}:${!A}' }, 'arn:x:${A}'],
  ['Sub with a map', { 'Fn::Sub': ['${n}/${A}', { n: { Ref: 'A' } }] }, 'x/x'],
  ['Sub leaves policy variables', { 'Fn::Sub': 'client/${iot:ClientId}' }, 'client/${iot:ClientId}'],
  ['nested objects and lists', { a: [{ Ref: 'A' }, { b: { Ref: 'A' } }] }, { a: ['x', { b: 'x' }] }]
]
for (const [what, value, expected] of cases) {
  test(`function: ${what}`, () => assert.deepEqual(evaluate(value, scope), expected))
}

test('an index that does not exist, and a map that lacks the key, are errors', () => {
  assert.throws(() => evaluate({ 'Fn::Select': ['9', ['a']] }, scope), { name: 'InvalidRequestException' })
  assert.throws(() => evaluate({ 'Fn::FindInMap': ['Sites', 'y', 'city'] }, scope), {
    name: 'InvalidRequestException'
  })
})

test('a default stands in for a parameter that is not given', () => {
  const declared = { A: { Type: 'String', Default: 'd' }, B: { Type: 'String', Default: 'd' }, C: { Type: 'String' } }
  assert.deepEqual(parameterValues(declared, { A: 'given', X: 'undeclared' }), { A: 'given', B: 'd' })
})

test('references are found wherever they are', () => {
  assert.deepEqual([...references({ a: [{ Ref: 'A' }], b: { 'Fn::Sub': '${B}${!C}${iot:ClientId}' } })], ['A', 'B'])
})

const resource = (properties) => ({ Type: 'AWS::IoT::Certificate', Properties: properties })
const byId = resource({ CertificateId: { Ref: 'AWS::IoT::Certificate::Id' } })
const id = { 'AWS::IoT::Certificate::Id': { Type: 'String' } }
const broken = [
  ['no JSON', 'register', '{'],
  ['no resources', 'register', { Parameters: {} }],
  ['an unknown type', 'register', { Resources: { x: { Type: 'AWS::IoT::Other', Properties: {} } } }],
  ['an unknown member', 'register', { Resources: { c: byId }, Parameters: id, Other: 1 }],
  ['an undeclared parameter', 'register', { Parameters: {}, Resources: { c: byId } }],
  [
    'a claim without CertificateId',
    'fleet',
    { Parameters: {}, Resources: { c: resource({ CertificateSigningRequest: 'x' }) } }
  ],
  [
    'a JITP parameter that is of no certificate',
    'jitp',
    { Parameters: { ...id, Serial: { Type: 'String' } }, Resources: { c: byId } }
  ],
  [
    'more than 10240 characters',
    'register',
    { Parameters: id, Resources: { c: byId, d: resource({ x: 'y'.repeat(10240) }) } }
  ]
]
for (const [what, flow, body] of broken) {
  test(`refused: ${what}`, () =>
    assert.throws(() => parseTemplate(typeof body === 'string' ? body : JSON.stringify(body), flow), {
      name: 'InvalidRequestException'
    }))
}

test('the templates of JITP and of claims are accepted', () => {
  for (const flow of ['jitp', 'fleet']) {
    assert.equal(parseTemplate(JSON.stringify({ Parameters: id, Resources: { c: byId } }), flow).resources.length, 1)
  }
})

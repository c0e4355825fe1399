// SPDX-License-Identifier: Apache-2.0
// Provisioning templates as text: what makes one acceptable (aws-iot.md sections 7.2, 7.4 and 7.6).
import { invalid } from '../base/errors.mjs'

export const LIMIT = 10240
const TYPES = { 'AWS::IoT::Thing': 'thing', 'AWS::IoT::Certificate': 'certificate', 'AWS::IoT::Policy': 'policy' }
const TOP = new Set(['Parameters', 'Resources', 'Mappings', 'DeviceConfiguration'])
export const CERTIFICATE_ID = 'AWS::IoT::Certificate::Id'
export const JITP_PARAMETERS = [
  'Country',
  'Organization',
  'OrganizationalUnit',
  'DistinguishedNameQualifier',
  'StateName',
  'CommonName',
  'SerialNumber',
  'Id'
].map((name) => `AWS::IoT::Certificate::${name}`)

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)

function parseJson(text) {
  if (typeof text !== 'string' || text.length === 0 || text.length > LIMIT) {
    invalid(`templateBody must have between 1 and ${LIMIT} characters`)
  }
  try {
    const parsed = JSON.parse(text)
    if (isObject(parsed)) return parsed
  } catch {
    // falls through: the answer is the same
  }
  return invalid('Invalid template body: not a JSON object')
}

/** Every name that a {"Ref": ...} or a ${...} of Fn::Sub mentions. */
export function references(value, found = new Set()) {
  if (Array.isArray(value)) {
    value.forEach((member) => references(member, found))
  } else if (isObject(value)) {
    if (typeof value.Ref === 'string') found.add(value.Ref)
    if (value['Fn::Sub'] !== undefined) substituted(value['Fn::Sub'], found)
    Object.values(value).forEach((member) => references(member, found))
  }
  return found
}

function substituted(argument, found) {
  const [text, own] = Array.isArray(argument) ? argument : [argument, {}]
  for (const [, name] of String(text).matchAll(/\$\{([^}!]+)\}/g)) {
    // What names a policy variable is none of the template's.
    if (!(name in (own ?? {})) && !/^(iot|aws):/.test(name)) found.add(name)
  }
}

function checkResource(id, resource) {
  if (!isObject(resource) || !(resource.Type in TYPES)) invalid(`Invalid template body: type of resource ${id}`)
  if (!isObject(resource.Properties)) invalid(`Invalid template body: properties of resource ${id}`)
}

/**
 * The parsed template: {parameters, mappings, deviceConfiguration, resources: [{id, kind, properties, overrides}]}.
 * `flow` is register, fleet or jitp.
 */
export function parseTemplate(text, flow) {
  const body = parseJson(text)
  for (const member of Object.keys(body)) if (!TOP.has(member)) invalid(`Invalid template body: unexpected ${member}`)
  const parameters = body.Parameters ?? {}
  if (!isObject(parameters) || !isObject(body.Resources) || Object.keys(body.Resources).length === 0) {
    invalid('Invalid template body: Parameters and Resources must be objects')
  }
  Object.entries(body.Resources).forEach(([id, resource]) => checkResource(id, resource))
  for (const name of references([body.Resources, body.DeviceConfiguration])) {
    if (!(name in parameters)) invalid(`Invalid template body: parameter ${name} is not declared`)
  }
  const resources = Object.entries(body.Resources).map(([id, resource]) => ({
    id,
    kind: TYPES[resource.Type],
    properties: resource.Properties,
    overrides: resource.OverrideSettings ?? {}
  }))
  checkFlow(flow, parameters, resources)
  return { parameters, mappings: body.Mappings ?? {}, deviceConfiguration: body.DeviceConfiguration, resources }
}

function checkFlow(flow, parameters, resources) {
  if (flow === 'register') return
  const certificate = resources.find((resource) => resource.kind === 'certificate')
  if (!certificate?.properties.CertificateId) {
    invalid('Invalid template body: the certificate resource must have CertificateId')
  }
  const strange = Object.keys(parameters).filter((name) => !JITP_PARAMETERS.includes(name))
  if (flow === 'jitp' && strange.length > 0)
    invalid(`Invalid template body: parameters ${strange} are not of a certificate`)
}

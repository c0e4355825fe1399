// SPDX-License-Identifier: Apache-2.0
// Certificates attached to things; exclusive association (aws-iot.md section 14, item 1).
import { invalid, notFound } from '../base/errors.mjs'
import { oneOf, page, resourceOfArn } from '../base/names.mjs'
import { thingOf } from './things.mjs'

const TYPES = ['EXCLUSIVE_THING', 'NON_EXCLUSIVE_THING']

export function certificateOfPrincipal(world, principal) {
  if (!principal) invalid('Principal must not be null')
  const [kind, id] = resourceOfArn(principal).split('/')
  const certificate = kind === 'cert' ? world.store.certificates.get(id) : undefined
  if (!certificate || certificate.arn !== principal) notFound(`The principal ${principal} cannot be found.`)
  return certificate
}

/** The principal may belong to no second thing if either association is exclusive. */
export function attachPrincipal(world, thingName, principal, type = 'NON_EXCLUSIVE_THING') {
  const certificate = certificateOfPrincipal(world, principal)
  thingOf(world, thingName)
  oneOf('thingPrincipalType', type, TYPES)
  if (certificate.status === 'PENDING_TRANSFER') invalid('The certificate is being transferred')
  const others = world.store.associations.filter((one) => one.principal === principal && one.thingName !== thingName)
  if (others.some((one) => one.type === 'EXCLUSIVE_THING') || (type === 'EXCLUSIVE_THING' && others.length > 0)) {
    invalid(`Principal ${principal} is exclusively attached to another thing, or attached to other things`)
  }
  const same = world.store.associations.find((one) => one.principal === principal && one.thingName === thingName)
  if (same) same.type = type
  else world.store.associations.push({ thingName, principal, type })
}

function attach(world, { path, query, header }) {
  attachPrincipal(world, path.thingName, header('x-amzn-principal'), query.thingPrincipalType)
}

function detach(world, { path, header }) {
  const principal = header('x-amzn-principal')
  certificateOfPrincipal(world, principal)
  thingOf(world, path.thingName)
  world.store.associations = world.store.associations.filter(
    (one) => one.thingName !== path.thingName || one.principal !== principal
  )
}

function ofThing(world, { path, query }) {
  thingOf(world, path.thingName)
  return world.store.associations.filter(
    (one) =>
      one.thingName === path.thingName &&
      (query.thingPrincipalType === undefined || one.type === query.thingPrincipalType)
  )
}

function list(world, input) {
  return page(
    ofThing(world, input).map((one) => one.principal),
    { start: input.query.nextToken, size: input.query.maxResults, member: 'principals', token: 'nextToken' }
  )
}

function listV2(world, input) {
  const items = ofThing(world, input).map((one) => ({ principal: one.principal, thingPrincipalType: one.type }))
  return page(items, {
    start: input.query.nextToken,
    size: input.query.maxResults,
    member: 'thingPrincipalObjects',
    token: 'nextToken'
  })
}

function listThings(world, { query, header }) {
  const names = world.store.associations
    .filter((one) => one.principal === header('x-amzn-principal'))
    .map((one) => one.thingName)
  return page(names, { start: query.nextToken, size: query.maxResults, member: 'things', token: 'nextToken' })
}

function listThingsV2(world, { query, header }) {
  const items = world.store.associations
    .filter((one) => one.principal === header('x-amzn-principal'))
    .map((one) => ({ thingName: one.thingName, thingPrincipalType: one.type }))
  return page(items, {
    start: query.nextToken,
    size: query.maxResults,
    member: 'principalThingObjects',
    token: 'nextToken'
  })
}

export const routes = [
  ['AttachThingPrincipal', 'PUT', '/things/{thingName}/principals', attach],
  ['DetachThingPrincipal', 'DELETE', '/things/{thingName}/principals', detach],
  ['ListThingPrincipals', 'GET', '/things/{thingName}/principals', list],
  ['ListThingPrincipalsV2', 'GET', '/things/{thingName}/principals-v2', listV2],
  ['ListPrincipalThings', 'GET', '/principals/things', listThings],
  ['ListPrincipalThingsV2', 'GET', '/principals/things-v2', listThingsV2]
]

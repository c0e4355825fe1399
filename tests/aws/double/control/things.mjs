// SPDX-License-Identifier: Apache-2.0
// Things and thing types. Limits and patterns: aws-iot.md section 4.
import { randomUUID } from 'node:crypto'
import { invalid, notFound, refuse } from '../base/errors.mjs'
import { checked, page } from '../base/names.mjs'

const PLAIN_ATTRIBUTES = 3
const TYPED_ATTRIBUTES = 50

function checkAttributes(attributes, typed) {
  for (const [name, value] of Object.entries(attributes)) {
    checked('attributeName', name)
    checked('attributeValue', value)
  }
  const limit = typed ? TYPED_ATTRIBUTES : PLAIN_ATTRIBUTES
  if (Object.keys(attributes).length > limit) {
    invalid(`Attributes cannot be more than ${limit} for a thing ${typed ? 'with' : 'without'} a thing type`)
  }
}

function merged(old, payload) {
  const attributes = payload.merge ? { ...old, ...payload.attributes } : { ...payload.attributes }
  for (const [name, value] of Object.entries(attributes)) if (value === '') delete attributes[name]
  return attributes
}

export function thingOf(world, thingName) {
  return world.store.things.get(thingName) ?? notFound(`Thing ${thingName} cannot be found.`)
}

function checkThingType(world, name) {
  if (name === undefined) return
  const type =
    world.store.thingTypes.get(checked('thingTypeName', name)) ?? notFound(`ThingType ${name} cannot be found.`)
  if (type.deprecated) invalid(`Thing type ${name} is deprecated`)
}

/** `spec` is {thingTypeName, attributes, billingGroupName}; also called for templates. */
export function createThing(world, thingName, spec) {
  checked('thingName', thingName)
  checkThingType(world, spec.thingTypeName)
  const attributes = spec.attributes ?? {}
  checkAttributes(attributes, spec.thingTypeName !== undefined)
  const existing = world.store.things.get(thingName)
  if (existing) {
    if (sameThing(existing, spec, attributes)) return existing
    refuse('ResourceAlreadyExistsException', `Thing ${thingName} already exists in account with different attributes`, {
      resourceId: existing.thingId,
      resourceArn: existing.arn
    })
  }
  const thing = {
    thingName,
    thingId: randomUUID(),
    arn: world.arn(`thing/${thingName}`),
    attributes,
    thingTypeName: spec.thingTypeName,
    billingGroupName: spec.billingGroupName,
    version: 1,
    groups: new Set()
  }
  world.store.things.set(thingName, thing)
  return thing
}

function sameThing(thing, spec, attributes) {
  const sorted = (object) => JSON.stringify(Object.entries(object).sort())
  return thing.thingTypeName === spec.thingTypeName && sorted(thing.attributes) === sorted(attributes)
}

export function updateThing(world, thingName, { attributePayload, thingTypeName, removeThingType, expectedVersion }) {
  const thing = thingOf(world, thingName)
  if (expectedVersion !== undefined && expectedVersion !== thing.version) {
    refuse('VersionConflictException', `The version ${expectedVersion} does not match ${thing.version}`)
  }
  checkThingType(world, thingTypeName)
  const type = removeThingType ? undefined : (thingTypeName ?? thing.thingTypeName)
  const attributes = attributePayload ? merged(thing.attributes, attributePayload) : thing.attributes
  checkAttributes(attributes, type !== undefined)
  Object.assign(thing, { attributes, thingTypeName: type, version: thing.version + 1 })
}

function describe(thing) {
  return {
    defaultClientId: thing.thingName,
    thingName: thing.thingName,
    thingId: thing.thingId,
    thingArn: thing.arn,
    thingTypeName: thing.thingTypeName,
    attributes: thing.attributes,
    version: thing.version,
    billingGroupName: thing.billingGroupName
  }
}

function createThingCall(world, { path, body }) {
  const thing = createThing(world, path.thingName, {
    thingTypeName: body.thingTypeName,
    attributes: body.attributePayload?.attributes,
    billingGroupName: body.billingGroupName
  })
  return { thingName: thing.thingName, thingArn: thing.arn, thingId: thing.thingId }
}

function deleteThing(world, { path, query }) {
  const thing = world.store.things.get(checked('thingName', path.thingName))
  if (!thing) return
  if (query.expectedVersion !== undefined && Number(query.expectedVersion) !== thing.version) {
    refuse('VersionConflictException', `The version ${query.expectedVersion} does not match ${thing.version}`)
  }
  if (world.store.associations.some((one) => one.thingName === thing.thingName)) {
    invalid(`Cannot delete. Thing ${thing.thingName} is still attached to one or more principals`)
  }
  world.store.things.delete(thing.thingName)
  world.store.shadows.delete(thing.thingName)
}

function listThings(world, { query }) {
  const wanted = (thing) =>
    (query.thingTypeName === undefined || thing.thingTypeName === query.thingTypeName) &&
    (query.attributeName === undefined || thing.attributes[query.attributeName] === query.attributeValue)
  const items = [...world.store.things.values()].filter(wanted).map((thing) => ({
    thingName: thing.thingName,
    thingTypeName: thing.thingTypeName,
    thingArn: thing.arn,
    attributes: thing.attributes,
    version: thing.version
  }))
  return page(items, { start: query.nextToken, size: query.maxResults, member: 'things', token: 'nextToken' })
}

export function createThingType(world, { path, body }) {
  const name = checked('thingTypeName', path.thingTypeName)
  const existing = world.store.thingTypes.get(name)
  const properties = body.thingTypeProperties ?? {}
  if (existing && JSON.stringify(existing.properties) !== JSON.stringify(properties)) {
    refuse('ResourceAlreadyExistsException', `ThingType ${name} already exists in account with different properties`, {
      resourceId: existing.id,
      resourceArn: existing.arn
    })
  }
  const type = existing ?? {
    name,
    id: randomUUID(),
    arn: world.arn(`thingtype/${name}`),
    properties,
    created: world.clock.seconds(),
    deprecated: false
  }
  world.store.thingTypes.set(name, type)
  return { thingTypeName: name, thingTypeArn: type.arn, thingTypeId: type.id }
}

function describeThingType(world, { path }) {
  const type =
    world.store.thingTypes.get(path.thingTypeName) ?? notFound(`ThingType ${path.thingTypeName} cannot be found.`)
  return {
    thingTypeName: type.name,
    thingTypeId: type.id,
    thingTypeArn: type.arn,
    thingTypeProperties: type.properties,
    thingTypeMetadata: { deprecated: type.deprecated, creationDate: type.created }
  }
}

function deprecateThingType(world, { path, body }) {
  describeThingType(world, { path })
  world.store.thingTypes.get(path.thingTypeName).deprecated = !body.undoDeprecate
}

function deleteThingType(world, { path }) {
  describeThingType(world, { path })
  if (!world.store.thingTypes.get(path.thingTypeName).deprecated) {
    invalid('Thing type must be deprecated at least 5 minutes before it is deleted')
  }
  world.store.thingTypes.delete(path.thingTypeName)
}

export const routes = [
  ['CreateThing', 'POST', '/things/{thingName}', createThingCall],
  ['UpdateThing', 'PATCH', '/things/{thingName}', (world, { path, body }) => updateThing(world, path.thingName, body)],
  ['DescribeThing', 'GET', '/things/{thingName}', (world, { path }) => describe(thingOf(world, path.thingName))],
  ['DeleteThing', 'DELETE', '/things/{thingName}', deleteThing],
  ['ListThings', 'GET', '/things', listThings],
  ['CreateThingType', 'POST', '/thing-types/{thingTypeName}', createThingType],
  ['DescribeThingType', 'GET', '/thing-types/{thingTypeName}', describeThingType],
  ['DeprecateThingType', 'POST', '/thing-types/{thingTypeName}/deprecate', deprecateThingType],
  ['DeleteThingType', 'DELETE', '/thing-types/{thingTypeName}', deleteThingType]
]

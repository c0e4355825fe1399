// SPDX-License-Identifier: Apache-2.0
// Static thing groups and who belongs to them.
import { randomUUID } from 'node:crypto'
import { invalid, notFound, refuse } from '../base/errors.mjs'
import { checked, page, resourceOfArn } from '../base/names.mjs'
import { thingOf } from './things.mjs'

export function groupOf(world, name) {
  return world.store.thingGroups.get(name) ?? notFound(`ThingGroup ${name} cannot be found.`)
}

function createThingGroup(world, { path, body }) {
  const name = checked('thingGroupName', path.thingGroupName)
  if (body.parentGroupName !== undefined) groupOf(world, body.parentGroupName)
  const existing = world.store.thingGroups.get(name)
  if (existing && existing.parent !== body.parentGroupName) {
    refuse('ResourceAlreadyExistsException', `ThingGroup ${name} already exists in account`, {
      resourceId: existing.id,
      resourceArn: existing.arn
    })
  }
  const group = existing ?? {
    name,
    id: randomUUID(),
    arn: world.arn(`thinggroup/${name}`),
    version: 1,
    parent: body.parentGroupName,
    properties: body.thingGroupProperties ?? {},
    created: world.clock.seconds()
  }
  world.store.thingGroups.set(name, group)
  return { thingGroupName: name, thingGroupArn: group.arn, thingGroupId: group.id }
}

function describeThingGroup(world, { path }) {
  const group = groupOf(world, path.thingGroupName)
  return {
    thingGroupName: group.name,
    thingGroupId: group.id,
    thingGroupArn: group.arn,
    version: group.version,
    thingGroupProperties: group.properties,
    thingGroupMetadata: { parentGroupName: group.parent, creationDate: group.created }
  }
}

function deleteThingGroup(world, { path }) {
  const name = checked('thingGroupName', path.thingGroupName)
  if ([...world.store.thingGroups.values()].some((group) => group.parent === name)) {
    invalid(`Cannot delete thing group ${name} when there are still child groups attached to it`)
  }
  for (const thing of world.store.things.values()) thing.groups.delete(name)
  world.store.thingGroups.delete(name)
}

function nameOf(body, kind) {
  return body[`${kind}Name`] ?? resourceOfArn(body[`${kind}Arn`]).split('/').slice(1).join('/')
}

export function addToGroup(world, groupName, thingName) {
  groupOf(world, groupName)
  thingOf(world, thingName).groups.add(groupName)
}

function listGroupsOfThing(world, { path, query }) {
  const groups = [...thingOf(world, path.thingName).groups]
    .map((name) => groupOf(world, name))
    .map(({ name, arn }) => ({ groupName: name, groupArn: arn }))
  return page(groups, { start: query.nextToken, size: query.maxResults, member: 'thingGroups', token: 'nextToken' })
}

function listThingsInGroup(world, { path, query }) {
  groupOf(world, path.thingGroupName)
  const names = [...world.store.things.values()]
    .filter((thing) => thing.groups.has(path.thingGroupName))
    .map((thing) => thing.thingName)
  return page(names, { start: query.nextToken, size: query.maxResults, member: 'things', token: 'nextToken' })
}

/** Group names from the thing's own groups up to their ancestors. */
export function groupsWithAncestors(world, thing) {
  const names = new Set()
  for (let name of thing?.groups ?? []) {
    while (name !== undefined && !names.has(name)) {
      names.add(name)
      name = world.store.thingGroups.get(name)?.parent
    }
  }
  return [...names]
}

export const routes = [
  ['CreateThingGroup', 'POST', '/thing-groups/{thingGroupName}', createThingGroup],
  ['DescribeThingGroup', 'GET', '/thing-groups/{thingGroupName}', describeThingGroup],
  ['DeleteThingGroup', 'DELETE', '/thing-groups/{thingGroupName}', deleteThingGroup],
  [
    'AddThingToThingGroup',
    'PUT',
    '/thing-groups/addThingToThingGroup',
    (world, { body }) => addToGroup(world, nameOf(body, 'thingGroup'), nameOf(body, 'thing'))
  ],
  [
    'RemoveThingFromThingGroup',
    'PUT',
    '/thing-groups/removeThingFromThingGroup',
    (world, { body }) => {
      thingOf(world, nameOf(body, 'thing')).groups.delete(nameOf(body, 'thingGroup'))
    }
  ],
  ['ListThingGroupsForThing', 'GET', '/things/{thingName}/thing-groups', listGroupsOfThing],
  ['ListThingsInThingGroup', 'GET', '/thing-groups/{thingGroupName}/things', listThingsInGroup]
]

// SPDX-License-Identifier: Apache-2.0
// Role aliases (aws-iot.md section 7.8).
import { invalid, notFound, refuse } from '../base/errors.mjs'
import { checked, page, required } from '../base/names.mjs'

const [SHORTEST, LONGEST] = [900, 43200]

export function roleAliasOf(world, name) {
  return world.store.roleAliases.get(name) ?? notFound(`Role alias ${name} not found`)
}

function duration(value) {
  if (!Number.isInteger(value) || value < SHORTEST || value > LONGEST) {
    invalid(`credentialDurationSeconds must be between ${SHORTEST} and ${LONGEST}`)
  }
  return value
}

function create(world, { path, body }) {
  const name = checked('roleAlias', path.roleAlias)
  if (!/^arn:.+:iam::\d{12}:role\/.+/.test(required(body, 'roleArn'))) invalid('roleArn is no ARN of a role')
  const existing = world.store.roleAliases.get(name)
  if (existing) {
    refuse('ResourceAlreadyExistsException', `Role alias ${name} already exists`, {
      resourceId: name,
      resourceArn: existing.arn
    })
  }
  const alias = {
    name,
    arn: world.arn(`rolealias/${name}`),
    roleArn: body.roleArn,
    seconds: duration(body.credentialDurationSeconds ?? 3600),
    created: world.clock.seconds(),
    modified: world.clock.seconds()
  }
  world.store.roleAliases.set(name, alias)
  return { roleAlias: name, roleAliasArn: alias.arn }
}

function describe(world, { path }) {
  const alias = roleAliasOf(world, path.roleAlias)
  return {
    roleAliasDescription: {
      roleAlias: alias.name,
      roleAliasArn: alias.arn,
      roleArn: alias.roleArn,
      owner: world.account,
      credentialDurationSeconds: alias.seconds,
      creationDate: alias.created,
      lastModifiedDate: alias.modified
    }
  }
}

function update(world, { path, body }) {
  const alias = roleAliasOf(world, path.roleAlias)
  if (body.credentialDurationSeconds !== undefined) alias.seconds = duration(body.credentialDurationSeconds)
  alias.roleArn = body.roleArn ?? alias.roleArn
  alias.modified = world.clock.seconds()
  return { roleAlias: alias.name, roleAliasArn: alias.arn }
}

function list(world, { query }) {
  return page([...world.store.roleAliases.keys()], {
    start: query.marker,
    size: query.pageSize,
    member: 'roleAliases',
    token: 'nextMarker'
  })
}

export const routes = [
  ['CreateRoleAlias', 'POST', '/role-aliases/{roleAlias}', create],
  ['DescribeRoleAlias', 'GET', '/role-aliases/{roleAlias}', describe],
  ['UpdateRoleAlias', 'PUT', '/role-aliases/{roleAlias}', update],
  [
    'DeleteRoleAlias',
    'DELETE',
    '/role-aliases/{roleAlias}',
    (world, { path }) => {
      world.store.roleAliases.delete(roleAliasOf(world, path.roleAlias).name)
    }
  ],
  ['ListRoleAliases', 'GET', '/role-aliases', list]
]

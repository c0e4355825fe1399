// SPDX-License-Identifier: Apache-2.0
// Provisioning templates, their versions, and claims made by a trusted user (aws-iot.md section 7.6).
import { invalid, notFound, refuse } from '../base/errors.mjs'
import { checked, oneOf, page, required } from '../base/names.mjs'
import { parseTemplate } from '../template/document.mjs'
import { addCertificate, removeCertificate } from './certificate_store.mjs'
import { attachPolicy } from './policy_targets.mjs'
import { createPolicy } from './policies.mjs'

const VERSIONS = 5
const flowOf = (type) => (type === 'JITP' ? 'jitp' : 'fleet')

export function templateOf(world, name) {
  return world.store.templates.get(name) ?? notFound(`Template ${name} not found`)
}

function checkedRole(arn) {
  if (!/^arn:.+:iam::\d{12}:role\/.+/.test(arn)) invalid(`provisioningRoleArn ${arn} is no ARN of a role`)
  return arn
}

function checkedHook(world, hook, type) {
  if (hook === undefined) return undefined
  if (type === 'JITP') invalid('A JITP template has no preProvisioningHook')
  if (!/^arn:.+:lambda:.+:function:.+/.test(required(hook, 'targetArn'))) invalid('targetArn is no ARN of a function')
  return hook
}

function create(world, { body }) {
  const name = checked('templateName', required(body, 'templateName'))
  const type = oneOf('type', body.type ?? 'FLEET_PROVISIONING', ['FLEET_PROVISIONING', 'JITP'])
  const roleArn = checkedRole(required(body, 'provisioningRoleArn'))
  parseTemplate(required(body, 'templateBody'), flowOf(type))
  if (world.store.templates.has(name)) refuse('ResourceAlreadyExistsException', `Template ${name} already exists`)
  const arn = world.arn(`provisioningtemplate/${name}`)
  world.store.templates.set(name, {
    name,
    arn,
    type,
    roleArn,
    enabled: body.enabled ?? false,
    hook: checkedHook(world, body.preProvisioningHook, type),
    description: body.description,
    created: world.clock.seconds(),
    modified: world.clock.seconds(),
    defaultVersion: 1,
    nextVersion: 2,
    versions: new Map([[1, { id: 1, body: body.templateBody, created: world.clock.seconds() }]])
  })
  return { templateArn: arn, templateName: name, defaultVersionId: 1 }
}

/** The body that is in force. */
export function currentBody(template) {
  return template.versions.get(template.defaultVersion).body
}

function describe(world, { path }) {
  const template = templateOf(world, path.templateName)
  return {
    templateArn: template.arn,
    templateName: template.name,
    description: template.description,
    creationDate: template.created,
    lastModifiedDate: template.modified,
    defaultVersionId: template.defaultVersion,
    templateBody: currentBody(template),
    enabled: template.enabled,
    provisioningRoleArn: template.roleArn,
    preProvisioningHook: template.hook,
    type: template.type
  }
}

function update(world, { path, body }) {
  const template = templateOf(world, path.templateName)
  if (body.provisioningRoleArn !== undefined) template.roleArn = checkedRole(body.provisioningRoleArn)
  if (body.defaultVersionId !== undefined) template.defaultVersion = versionOf(template, body.defaultVersionId).id
  if (body.removePreProvisioningHook) template.hook = undefined
  else if (body.preProvisioningHook) template.hook = checkedHook(world, body.preProvisioningHook, template.type)
  template.enabled = body.enabled ?? template.enabled
  template.description = body.description ?? template.description
  template.modified = world.clock.seconds()
}

function remove(world, { path }) {
  const template = templateOf(world, path.templateName)
  if (template.versions.size > 1) refuse('DeleteConflictException', 'The template has more than one version')
  world.store.templates.delete(template.name)
}

function list(world, { query }) {
  const items = [...world.store.templates.values()].map((one) => ({
    templateArn: one.arn,
    templateName: one.name,
    description: one.description,
    creationDate: one.created,
    lastModifiedDate: one.modified,
    enabled: one.enabled,
    type: one.type
  }))
  return page(items, { start: query.nextToken, size: query.maxResults, member: 'templates', token: 'nextToken' })
}

function versionOf(template, id) {
  return template.versions.get(Number(id)) ?? notFound(`Version ${id} of template ${template.name} not found`)
}

function createVersion(world, { path, query, body }) {
  const template = templateOf(world, path.templateName)
  parseTemplate(required(body, 'templateBody'), flowOf(template.type))
  if (template.versions.size >= VERSIONS) refuse('VersionsLimitExceededException', 'Template has 5 versions already')
  const id = template.nextVersion++
  template.versions.set(id, { id, body: body.templateBody, created: world.clock.seconds() })
  const isDefault = query.setAsDefault === 'true'
  if (isDefault) template.defaultVersion = id
  return { templateArn: template.arn, templateName: template.name, versionId: id, isDefaultVersion: isDefault }
}

function describeVersion(world, { path }) {
  const template = templateOf(world, path.templateName)
  const version = versionOf(template, path.versionId)
  return {
    versionId: version.id,
    creationDate: version.created,
    templateBody: version.body,
    isDefaultVersion: version.id === template.defaultVersion
  }
}

function deleteVersion(world, { path }) {
  const template = templateOf(world, path.templateName)
  if (versionOf(template, path.versionId).id === template.defaultVersion) {
    refuse('DeleteConflictException', 'The default version cannot be deleted')
  }
  template.versions.delete(Number(path.versionId))
}

function listVersions(world, { path, query }) {
  const template = templateOf(world, path.templateName)
  const items = [...template.versions.values()].map((version) => ({
    versionId: version.id,
    creationDate: version.created,
    isDefaultVersion: version.id === template.defaultVersion
  }))
  return page(items, { start: query.nextToken, size: query.maxResults, member: 'versions', token: 'nextToken' })
}

/** What a claim of a trusted user may do: the two steps of fleet provisioning with this one template. */
function claimPolicy(world, name) {
  const statement = (action, kind, topics) => ({
    Effect: 'Allow',
    Action: action,
    Resource: topics.map((topic) => world.arn(`${kind}/${topic}`))
  })
  const topics = [
    '$aws/certificates/create/*',
    '$aws/certificates/create-from-csr/*',
    `$aws/provisioning-templates/${name}/provision/*`
  ]
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'iot:Connect', Resource: '*' },
      statement(['iot:Publish', 'iot:Receive'], 'topic', topics),
      statement('iot:Subscribe', 'topicfilter', topics)
    ]
  })
}

async function createClaim(world, { path }) {
  const template = templateOf(world, path.templateName)
  if (template.type !== 'FLEET_PROVISIONING' || !template.enabled) invalid(`Template ${template.name} is not enabled`)
  const expires = world.clock.now() + world.settings.claimLifetime
  const made = await world.pki.issueWithNewKeys('CN=AWS IoT Certificate', world.clock.wall())
  const certificate = addCertificate(world, made.certificatePem, { status: 'ACTIVE' })
  const policyName = `claim-${template.name}`
  if (!world.store.policies.has(policyName)) createPolicy(world, policyName, claimPolicy(world, template.name), 0)
  attachPolicy(world, policyName, certificate.arn, 0)
  world.clock.after(world.settings.claimLifetime, () => removeCertificate(world, certificate))
  return { certificateId: certificate.id, ...made, expiration: Math.floor(expires / 1000) }
}

const base = '/provisioning-templates'
export const routes = [
  ['CreateProvisioningTemplate', 'POST', base, create],
  ['ListProvisioningTemplates', 'GET', base, list],
  ['DescribeProvisioningTemplate', 'GET', `${base}/{templateName}`, describe],
  ['UpdateProvisioningTemplate', 'PATCH', `${base}/{templateName}`, update],
  ['DeleteProvisioningTemplate', 'DELETE', `${base}/{templateName}`, remove],
  ['CreateProvisioningTemplateVersion', 'POST', `${base}/{templateName}/versions`, createVersion],
  ['ListProvisioningTemplateVersions', 'GET', `${base}/{templateName}/versions`, listVersions],
  ['DescribeProvisioningTemplateVersion', 'GET', `${base}/{templateName}/versions/{versionId}`, describeVersion],
  ['DeleteProvisioningTemplateVersion', 'DELETE', `${base}/{templateName}/versions/{versionId}`, deleteVersion],
  ['CreateProvisioningClaim', 'POST', `${base}/{templateName}/provisioning-claim`, createClaim]
]

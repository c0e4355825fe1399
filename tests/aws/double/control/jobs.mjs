// SPDX-License-Identifier: Apache-2.0
// Jobs from the operator's side, as far as devices need them.
import { invalid, notFound, refuse } from '../base/errors.mjs'
import { checked, page, required, resourceOfArn } from '../base/names.mjs'
import { JobsError } from '../services/jobs.mjs'
import { thingOf } from './things.mjs'

function jobOf(world, jobId) {
  return world.store.jobs.get(jobId) ?? notFound(`Job ${jobId} cannot be found.`)
}

function thingsOf(world, target) {
  const [kind, ...rest] = resourceOfArn(target).split('/')
  const name = rest.join('/')
  if (kind === 'thing') return [thingOf(world, name).thingName]
  if (kind !== 'thinggroup') invalid(`Invalid target ${target}`)
  return [...world.store.things.values()].filter((thing) => thing.groups.has(name)).map((thing) => thing.thingName)
}

function checkDocument(text) {
  try {
    JSON.parse(text)
  } catch {
    invalid('The job document is no JSON')
  }
  return text
}

function create(world, { path, body }) {
  const jobId = checked('jobId', path.jobId)
  if (world.store.jobs.has(jobId)) refuse('ResourceAlreadyExistsException', `Job ${jobId} already exists`)
  const targets = required(body, 'targets')
  const things = [...new Set(targets.flatMap((target) => thingsOf(world, target)))]
  const job = world.jobs.create(jobId, {
    document: checkDocument(required(body, 'document')),
    things,
    targets,
    description: body.description,
    timeoutMinutes: body.timeoutConfig?.inProgressTimeoutInMinutes,
    arn: world.arn(`job/${jobId}`)
  })
  return { jobArn: job.arn, jobId, description: job.description }
}

function describe(world, { path }) {
  const job = jobOf(world, path.jobId)
  return {
    job: {
      jobArn: job.arn,
      jobId: job.jobId,
      status: job.status,
      targets: job.targets,
      description: job.description,
      targetSelection: 'SNAPSHOT',
      createdAt: job.created
    }
  }
}

function executionOf(world, { path }) {
  const found = world.store.executions.find((one) => one.jobId === path.jobId && one.thingName === path.thingName)
  return found ?? notFound(`Job execution ${path.jobId} for ${path.thingName} cannot be found.`)
}

function shown(world, one) {
  return {
    jobId: one.jobId,
    status: one.status,
    statusDetails: { detailsMap: one.statusDetails },
    thingArn: world.arn(`thing/${one.thingName}`),
    queuedAt: one.queuedAt,
    startedAt: one.startedAt,
    lastUpdatedAt: one.lastUpdatedAt,
    executionNumber: one.executionNumber,
    versionNumber: one.versionNumber
  }
}

/** Errors of executions in the form of the control plane. */
function asServiceError(work) {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof JobsError)) throw error
    return refuse(`${error.code}Exception`, error.message)
  }
}

function cancelExecution(world, input) {
  const execution = executionOf(world, input)
  asServiceError(() => world.jobs.cancel(execution, input.query.force === 'true'))
}

function cancel(world, { path, query }) {
  const job = jobOf(world, path.jobId)
  const force = query.force === 'true'
  for (const one of world.store.executions.filter((each) => each.jobId === job.jobId)) {
    if (one.status === 'QUEUED' || (force && one.status === 'IN_PROGRESS')) world.jobs.cancel(one, force)
  }
  job.status = 'CANCELED'
  return { jobArn: job.arn, jobId: job.jobId }
}

function remove(world, { path, query }) {
  const job = jobOf(world, path.jobId)
  if (job.status === 'IN_PROGRESS' && query.force !== 'true') {
    refuse('InvalidStateTransitionException', `Job ${job.jobId} is in progress`)
  }
  world.store.jobs.delete(job.jobId)
  world.store.executions = world.store.executions.filter((one) => one.jobId !== job.jobId)
}

function list(world, { query }) {
  const items = [...world.store.jobs.values()].map((job) => ({
    jobArn: job.arn,
    jobId: job.jobId,
    status: job.status
  }))
  return page(items, { start: query.nextToken, size: query.maxResults, member: 'jobs', token: 'nextToken' })
}

function listOfThing(world, { path, query }) {
  thingOf(world, path.thingName)
  const items = world.jobs.executions(path.thingName).map((one) => ({
    jobId: one.jobId,
    jobExecutionSummary: {
      status: one.status,
      queuedAt: one.queuedAt,
      startedAt: one.startedAt,
      lastUpdatedAt: one.lastUpdatedAt,
      executionNumber: one.executionNumber
    }
  }))
  return page(items, {
    start: query.nextToken,
    size: query.maxResults,
    member: 'executionSummaries',
    token: 'nextToken'
  })
}

export const routes = [
  ['CreateJob', 'PUT', '/jobs/{jobId}', create],
  ['DescribeJob', 'GET', '/jobs/{jobId}', describe],
  [
    'GetJobDocument',
    'GET',
    '/jobs/{jobId}/job-document',
    (world, { path }) => ({ document: jobOf(world, path.jobId).document })
  ],
  ['CancelJob', 'PUT', '/jobs/{jobId}/cancel', cancel],
  ['DeleteJob', 'DELETE', '/jobs/{jobId}', remove],
  ['ListJobs', 'GET', '/jobs', list],
  [
    'DescribeJobExecution',
    'GET',
    '/things/{thingName}/jobs/{jobId}',
    (world, input) => ({ execution: shown(world, executionOf(world, input)) })
  ],
  ['CancelJobExecution', 'PUT', '/things/{thingName}/jobs/{jobId}/cancel', cancelExecution],
  ['ListJobExecutionsForThing', 'GET', '/things/{thingName}/jobs', listOfThing]
]

// SPDX-License-Identifier: Apache-2.0
// The data plane over HTTPS: publish, shadows, retained messages, jobs, connections. By signature, or by a device's
// certificate and its policies.
import { ServiceError, notFound, refuse } from '../base/errors.mjs'
import { httpListener, jsonBody } from '../base/http.mjs'
import { page } from '../base/names.mjs'
import { authenticate } from '../control/plane.mjs'
import { Router, handlerInput, unknownOperation } from '../control/router.mjs'
import { activeCertificate } from '../mqtt/admission.mjs'
import { publishable } from '../mqtt/topics.mjs'
import { authorize } from '../policy/authorizer.mjs'
import { JobsError, stateOf, summary } from '../services/jobs.mjs'
import { ShadowError, parseUpdate } from '../services/shadow.mjs'
import { announceUpdate } from '../services/shadow_mqtt.mjs'

const SERVICES = ['iotdata', 'iot-jobs-data', 'iot', 'execute-api']
const shadowErrors = {
  400: 'InvalidRequestException',
  404: 'ResourceNotFoundException',
  409: 'ConflictException',
  413: 'RequestEntityTooLargeException'
}

const raw = (body) => ({ raw: true, status: 200, body })

function publish(world, { path, query, raw: request, permit }) {
  const { topic } = path
  if (!publishable(topic)) refuse('InvalidRequestException', `Invalid topic ${topic}`)
  permit('iot:Publish', `topic/${topic}`)
  world.events.add({ type: 'publish', by: 'http', topic, payload: request.body.toString('utf8') })
  world.broker.publish(
    { topic, payload: request.body, qos: Number(query.qos ?? 0), retain: query.retain === 'true' },
    null
  )
  return { message: 'OK' }
}

function inShadow(work) {
  try {
    return raw(JSON.stringify(work()))
  } catch (error) {
    if (error instanceof ShadowError) throw new ServiceError(shadowErrors[error.code], error.message)
    throw error
  }
}

function shadowPrefix({ path, query }) {
  return `$aws/things/${path.thingName}/shadow${query.name ? `/name/${query.name}` : ''}`
}

function getShadow(world, input) {
  input.permit('iot:GetThingShadow', `thing/${input.path.thingName}${input.query.name ? `/${input.query.name}` : ''}`)
  return inShadow(() => world.shadows.get(input.path.thingName, input.query.name ?? ''))
}

function updateShadow(world, input) {
  input.permit(
    'iot:UpdateThingShadow',
    `thing/${input.path.thingName}${input.query.name ? `/${input.query.name}` : ''}`
  )
  return inShadow(() => {
    const answers = world.shadows.update(input.path.thingName, input.query.name ?? '', parseUpdate(input.raw.body))
    announceUpdate(world, shadowPrefix(input), answers)
    return answers.accepted
  })
}

function deleteShadow(world, input) {
  input.permit(
    'iot:DeleteThingShadow',
    `thing/${input.path.thingName}${input.query.name ? `/${input.query.name}` : ''}`
  )
  return inShadow(() => world.shadows.remove(input.path.thingName, input.query.name ?? ''))
}

function listShadows(world, { path, permit }) {
  permit('iot:ListNamedShadowsForThing', `thing/${path.thingName}`)
  return inShadow(() => ({ results: world.shadows.names(path.thingName), timestamp: world.clock.seconds() }))
}

function retained(world, { path, permit }) {
  permit('iot:GetRetainedMessage', `topic/${path.topic}`)
  const message = world.broker.retained().get(path.topic) ?? notFound(`No retained message on ${path.topic}`)
  return {
    topic: message.topic,
    payload: message.payload.toString('base64'),
    qos: message.qos,
    lastModifiedTime: message.at
  }
}

function listRetained(world, { query, permit }) {
  permit('iot:ListRetainedMessages', '*')
  const items = [...world.broker.retained().values()].map((message) => ({
    topic: message.topic,
    payloadSize: message.payload.length,
    qos: message.qos,
    lastModifiedTime: message.at
  }))
  return page(items, { start: query.nextToken, size: query.maxResults, member: 'retainedTopics', token: 'nextToken' })
}

function deleteConnection(world, { path, query, permit }) {
  permit('iot:DeleteConnection', `client/${path.clientId}`)
  const found = world.broker.drop(path.clientId, {
    clean: query.cleanSession === 'true',
    withoutWill: query.preventWillMessage === 'true'
  })
  if (!found) notFound(`No connection of ${path.clientId}`)
}

const jobsErrors = {
  ResourceNotFound: 'ResourceNotFoundException',
  TerminalStateReached: 'InvalidStateTransitionException',
  InvalidStateTransition: 'InvalidStateTransitionException',
  VersionMismatch: 'ConflictException'
}

function inJobs(action, work) {
  return (world, input) => {
    input.permit(action, `thing/${input.path.thingName}`)
    try {
      return work(world, input)
    } catch (error) {
      if (!(error instanceof JobsError)) throw error
      throw new ServiceError(jobsErrors[error.code] ?? 'InvalidRequestException', error.message)
    }
  }
}

function pendingJobs(world, { path }) {
  const of = (status) =>
    world.jobs
      .pending(path.thingName)
      .filter((one) => one.status === status)
      .map(summary)
  return { inProgressJobs: of('IN_PROGRESS'), queuedJobs: of('QUEUED') }
}

/** In this service a job document is text. */
function asText(shown) {
  return { ...shown, jobDocument: shown.jobDocument && JSON.stringify(shown.jobDocument) }
}

function startJob(world, { path, raw: request }) {
  const execution = world.jobs.startNext(path.thingName, jsonBody(request))
  return execution ? { execution: asText(world.jobs.describe(execution, true)) } : {}
}

function describeJob(world, { path, query }) {
  const execution = world.jobs.find(path.thingName, path.jobId)
  const withDocument = query.includeJobDocument !== 'false'
  return execution ? { execution: asText(world.jobs.describe(execution, withDocument)) } : {}
}

function updateJob(world, { path, raw: request }) {
  const body = jsonBody(request)
  const execution = world.jobs.update(path.thingName, path.jobId, body)
  return body.includeJobExecutionState ? { executionState: stateOf(execution) } : {}
}

export const dataRouter = new Router([
  ['Publish', 'POST', '/topics/{topic+}', publish],
  ['GetThingShadow', 'GET', '/things/{thingName}/shadow', getShadow],
  ['UpdateThingShadow', 'POST', '/things/{thingName}/shadow', updateShadow],
  ['DeleteThingShadow', 'DELETE', '/things/{thingName}/shadow', deleteShadow],
  ['ListNamedShadowsForThing', 'GET', '/api/things/shadow/ListNamedShadowsForThing/{thingName}', listShadows],
  ['ListRetainedMessages', 'GET', '/retainedMessage', listRetained],
  ['GetRetainedMessage', 'GET', '/retainedMessage/{topic+}', retained],
  ['DeleteConnection', 'DELETE', '/connections/{clientId}', deleteConnection],
  ['GetPendingJobExecutions', 'GET', '/things/{thingName}/jobs', inJobs('iot:GetPendingJobExecutions', pendingJobs)],
  [
    'StartNextPendingJobExecution',
    'PUT',
    '/things/{thingName}/jobs/$next',
    inJobs('iot:StartNextPendingJobExecution', startJob)
  ],
  ['DescribeJobExecution', 'GET', '/things/{thingName}/jobs/{jobId}', inJobs('iot:DescribeJobExecution', describeJob)],
  ['UpdateJobExecution', 'POST', '/things/{thingName}/jobs/{jobId}', inJobs('iot:UpdateJobExecution', updateJob)]
])

/** A function that throws where the caller may not; a signature's permission is that of its key. */
function permitOf(world, route, request, socket) {
  const der = socket.getPeerCertificate?.().raw
  if (!der || request.header('authorization')) {
    authenticate(world, request, SERVICES, route.operation)
    return () => {}
  }
  const certificate = activeCertificate(world, der)
  if (!certificate) throw new ServiceError('ForbiddenException', 'Forbidden')
  const identity = { clientId: undefined, address: socket.remoteAddress, domain: socket.servername }
  return (action, resource) => {
    if (authorize(world, certificate, identity, action, world.arn(resource)).decision !== 'ALLOWED') {
      throw new ServiceError('ForbiddenException', 'Forbidden')
    }
  }
}

export function dataListener(world) {
  return httpListener(world, 'data', (request, socket) => {
    const route = dataRouter.find(request.method, request.path)
    const run = async () => {
      if (!route) throw unknownOperation(request)
      const permit = permitOf(world, route, request, socket)
      return route.handler(world, { ...handlerInput(route, request, null, false), permit })
    }
    return { operation: route?.operation, run }
  })
}

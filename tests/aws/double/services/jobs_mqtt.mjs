// SPDX-License-Identifier: Apache-2.0
// Jobs over MQTT. Answers go to the asking connection, also without a subscription (aws-iot.md section 8.2).
import { JobsError, stateOf, summary } from './jobs.mjs'
import { faultAfterwards, parseObject, replyTo, serviceFault } from './reply.mjs'

function list(jobs, thingName) {
  const of = (status) =>
    jobs
      .pending(thingName)
      .filter((one) => one.status === status)
      .map(summary)
  return { inProgressJobs: of('IN_PROGRESS'), queuedJobs: of('QUEUED') }
}

function described(jobs, execution, withDocument) {
  return execution ? { execution: jobs.describe(execution, withDocument) } : {}
}

function updated(jobs, thingName, jobId, body) {
  const execution = jobs.update(thingName, jobId, body)
  return {
    executionState: body.includeJobExecutionState ? stateOf(execution) : undefined,
    jobDocument: body.includeJobDocument ? jobs.describe(execution, true).jobDocument : undefined
  }
}

function serve(jobs, thingName, jobId, verb, body) {
  if (verb === 'update') return updated(jobs, thingName, jobId, body)
  if (verb === 'start-next') return described(jobs, jobs.startNext(thingName, body), true)
  if (jobId === undefined) return list(jobs, thingName)
  return described(jobs, jobs.find(thingName, jobId), body.includeJobDocument ?? true)
}

export async function jobsRequest(world, connection, message, thingName, jobId, verb) {
  const body = message.payload.length > 0 ? parseObject(message.payload) : {}
  const common = { timestamp: world.clock.seconds(), clientToken: body?.clientToken }
  const reject = ({ code, message: text, executionState }) =>
    replyTo(
      world,
      connection,
      `${message.topic}/rejected`,
      { code, message: text, executionState, ...common },
      { anyway: true }
    )
  const { done, fault } = await serviceFault(world, connection, `jobs-${verb}`, reject)
  if (done) return
  try {
    if (!body) throw new JobsError('InvalidJson', 'The payload is no JSON object')
    if (!world.store.things.has(thingName)) throw new JobsError('ResourceNotFound', `Thing ${thingName} not found`)
    const answer = serve(world.jobs, thingName, jobId, verb, body)
    if (await faultAfterwards(world, connection, fault)) return
    replyTo(world, connection, `${message.topic}/accepted`, { ...answer, ...common }, { anyway: true })
  } catch (error) {
    if (!(error instanceof JobsError)) throw error
    reject(error)
  }
}

// SPDX-License-Identifier: Apache-2.0
// Jobs and their executions: the state machine, versions, and time-outs by the double's clock (aws-iot.md section 8.2).

export class JobsError extends Error {
  constructor(code, message, executionState) {
    super(message)
    Object.assign(this, { code, executionState })
  }
}

const fail = (code, message, state) => {
  throw new JobsError(code, message, state)
}
const TERMINAL = ['SUCCEEDED', 'FAILED', 'REJECTED', 'TIMED_OUT', 'CANCELED', 'REMOVED']
const SETTABLE = ['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'REJECTED']
const MINUTE_MS = 60_000

export const isTerminal = (execution) => TERMINAL.includes(execution.status)

export function stateOf(execution) {
  return { status: execution.status, statusDetails: execution.statusDetails, versionNumber: execution.versionNumber }
}

export class Jobs {
  #world

  constructor(world) {
    this.#world = world
  }

  /** A job for things; their executions are queued in the order of the jobs. */
  create(jobId, { document, things, timeoutMinutes, description, arn, targets }) {
    const job = {
      jobId,
      arn,
      document,
      targets,
      description,
      timeoutMinutes,
      status: 'IN_PROGRESS',
      created: this.#world.clock.seconds()
    }
    this.#world.store.jobs.set(jobId, job)
    for (const thingName of things) this.#queue(job, thingName)
    return job
  }

  #queue(job, thingName) {
    const now = this.#world.clock.seconds()
    this.#world.store.executions.push({
      jobId: job.jobId,
      thingName,
      status: 'QUEUED',
      statusDetails: {},
      queuedAt: now,
      lastUpdatedAt: now,
      versionNumber: 1,
      executionNumber: 1
    })
    this.#notify(thingName)
  }

  executions(thingName) {
    return this.#world.store.executions.filter((one) => one.thingName === thingName)
  }

  pending(thingName) {
    return this.executions(thingName).filter((one) => !isTerminal(one))
  }

  /** The execution that is in progress, else the first queued one, else undefined. */
  next(thingName) {
    const pending = this.pending(thingName)
    return pending.find((one) => one.status === 'IN_PROGRESS') ?? pending[0]
  }

  find(thingName, jobId) {
    const found =
      jobId === '$next' ? this.next(thingName) : this.executions(thingName).find((one) => one.jobId === jobId)
    if (!found && jobId !== '$next') fail('ResourceNotFound', `Job execution ${jobId} not found for ${thingName}`)
    return found
  }

  startNext(thingName, { statusDetails, stepTimeoutInMinutes }) {
    const execution = this.next(thingName)
    if (!execution) return undefined
    if (execution.status === 'QUEUED') {
      execution.startedAt = this.#world.clock.seconds()
      this.#change(execution, 'IN_PROGRESS', statusDetails)
      this.#armJobTimer(execution)
      this.#notify(thingName)
    }
    this.#armStepTimer(execution, stepTimeoutInMinutes)
    return execution
  }

  update(thingName, jobId, request) {
    const execution = this.find(thingName, jobId) ?? fail('ResourceNotFound', 'No job is pending')
    const { status, statusDetails, executionNumber, stepTimeoutInMinutes } = request
    if (!SETTABLE.includes(status)) fail('InvalidRequest', `status ${status}`)
    if (isTerminal(execution)) {
      fail('TerminalStateReached', `Job execution is in status ${execution.status}`, stateOf(execution))
    }
    this.#checkVersion(execution, request.expectedVersion)
    if (executionNumber !== undefined && executionNumber !== execution.executionNumber) {
      fail('ResourceNotFound', `No execution number ${executionNumber}`)
    }
    if (execution.status === 'QUEUED' && status === 'IN_PROGRESS') {
      execution.startedAt = this.#world.clock.seconds()
      this.#armJobTimer(execution)
    }
    this.#change(execution, status, statusDetails)
    this.#armStepTimer(execution, stepTimeoutInMinutes)
    this.#notify(thingName)
    return execution
  }

  /** `expectedVersion` is a number, in older examples a text (section 14, item 10). */
  #checkVersion(execution, expected) {
    if (expected === undefined || Number(expected) === execution.versionNumber) return
    fail('VersionMismatch', `Expected version ${expected}, found ${execution.versionNumber}`, stateOf(execution))
  }

  cancel(execution, force) {
    if (isTerminal(execution)) fail('InvalidStateTransition', `Job execution is ${execution.status}`)
    if (execution.status === 'IN_PROGRESS' && !force) fail('InvalidStateTransition', 'Job execution is in progress')
    this.#change(execution, 'CANCELED')
    this.#notify(execution.thingName)
  }

  #change(execution, status, statusDetails) {
    execution.status = status
    if (statusDetails !== undefined) execution.statusDetails = statusDetails
    execution.versionNumber += 1
    execution.lastUpdatedAt = this.#world.clock.seconds()
    if (isTerminal(execution)) {
      execution.cancelTimers?.()
      this.#finishJob(execution.jobId)
    }
  }

  #finishJob(jobId) {
    const job = this.#world.store.jobs.get(jobId)
    const all = this.#world.store.executions.filter((one) => one.jobId === jobId)
    if (job?.status === 'IN_PROGRESS' && all.every(isTerminal)) job.status = 'COMPLETED'
  }

  #armJobTimer(execution) {
    this.#arm(execution, 'job', this.#world.store.jobs.get(execution.jobId)?.timeoutMinutes)
  }

  /** -1 removes the timer of the step; undefined leaves it. */
  #armStepTimer(execution, minutes) {
    if (minutes !== undefined) this.#arm(execution, 'step', minutes === -1 ? undefined : minutes)
  }

  #arm(execution, kind, minutes) {
    execution.timers ??= {}
    execution.timers[kind]?.()
    delete execution.timers[kind]
    execution.cancelTimers = () => Object.values(execution.timers).forEach((cancel) => cancel())
    if (!minutes || isTerminal(execution)) return
    execution.timers[kind] = this.#world.clock.after(minutes * MINUTE_MS, () => {
      if (isTerminal(execution)) return
      this.#change(execution, 'TIMED_OUT')
      this.#notify(execution.thingName)
    })
  }

  #last = new Map()

  /** notify lists what is pending, notify-next the next one; each is published only where it has changed. */
  #notify(thingName) {
    const prefix = `$aws/things/${thingName}/jobs`
    const timestamp = this.#world.clock.seconds()
    const lists = {}
    for (const one of this.pending(thingName)) (lists[one.status] ??= []).push(summary(one))
    const next = this.next(thingName)
    this.#publishChanged(
      `${prefix}/notify`,
      this.pending(thingName).map((one) => [one.jobId, one.status]),
      { timestamp, jobs: lists }
    )
    this.#publishChanged(`${prefix}/notify-next`, next?.jobId ?? null, {
      timestamp,
      execution: next ? this.describe(next, true) : {}
    })
  }

  #publishChanged(topic, key, body) {
    const text = JSON.stringify(key)
    if (this.#last.get(topic) === text) return
    this.#last.set(topic, text)
    this.#world.broker.publishFromService(topic, Buffer.from(JSON.stringify(body)))
  }

  describe(execution, withDocument) {
    const {
      jobId,
      thingName,
      status,
      statusDetails,
      queuedAt,
      startedAt,
      lastUpdatedAt,
      versionNumber,
      executionNumber
    } = execution
    const shown = {
      jobId,
      thingName,
      status,
      statusDetails,
      queuedAt,
      startedAt,
      lastUpdatedAt,
      versionNumber,
      executionNumber
    }
    if (withDocument) shown.jobDocument = JSON.parse(this.#world.store.jobs.get(jobId).document)
    return shown
  }
}

export function summary({ jobId, queuedAt, startedAt, lastUpdatedAt, versionNumber, executionNumber }) {
  return { jobId, queuedAt, startedAt, lastUpdatedAt, versionNumber, executionNumber }
}

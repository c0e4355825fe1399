// SPDX-License-Identifier: Apache-2.0
// Everything that one double knows: the account, its registry, the clock, the faults, and what was logged.
import path from 'node:path'
import { Accounts } from './accounts.mjs'
import { Clock } from './clock.mjs'
import { Faults } from './faults.mjs'
import { Log } from './log.mjs'
import { Pki } from './pki.mjs'
import { alterations } from './alterations.mjs'
import { arnMaker } from './names.mjs'
import { startRules } from '../jit/rules.mjs'
import { Broker } from '../mqtt/broker.mjs'
import { Listeners } from '../mqtt/listeners.mjs'
import { Presence } from '../mqtt/presence.mjs'
import { Dispatcher } from '../services/dispatcher.mjs'
import { Jobs } from '../services/jobs.mjs'
import { Shadows } from '../services/shadow.mjs'

function emptyStore() {
  return {
    things: new Map(),
    thingTypes: new Map(),
    thingGroups: new Map(),
    associations: [],
    policies: new Map(),
    attachments: [],
    certificates: new Map(),
    cas: new Map(),
    registrationCode: null,
    templates: new Map(),
    roleAliases: new Map(),
    rules: new Map(),
    certificateProviders: new Map(),
    functions: new Map(),
    shadows: new Map(),
    jobs: new Map(),
    executions: [],
    tokens: new Map(),
    domainConfigurations: new Map(),
    tags: new Map(),
    connectivity: new Map()
  }
}

/** What a test may change while the double runs, by the control interface. Times are in milliseconds. */
function defaultSettings() {
  return {
    policyDelay: 0, // until a change of a policy is in force
    registrationDelay: 0, // from the first CONNECT to the end of JITP, and to the call of a rule's function
    tokenBoundToConnection: true,
    claimLifetime: 5 * 60_000,
    tokenLifetime: 60 * 60_000,
    refusal: 'close', // close | connack5 | connack7: how a CONNECT of MQTT 3.1.1 that is not allowed ends
    refusal5: 'reason', // reason | close: the same for MQTT 5
    connectRate: false, // one CONNECT per second and client id
    publishRate: true, // 100 PUBLISH per second and connection, what exceeds that is dropped
    apiRate: 0, // calls per second and operation of the control plane, then ThrottlingException; 0: any number
    dataEndpoint: '',
    credentialEndpoint: ''
  }
}

function operatorAccounts({ accessKeyId, secretAccessKey, account, directory }) {
  const accounts = new Accounts(path.join(directory, 'accounts.jsonl'))
  accounts.set(accessKeyId, { secret: secretAccessKey, arn: `arn:aws:iam::${account}:user/operator` })
  return accounts
}

function addParts(world) {
  world.broker = new Broker(world)
  world.presence = new Presence(world)
  world.services = new Dispatcher(world)
  world.mqttListeners = new Listeners(world)
  world.shadows = new Shadows(world)
  world.jobs = new Jobs(world)
  startRules(world)
}

export async function createWorld(options) {
  const clock = new Clock()
  if (options.time !== undefined) clock.set(options.time)
  const { region, account, partition, prefix, directory } = options
  const world = {
    region,
    account,
    partition,
    prefix,
    clock,
    directory,
    settings: defaultSettings(),
    faults: new Faults(clock),
    requests: new Log(path.join(directory, 'requests.jsonl'), clock),
    events: new Log(path.join(directory, 'events.jsonl'), clock),
    accounts: operatorAccounts(options),
    arn: arnMaker({ partition, region, account }),
    store: emptyStore(),
    lastConnect: new Map(),
    apiCalls: new Map(),
    reports: new Map(),
    alterations: await alterations(),
    pki: await Pki.create({ prefix, region, now: clock.wall() })
  }
  addParts(world)
  return world
}

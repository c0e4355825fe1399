// SPDX-License-Identifier: Apache-2.0
// Everything that one double knows: the account, its registry, the clock, the faults, and what was logged.
import path from 'node:path'
import { Clock } from './clock.mjs'
import { Faults } from './faults.mjs'
import { Log } from './log.mjs'
import { Pki } from './pki.mjs'
import { alterations } from './alterations.mjs'
import { arnMaker } from './names.mjs'

function emptyStore() {
  return {
    things: new Map(), thingTypes: new Map(), thingGroups: new Map(), associations: [],
    policies: new Map(), attachments: [], certificates: new Map(), cas: new Map(), registrationCode: null,
    templates: new Map(), roleAliases: new Map(), rules: new Map(), certificateProviders: new Map(),
    functions: new Map(), shadows: new Map(), jobs: new Map(), executions: [], tokens: new Map(),
    domainConfigurations: new Map(), tags: new Map(), connectivity: new Map()
  }
}

/** What a test may change while the double runs, by the control interface. Times are in milliseconds. */
function defaultSettings() {
  return {
    policyDelay: 0,           // until a change of a policy is in force
    registrationDelay: 0,     // from the first CONNECT to the end of JITP, and to the call of a rule's function
    tokenBoundToConnection: true,
    claimLifetime: 5 * 60_000,
    tokenLifetime: 60 * 60_000,
    refusal: 'close',         // close | connack5 | connack7 | alert: how a connection that is not allowed ends
    connectRate: true,        // one CONNECT per second and client id
    dataEndpoint: '', credentialEndpoint: ''
  }
}

function defaultAccounts(options) {
  return new Map([[options.accessKeyId, {
    secret: options.secretAccessKey, sessionToken: options.sessionToken,
    arn: `arn:aws:iam::${options.account}:user/operator` }]])
}

export async function createWorld(options) {
  const clock = new Clock()
  if (options.time !== undefined) clock.set(options.time)
  const { region, account, partition, prefix } = options
  return {
    region, account, partition, prefix, clock, settings: defaultSettings(), faults: new Faults(clock),
    requests: new Log(path.join(options.directory, 'requests.jsonl'), clock),
    events: new Log(path.join(options.directory, 'events.jsonl'), clock),
    accounts: defaultAccounts(options), arn: arnMaker({ partition, region, account }), store: emptyStore(),
    directory: options.directory, alterations: await alterations(), pki: await Pki.create({ prefix, region, now: clock.now() })
  }
}

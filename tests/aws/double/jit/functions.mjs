// SPDX-License-Identifier: Apache-2.0
// Lambda functions: a test names a file for an ARN, and the double runs it in a process of its own, with credentials of
// the function's role and the double as endpoint. Python with boto3, or Node.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import path from 'node:path'

const here = path.dirname(fileURLToPath(import.meta.url))
const LIMIT_MS = 60_000

function commandFor(file) {
  return file.endsWith('.py')
    ? [process.env.TRUSTX_PYTHON ?? '/usr/bin/python3', ['-B', path.join(here, 'run_function.py')]]
    : [process.execPath, [path.join(here, 'run_function.mjs')]]
}

/** A key with the permissions of the function's role: a policy document, or undefined for all. */
export function functionKey(world, arn, permissions) {
  const key = {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secret: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(64).toString('base64')
  }
  world.accounts.set(key.accessKeyId, { ...key, permissions, arn })
  return key
}

function environment(world, definition) {
  return {
    PATH: process.env.PATH,
    HOME: world.directory,
    AWS_REGION: world.region,
    AWS_DEFAULT_REGION: world.region,
    AWS_ACCESS_KEY_ID: definition.key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: definition.key.secret,
    AWS_SESSION_TOKEN: definition.key.sessionToken,
    AWS_ENDPOINT_URL_IOT: world.controlUrl,
    AWS_CA_BUNDLE: path.join(world.directory, 'ca.pem'),
    NODE_EXTRA_CA_CERTS: path.join(world.directory, 'ca.pem'),
    ...definition.environment
  }
}

function run(world, definition, event) {
  const [program, args] = commandFor(definition.file)
  const child = spawn(program, [...args, definition.file, definition.handler ?? 'handler'], {
    env: environment(world, definition),
    stdio: ['pipe', 'pipe', 'pipe', 'pipe']
  })
  const read = { result: '', output: '' }
  child.stdio[3].on('data', (data) => {
    read.result += data
  })
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      read.output += data
    })
  child.stdin.on('error', () => {})
  child.stdin.end(JSON.stringify(event))
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ ...read, code: -1, output: error.message }))
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ ...read, code })
    })
  })
}

/** What the function answers; throws where it does not exist or fails. */
export async function invoke(world, arn, event) {
  const definition = world.store.functions.get(arn)
  const outcome = definition
    ? await run(world, definition, event)
    : { code: -1, output: 'no such function', result: '' }
  world.events.add({
    type: 'function',
    arn,
    event,
    code: outcome.code,
    output: outcome.output,
    result: outcome.result
  })
  if (outcome.code !== 0) throw new Error(`function ${arn} failed: ${outcome.output}`)
  return outcome.result === '' ? null : JSON.parse(outcome.result)
}

#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A double of AWS IoT Core for tests, on loopback and ports of the kernel's choice.
//
// usage: main.mjs --state DIRECTORY [--region R] [--account N] [--time ISO] [--ready-fd N] [--keep]
// Writes DIRECTORY/facts.json when it is ready, with everything that a test needs to reach it, and beside it CA files
// and logs; then writes a line to the descriptor N. Ends when its standard input closes, unless --keep.
// tests/aws/README.md has the whole.
import fs from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { controlInterface } from './base/control_interface.mjs'
import { createWorld } from './base/world.mjs'
import { controlListener } from './control/plane.mjs'
import { credentialsListener } from './data/credentials.mjs'
import { dataListener } from './data/plane.mjs'

const HOST = '127.0.0.1'

function options() {
  const { values } = parseArgs({
    options: {
      state: { type: 'string' },
      region: { type: 'string', default: 'eu-central-1' },
      account: { type: 'string', default: '123456789012' },
      prefix: { type: 'string', default: 'a1b2c3d4e5f6g7' },
      time: { type: 'string' },
      'ready-fd': { type: 'string' },
      keep: { type: 'boolean', default: false }
    }
  })
  if (!values.state) {
    process.stderr.write(
      'usage: main.mjs --state DIRECTORY [--region R] [--account N] [--time ISO] [--ready-fd N] [--keep]\n'
    )
    process.exit(2)
  }
  const directory = path.resolve(values.state)
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  return {
    ...values,
    directory,
    partition: 'aws',
    time: values.time ? Date.parse(values.time) : undefined,
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
  }
}

function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, HOST, () => resolve(server.address().port))
  })
}

function httpsServer(world, listener, extra = {}) {
  const { ec, rsa } = world.pki.servers
  return https.createServer({ key: [ec.key, rsa.key], cert: [ec.chain, rsa.chain], ...extra }, listener)
}

function writeCertificates(world) {
  const { ec, rsa } = world.pki.servers
  const files = { ca: ec.root + rsa.root, caEc: ec.root, caRsa: rsa.root }
  const names = { ca: 'ca.pem', caEc: 'ca-ec.pem', caRsa: 'ca-rsa.pem' }
  for (const [key, name] of Object.entries(names)) fs.writeFileSync(path.join(world.directory, name), files[key])
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, path.join(world.directory, name)]))
}

function writeFacts(world, facts) {
  const file = path.join(world.directory, 'facts.json')
  fs.writeFileSync(`${file}.new`, JSON.stringify(facts, null, 2) + '\n', { mode: 0o600 })
  fs.renameSync(`${file}.new`, file)
}

async function startServers(world) {
  const withCertificate = { requestCert: true, rejectUnauthorized: false }
  const ports = {
    control: await listen(httpsServer(world, controlListener(world))),
    data: await listen(httpsServer(world, dataListener(world), withCertificate)),
    credentials: await listen(httpsServer(world, credentialsListener(world), withCertificate)),
    mqtt: await listen(world.mqttListeners.create(false)),
    mqtt443: await listen(world.mqttListeners.create(true)),
    faults: await listen(controlInterface(world))
  }
  world.controlUrl = `https://localhost:${ports.control}`
  world.settings.dataEndpoint = `localhost:${ports.mqtt}`
  world.settings.credentialEndpoint = `localhost:${ports.credentials}`
  return ports
}

async function start() {
  const given = options()
  const world = await createWorld(given)
  const ports = await startServers(world)
  const https = (port) => ({ url: `https://localhost:${port}`, host: 'localhost', port })
  writeFacts(world, {
    pid: process.pid,
    region: world.region,
    account: world.account,
    accessKeyId: given.accessKeyId,
    secretAccessKey: given.secretAccessKey,
    control: https(ports.control),
    data: https(ports.data),
    credentials: https(ports.credentials),
    mqtt: { host: 'localhost', port: ports.mqtt },
    mqtt443: { host: 'localhost', port: ports.mqtt443 },
    faults: { url: `http://${HOST}:${ports.faults}` },
    requests: path.join(world.directory, 'requests.jsonl'),
    events: path.join(world.directory, 'events.jsonl'),
    ...writeCertificates(world)
  })
  if (given['ready-fd'] !== undefined) {
    fs.writeSync(Number(given['ready-fd']), 'ready\n')
    fs.closeSync(Number(given['ready-fd']))
  }
  if (given.keep) return
  process.stdin
    .on('close', () => process.exit(0))
    .on('error', () => process.exit(0))
    .resume()
}

start().catch((error) => {
  process.stderr.write(`double: ${error.stack}\n`)
  process.exit(1)
})

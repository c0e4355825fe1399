// SPDX-License-Identifier: Apache-2.0
// What the tests of the double share: a running double, signed calls, keys and certificates of devices, and a small
// MQTT client that shows every packet.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { webcrypto } from 'node:crypto'
import { mqttPacket, x509 } from '../base/packages.mjs'
import { EC, certificateIdOf, generateKeys, issue, pemOf, privatePem } from '../base/pki.mjs'
import { canonicalRequest, signature, stringToSign } from '../base/sigv4.mjs'

const main = path.join(path.dirname(fileURLToPath(import.meta.url)), '../main.mjs')

/** A running double: {facts, directory, ca, call(), control(), stop()}. */
export async function startDouble(...args) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'trustx-double-'))
  const child = spawn(process.execPath, [main, '--state', directory, ...args], {
    stdio: ['pipe', 'inherit', 'inherit']
  })
  const file = path.join(directory, 'facts.json')
  const ended = new Promise((resolve) => child.on('exit', resolve))
  await Promise.race([
    appears(directory, file),
    ended.then((code) => {
      throw new Error(`the double ended: ${code}`)
    })
  ])
  const facts = JSON.parse(fs.readFileSync(file, 'utf8'))
  const stop = async () => {
    child.stdin.end()
    await ended
    fs.rmSync(directory, { recursive: true })
  }
  return new Double(facts, directory, stop)
}

function appears(directory, file) {
  return new Promise((resolve) => {
    const look = () => {
      if (!fs.existsSync(file)) return
      watcher.close()
      resolve()
    }
    const watcher = fs.watch(directory, look)
    look()
  })
}

class Double {
  constructor(facts, directory, stop) {
    Object.assign(this, { facts, directory, stop, ca: fs.readFileSync(facts.ca) })
  }

  /** A call of the interface for tests. */
  async control(method, where, body) {
    const answer = await fetch(this.facts.faults.url + where, { method, body: body && JSON.stringify(body) })
    const parsed = await answer.json()
    if (!answer.ok) throw new Error(parsed.message)
    return parsed
  }

  /** Waits for a log entry with these members. */
  async event(wanted, since = 0) {
    const found = await this.control('GET', `/events?${new URLSearchParams({ ...wanted, since, count: 1 })}`)
    return found[0]
  }

  /** A signed call: {status, type, body}. `changes` alters headers after signing. */
  call(
    method,
    where,
    body,
    { headers = {}, service = 'iot', base = this.facts.control, changes = {}, at = Date.now(), key = this.facts } = {}
  ) {
    const url = new URL(base.url + where)
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const date = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')
    const sent = { host: url.host, 'x-amz-date': date, ...headers }
    const request = {
      method,
      path: url.pathname,
      query: url.search.slice(1),
      headers: Object.entries(sent),
      body: text
    }
    const names = Object.keys(sent)
      .map((name) => name.toLowerCase())
      .sort()
    const scope = `${date.slice(0, 8)}/${this.facts.region}/${service}/aws4_request`
    const signed = signature(key.secretAccessKey, scope, stringToSign(date, scope, canonicalRequest(request, names)))
    const authorization =
      `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, ` +
      `Signature=${signed}`
    return send(url, { method, ca: this.ca, headers: { ...sent, authorization, ...changes } }, text)
  }

  async accepted(...args) {
    const answer = await this.call(...args)
    if (answer.status !== 200)
      throw new Error(`${args[0]} ${args[1]}: ${answer.status} ${answer.type} ${answer.body.message}`)
    return answer.body
  }

  /** A device with a certificate of AWS, ACTIVE, with the policy and the thing named; made if missing. */
  async device(name, { policy = allowAll, status = 'ACTIVE' } = {}) {
    const keys = await generateKeys(EC)
    const csr = await requestFor(keys, `CN=${name}`)
    const made = await this.accepted('POST', `/certificates?setAsActive=${status === 'ACTIVE'}`, {
      certificateSigningRequest: csr
    })
    await this.accepted('POST', `/things/${name}`)
    await this.accepted('PUT', `/things/${name}/principals`, undefined, {
      headers: { 'x-amzn-principal': made.certificateArn }
    })
    if (policy) {
      await this.call('POST', `/policies/policy-of-${name}`, { policyDocument: JSON.stringify(policy) })
      await this.accepted('PUT', `/target-policies/policy-of-${name}`, { target: made.certificateArn })
    }
    return {
      name,
      key: await privatePem(keys),
      cert: made.certificatePem,
      arn: made.certificateArn,
      id: made.certificateId
    }
  }

  connect(device, options = {}) {
    return MqttClient.connect(this, device, options)
  }
}

function send(url, options, text) {
  return new Promise((resolve, reject) => {
    const request = https.request(url, { agent: false, ...options }, (answer) => {
      const chunks = []
      answer
        .on('data', (chunk) => chunks.push(chunk))
        .on('error', reject)
        .on('end', () => {
          const content = Buffer.concat(chunks).toString('utf8')
          if (!answer.complete) return reject(new Error('incomplete answer'))
          let body = content
          try {
            body = JSON.parse(content)
          } catch {
            // not every answer is JSON
          }
          return resolve({
            status: answer.statusCode,
            type: answer.headers['x-amzn-errortype'],
            body,
            headers: answer.headers
          })
        })
    })
    request.on('error', reject)
    request.end(text)
  })
}
export { send }

export const allowAll = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }] }

export async function requestFor(keys, name) {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: EC })
  return request.toString('pem')
}

/** A CA: {keys, certificate, pem}. */
export async function makeCa(subject) {
  const keys = await generateKeys(EC)
  const certificate = await issue({
    subject,
    keys,
    ca: true,
    notBefore: new Date(Date.now() - 86400_000),
    notAfter: new Date(Date.now() + 86400_000_000)
  })
  return { keys, certificate, pem: pemOf(certificate) }
}

/** A device certificate of that CA: {key, cert, id}. */
export async function certificateOf(ca, subject) {
  const keys = await generateKeys(EC)
  const certificate = await issue({
    subject,
    keys,
    issuer: ca,
    notBefore: new Date(Date.now() - 3600_000),
    notAfter: new Date(Date.now() + 86400_000_00)
  })
  return { key: await privatePem(keys), cert: pemOf(certificate), id: certificateIdOf(pemOf(certificate)) }
}

export { EC, generateKeys, privatePem, webcrypto }

export class MqttClient {
  packets = []
  #waiting = []
  ended = false

  static connect(
    double,
    device,
    {
      version = 4,
      clientId = device.name,
      port = double.facts.mqtt.port,
      clean = true,
      alpn,
      servername = 'localhost',
      ...connect
    } = {}
  ) {
    const client = new MqttClient()
    client.version = version
    return new Promise((resolve, reject) => {
      client.socket = tls.connect(
        {
          host: '127.0.0.1',
          port,
          servername,
          ca: double.ca,
          key: device.key,
          cert: device.cert,
          ALPNProtocols: alpn
        },
        () => {
          client.send({
            cmd: 'connect',
            protocolId: 'MQTT',
            protocolVersion: version,
            clean,
            clientId,
            keepalive: 60,
            ...connect
          })
          client.next().then((packet) => {
            client.connack = packet
            resolve(client)
          })
        }
      )
      client.socket.on('error', (error) => {
        client.error = error
        client.#end()
        reject(error)
      })
      client.socket.on('close', () => client.#end())
      const parser = mqttPacket.parser({ protocolVersion: version })
      parser.on('packet', (packet) => {
        client.packets.push(packet)
        client.#serve()
      })
      client.socket.on('data', (data) => parser.parse(data))
    })
  }

  #end() {
    this.ended = true
    this.#serve()
  }

  #serve() {
    while (this.#waiting.length > 0 && (this.packets.length > 0 || this.ended)) {
      this.#waiting.shift()(this.packets.shift() ?? null)
    }
  }

  /** The next packet, or null when the connection has ended. */
  next() {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#serve()
    })
  }

  send(packet) {
    mqttPacket.writeToStream(packet, this.socket, { protocolVersion: this.version })
  }

  async subscribe(...filters) {
    this.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: filters.map((topic) => ({ topic, qos: 1, nl: false, rap: false, rh: 0 }))
    })
    return this.next()
  }

  publish(topic, payload, more = {}) {
    const text = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload)
    this.send({ cmd: 'publish', topic, payload: text, qos: 0, dup: false, retain: false, ...more })
  }

  /** The next PUBLISH as {topic, body}; what else comes is passed over, PUBLISH of QoS 1 is acknowledged. */
  async message() {
    for (;;) {
      const packet = await this.next()
      if (packet === null) throw new Error('the connection ended')
      if (packet.cmd !== 'publish') continue
      if (packet.qos === 1) this.send({ cmd: 'puback', messageId: packet.messageId, reasonCode: 0 })
      const text = packet.payload.toString('utf8')
      try {
        return { topic: packet.topic, body: JSON.parse(text) }
      } catch {
        return { topic: packet.topic, body: text }
      }
    }
  }

  disconnect() {
    this.send({ cmd: 'disconnect', reasonCode: 0 })
    this.socket.end()
  }
}

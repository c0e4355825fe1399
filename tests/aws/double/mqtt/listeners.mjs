// SPDX-License-Identifier: Apache-2.0
// The TLS side of the data plane: one listener in the part of port 8883, one in that of 443, where ALPN decides
// (aws-iot.md sections 1.1 and 1.2).
import net from 'node:net'
import { constants } from 'node:crypto'
import tls from 'node:tls'
import { Connection } from './connection.mjs'

const MQTT_CA = 'x-amzn-mqtt-ca'

function chainOf(socket) {
  const chain = []
  for (let one = socket.getPeerCertificate(true); one?.raw; one = one.issuerCertificate) {
    if (chain.some((raw) => raw.equals(one.raw))) break
    chain.push(one.raw)
  }
  return chain
}

function peerOf(socket) {
  const chain = chainOf(socket)
  return {
    certificate: chain[0] ?? null,
    chain,
    servername: socket.servername || null,
    alpn: socket.alpnProtocol || null,
    tls: socket.getProtocol(),
    cipher: socket.getCipher()?.name,
    address: socket.remoteAddress,
    scheme: socket.getSharedSigalgs()[0]
  }
}

export class Listeners {
  #world
  #configuration = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', chains: ['ec', 'rsa'], alert: null, refuse: false }
  #servers = []

  constructor(world) {
    this.#world = world
  }

  /**
   * For tests: TLS versions, `chains` (ec and rsa, or a wrong one: expired, not-yet-valid, other-name, stranger),
   * `alert` (a number: answer each ClientHello with that fatal alert), `refuse` (hang up before the handshake).
   */
  async configure(changes) {
    for (const name of Object.keys(changes)) {
      if (!(name in this.#configuration)) throw new Error(`no TLS setting ${name}`)
    }
    for (const name of changes.chains ?? []) await this.#world.pki.makeServer(name, this.#world.clock.wall())
    Object.assign(this.#configuration, changes)
    for (const { server } of this.#servers) server.setSecureContext(this.#context())
    return this.#configuration
  }

  /** A server for MQTT; `needsAlpn` as on port 443. The result listens, on a port of the kernel's choice. */
  create(needsAlpn) {
    const server = tls.createServer(
      {
        ...this.#context(),
        requestCert: true,
        rejectUnauthorized: false,
        ALPNProtocols: [MQTT_CA]
      },
      (socket) => this.#accept(socket, needsAlpn)
    )
    server.on('tlsClientError', (error) => this.#log({ type: 'handshake failed', error: error.code ?? error.message }))
    this.#servers.push({ server })
    return this.#behindGate(server)
  }

  #context() {
    const { servers } = this.#world.pki
    const chosen = this.#configuration.chains.map((name) => servers[name])
    return {
      key: chosen.map((one) => one.key),
      cert: chosen.map((one) => one.chain),
      minVersion: this.#configuration.minVersion,
      maxVersion: this.#configuration.maxVersion,
      secureOptions: constants.SSL_OP_NO_TICKET
    }
  }

  /** A TCP server before the TLS server, for what a TLS server cannot be told to do. */
  #behindGate(server) {
    return net.createServer({ pauseOnConnect: true }, (socket) => {
      const fault = this.#world.faults.take({ where: 'tls' })
      const { alert, refuse } = { ...this.#configuration, ...fault }
      socket.on('error', () => {})
      if (refuse || fault?.hangup) return socket.destroy()
      if (alert !== null && alert !== undefined) return this.#answerWithAlert(socket, alert)
      server.emit('connection', socket)
      socket.resume()
      return undefined
    })
  }

  #answerWithAlert(socket, number) {
    this.#log({ type: 'alert', number })
    socket.once('data', () => socket.end(Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, number])))
    socket.resume()
  }

  #accept(socket, needsAlpn) {
    const peer = peerOf(socket)
    const { certificate, chain, ...shown } = peer
    this.#log({ type: 'handshake', ...shown, certificates: chain.length })
    socket.on('error', () => {})
    if (!peer.servername || !certificate || (needsAlpn && peer.alpn !== MQTT_CA)) {
      this.#log({
        type: 'refused',
        why: !peer.servername ? 'no SNI' : !certificate ? 'no client certificate' : 'no ALPN'
      })
      socket.destroySoon()
      return
    }
    new Connection(this.#world, socket, peer)
  }

  #log(entry) {
    this.#world.events.add(entry)
  }
}

// SPDX-License-Identifier: Apache-2.0
// The credentials provider: temporary credentials for a device's certificate (aws-iot.md section 7.8).
import { randomBytes } from 'node:crypto'
import { ServiceError } from '../base/errors.mjs'
import { httpListener } from '../base/http.mjs'
import { activeCertificate } from '../mqtt/admission.mjs'
import { authorize } from '../policy/authorizer.mjs'

const PATH = /^\/role-aliases\/([^/]+)\/credentials$/

function forbidden() {
  throw new ServiceError('ForbiddenException', 'Access Denied')
}

function credentials(world, alias) {
  const token = randomBytes(64).toString('base64')
  const expires = world.clock.now() + alias.seconds * 1000
  const made = {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: token,
    expiration: new Date(expires).toISOString().replace(/\.\d+Z/, 'Z')
  }
  world.accounts.set(made.accessKeyId, {
    secret: made.secretAccessKey,
    sessionToken: token,
    expires,
    arn: alias.roleArn
  })
  return { credentials: made }
}

function serve(world, request, socket) {
  const name = PATH.exec(request.path)?.[1]
  if (request.method !== 'GET' || !name) throw new ServiceError('MethodNotAllowedException', 'Method not allowed')
  const der = socket.getPeerCertificate().raw
  const certificate = der && activeCertificate(world, der)
  if (!certificate) forbidden()
  const thingName = request.header('x-amzn-iot-thingname')
  const attached = world.store.associations.some(
    (one) => one.principal === certificate.arn && one.thingName === thingName
  )
  if (thingName !== undefined && !attached) forbidden()
  const identity = { clientId: thingName, address: socket.remoteAddress, domain: socket.servername }
  const answer = authorize(
    world,
    certificate,
    identity,
    'iot:AssumeRoleWithCertificate',
    world.arn(`rolealias/${name}`)
  )
  if (answer.decision !== 'ALLOWED') forbidden()
  const alias = world.store.roleAliases.get(decodeURIComponent(name))
  return alias ? credentials(world, alias) : forbidden()
}

export function credentialsListener(world) {
  return httpListener(world, 'credentials', (request, socket) => ({
    operation: 'AssumeRoleWithCertificate',
    run: () => serve(world, request, socket)
  }))
}

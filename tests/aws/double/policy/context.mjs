// SPDX-License-Identifier: Apache-2.0
// The values that variables and condition keys have for one connection (aws-iot.md sections 3 and 14, item 1).
import { X509Certificate } from 'node:crypto'

const SUBJECT_NAMES = {
  C: 'Country',
  O: 'Organization',
  OU: 'OrganizationalUnit',
  dnQualifier: 'DistinguishedNameQualifier',
  ST: 'State',
  CN: 'CommonName',
  serialNumber: 'SerialNumber',
  title: 'Title',
  SN: 'Surname',
  GN: 'GivenName',
  L: 'Locality',
  initials: 'Initials',
  pseudonym: 'Pseudonym'
}

/** {CommonName: "..."} of node:crypto's text of a distinguished name, which is undefined where the name is empty. */
export function nameFields(text) {
  const fields = {}
  for (const line of (text ?? '').split('\n')) {
    const at = line.indexOf('=')
    const name = SUBJECT_NAMES[line.slice(0, at)]
    if (name && fields[name] === undefined) fields[name] = line.slice(at + 1)
  }
  return fields
}

// A value with such a character disables the variable, so that it cannot widen a policy (aws-iot.md section 1.4).
const isSafe = (value) => !/[*$+?#]/.test(value)

function put(context, key, value) {
  if (value !== undefined && isSafe(value)) context[key.toLowerCase()] = value
}

/**
 * The thing of a connection: the one that holds the certificate exclusively, else the attached one named as the client.
 */
export function thingOfConnection(world, certificate, clientId) {
  const mine = world.store.associations.filter((one) => one.principal === certificate.arn)
  const association =
    mine.find((one) => one.type === 'EXCLUSIVE_THING') ?? mine.find((one) => one.thingName === clientId)
  return association && world.store.things.get(association.thingName)
}

function putThing(context, thing) {
  context['iot:connection.thing.isattached'] = String(thing !== undefined)
  if (!thing) return
  put(context, 'iot:Connection.Thing.ThingName', thing.thingName)
  put(context, 'iot:Connection.Thing.ThingTypeName', thing.thingTypeName)
  for (const [name, value] of Object.entries(thing.attributes))
    put(context, `iot:Connection.Thing.Attributes[${name}]`, value)
}

function putCertificate(context, certificate) {
  const parsed = new X509Certificate(certificate.pem)
  for (const [prefix, text] of [
    ['Subject', parsed.subject],
    ['Issuer', parsed.issuer]
  ]) {
    for (const [name, value] of Object.entries(nameFields(text)))
      put(context, `iot:Certificate.${prefix}.${name}`, value)
  }
  put(context, 'iot:Certificate.SerialNumber', parsed.serialNumber)
  put(context, 'iot:CertificateId', certificate.id)
}

/** `connection` is {clientId, address?, domain?, attributes?: list of PersistentConnect and LastWill}. */
export function contextOf(world, certificate, connection) {
  const context = {}
  putCertificate(context, certificate)
  putThing(context, thingOfConnection(world, certificate, connection.clientId))
  put(context, 'iot:ClientId', connection.clientId)
  put(context, 'aws:SourceIp', connection.address)
  put(context, 'iot:DomainName', connection.domain)
  context['iot:connectattributes'] = connection.attributes ?? []
  context['aws:currenttime'] = new Date(world.clock.now()).toISOString()
  return context
}

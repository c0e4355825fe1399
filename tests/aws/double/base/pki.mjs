// SPDX-License-Identifier: Apache-2.0
// Keys and certificates that the double makes: roots and servers' certificates at its start, devices' certificates for
// requests. The issuer's name and the end in 2049 are those of AWS (aws-iot.md section 1.4).
import { createHash, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { x509 } from './packages.mjs'
import { invalid } from './errors.mjs'

export const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
export const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1])
}
const AWS_ISSUER = 'OU=Amazon Web Services O\\=Amazon.com Inc. L\\=Seattle ST\\=Washington C\\=US'
const AWS_END = new Date('2049-12-31T23:59:59Z')
const DAY = 86400_000

export function generateKeys(algorithm) {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

export async function privatePem(keys) {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY') + '\n'
}

export async function publicPem(keys) {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('spki', keys.publicKey), 'PUBLIC KEY') + '\n'
}

export function pemOf(certificate) {
  return certificate.toString('pem') + '\n'
}

/** certificateId: lower-case hex of SHA-256 over the DER. */
export function certificateIdOf(pem) {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')
}

function serialNumber() {
  const bytes = randomBytes(20)
  bytes[0] &= 0x7f
  return bytes.toString('hex')
}

function usage(ca) {
  return ca ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign : x509.KeyUsageFlags.digitalSignature
}

/** One certificate; `issuer` is {certificate, keys}, or missing for a self-signed one. */
export async function issue({ subject, publicKey, issuer, keys, ca = false, notBefore, notAfter, names = [] }) {
  const signer = issuer?.keys ?? keys
  const extensions = [
    new x509.BasicConstraintsExtension(ca, undefined, true),
    new x509.KeyUsagesExtension(usage(ca), true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey ?? keys.publicKey)
  ]
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names))
  if (issuer) extensions.push(await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey))
  return x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: issuer ? issuer.certificate.subjectName : subject,
    notBefore,
    notAfter,
    publicKey: publicKey ?? keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: { ...signer.privateKey.algorithm, hash: 'SHA-256' },
    extensions
  })
}

async function authority(subject, algorithm, validity, issuer) {
  const keys = await generateKeys(algorithm)
  return { keys, certificate: await issue({ subject, keys, issuer, ca: true, ...validity }) }
}

async function serverLeaf(algorithm, issuer, names, validity) {
  const keys = await generateKeys(algorithm)
  const leaf = await issue({ subject: `CN=${names[0].value}`, keys, issuer, names, ...validity })
  return { key: await privatePem(keys), pem: pemOf(leaf) }
}

/** Like the chain to Amazon's Root CA 3: all P-256, with a CA between. */
async function ecChain(names, validity, rootName = 'Double Root CA 3') {
  const root = await authority(`C=US, O=Double, CN=${rootName}`, EC, validity)
  const middle = await authority('C=US, O=Double, CN=Double Server CA 3B', EC, validity, root)
  const leaf = await serverLeaf(EC, middle, names, validity)
  return { root: pemOf(root.certificate), key: leaf.key, chain: leaf.pem + pemOf(middle.certificate), middle }
}

/** What can be wrong with a server's certificate: a function from the good EC chain to another one, by name. */
const wrongServers = {
  expired: (ec, names, now) =>
    wrongLeaf(ec, names, { notBefore: new Date(now - 30 * DAY), notAfter: new Date(now - DAY) }),
  'not-yet-valid': (ec, names, now) =>
    wrongLeaf(ec, names, { notBefore: new Date(now + DAY), notAfter: new Date(now + 30 * DAY) }),
  'other-name': (ec, names, now) =>
    wrongLeaf(ec, [{ type: 'dns', value: 'other.example' }], {
      notBefore: new Date(now - DAY),
      notAfter: new Date(now + 30 * DAY)
    }),
  stranger: (ec, names, now) =>
    ecChain(names, { notBefore: new Date(now - DAY), notAfter: new Date(now + 30 * DAY) }, 'Unknown Root')
}

async function wrongLeaf({ middle, root }, names, validity) {
  const leaf = await serverLeaf(EC, middle, names, validity)
  return { root, key: leaf.key, chain: leaf.pem + pemOf(middle.certificate) }
}

/** Like the chain to Amazon's Root CA 1, but without a CA between: RSA keys take long to make. */
async function rsaChain(names, validity) {
  const root = await authority('C=US, O=Double, CN=Double Root CA 1', RSA, validity)
  const leaf = await serverLeaf(RSA, root, names, validity)
  return { root: pemOf(root.certificate), key: leaf.key, chain: leaf.pem }
}

function subjectAlternativeNames(prefix, region) {
  const names = [
    `*.iot.${region}.amazonaws.com`,
    `iot.${region}.amazonaws.com`,
    `${prefix}.credentials.iot.${region}.amazonaws.com`,
    'localhost'
  ]
  return [
    ...names.map((value) => ({ type: 'dns', value })),
    { type: 'ip', value: '127.0.0.1' },
    { type: 'ip', value: '::1' }
  ]
}

export class Pki {
  /** `now` in milliseconds: certificates are valid from a day before to twenty years after it. */
  static async create({ prefix, region, now }) {
    const pki = new Pki()
    const validity = { notBefore: new Date(now - DAY), notAfter: new Date(now + 7300 * DAY) }
    const names = subjectAlternativeNames(prefix, region)
    const [ec, rsa] = await Promise.all([ecChain(names, validity), rsaChain(names, validity)])
    pki.servers = { ec, rsa }
    pki.#names = names
    pki.#validity = { ...validity, notAfter: AWS_END }
    return pki
  }

  #names
  #validity
  #issuer

  /** Makes the server's certificate of this name, if it is not there: one that is wrong, to be put into `servers`. */
  async makeServer(name, now) {
    if (name in this.servers) return
    if (!(name in wrongServers)) throw new Error(`no server certificate ${name}`)
    this.servers[name] = await wrongServers[name](this.servers.ec, this.#names, now)
  }

  /** The CA of AWS that issues for requests; made when it is first needed. */
  issuer() {
    this.#issuer ??= authority(AWS_ISSUER, RSA, this.#validity)
    return this.#issuer
  }

  /** A certificate of AWS for the key of a PKCS#10 request; `request` is what parseRequest() gave. */
  async issueForRequest(request, now) {
    const certificate = await issue({
      subject: request.subjectName,
      publicKey: request.publicKey,
      issuer: await this.issuer(),
      notBefore: new Date(now - 120_000),
      notAfter: AWS_END
    })
    return pemOf(certificate)
  }

  async issueWithNewKeys(subject, now, notAfter = AWS_END) {
    const keys = await generateKeys(RSA)
    const certificate = await issue({
      subject,
      keys,
      issuer: await this.issuer(),
      notBefore: new Date(now - 120_000),
      notAfter
    })
    return {
      certificatePem: pemOf(certificate),
      keyPair: { PublicKey: await publicPem(keys), PrivateKey: await privatePem(keys) }
    }
  }
}

function keyIsAccepted(publicKey) {
  const { algorithm } = publicKey
  if (algorithm.name === 'ECDSA') return ['P-256', 'P-384', 'P-521'].includes(algorithm.namedCurve)
  return algorithm.name?.startsWith('RSA') && algorithm.modulusLength >= 2048
}

/** A PKCS#10 request whose self-signature verifies, with a key that AWS accepts; InvalidRequestException else. */
export async function parseRequest(pem) {
  if (typeof pem !== 'string' || pem.length === 0 || pem.length > 4096) {
    invalid('1 validation error detected: certificateSigningRequest must have length between 1 and 4096')
  }
  let request
  let verified = false
  try {
    if (!/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(pem)) throw new Error('no PEM')
    request = new x509.Pkcs10CertificateRequest(pem)
    verified = keyIsAccepted(request.publicKey) && (await request.verify())
  } catch {
    invalid('Invalid CSR: the request cannot be parsed')
  }
  if (!verified) invalid('Invalid CSR: signature or key is not accepted')
  return request
}

/** The certificate of a PEM text of exactly one certificate, as node:crypto's X509Certificate. */
export function parseCertificate(pem) {
  const count = (String(pem).match(/-----BEGIN CERTIFICATE-----/g) ?? []).length
  if (count !== 1) throw new Error(`expected one certificate, found ${count}`)
  return new X509Certificate(pem)
}

export function deviceKeyIsAccepted(certificate) {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey
  if (asymmetricKeyType === 'rsa') return asymmetricKeyDetails.modulusLength >= 2048
  return (
    asymmetricKeyType === 'ec' && ['prime256v1', 'secp384r1', 'secp521r1'].includes(asymmetricKeyDetails.namedCurve)
  )
}

// SPDX-License-Identifier: Apache-2.0
// How a fault may change a certificate, a token or a text in an answer.
import { EC, generateKeys, issue, pemOf } from './pki.mjs'

/** A valid certificate that is for another key. */
async function strangersCertificate() {
  const keys = await generateKeys(EC)
  return pemOf(await issue({ subject: 'CN=stranger', keys, notBefore: new Date(0), notAfter: new Date(4e12) }))
}

export async function alterations() {
  const stranger = await strangersCertificate()
  return {
    'other-key': () => stranger,
    truncated: (text) => text.slice(0, Math.floor(text.length / 2)),
    crlf: (text) => text.replace(/\n/g, '\r\n'),
    bom: (text) => '\ufeff' + text,
    empty: () => '',
    garbage: () => 'not what it should be',
    'with-issuer': (text) => text + stranger
  }
}

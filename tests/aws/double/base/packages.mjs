// SPDX-License-Identifier: Apache-2.0
// The npm packages that tests/aws/setup installs outside the sources. Imports of ECMAScript modules do not search
// other directories, so everything of npm is loaded here, by a require() that looks where they are.
import { createRequire } from 'node:module'
import { webcrypto } from 'node:crypto'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const sources = path.dirname(fileURLToPath(import.meta.url))

/** The directory that holds node_modules. */
export const packagesDirectory = process.env.TRUSTX_AWS_PACKAGES ?? path.resolve(sources, '../../../../build/aws')

export const requirePackage = createRequire(path.join(packagesDirectory, 'package.json'))

function load(name) {
  try {
    return requirePackage(name)
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    process.stderr.write(
      `double: no package ${name} in ${packagesDirectory}; run tests/aws/setup DIRECTORY and set ` +
        'TRUSTX_AWS_PACKAGES=DIRECTORY\n'
    )
    process.exit(77)
  }
}

load('reflect-metadata')
export const x509 = load('@peculiar/x509')
export const mqttPacket = load('mqtt-packet')

x509.cryptoProvider.set(webcrypto)

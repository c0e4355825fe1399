// SPDX-License-Identifier: Apache-2.0
// The keys that may sign, by id. They are also written to a file, for those who recompute signatures afterwards.
import fs from 'node:fs'

export class Accounts {
  #file
  #known = new Map()

  constructor(path) {
    this.#file = fs.openSync(path, 'a', 0o600)
  }

  /** `account` is {secret, sessionToken?, expires?, arn, allow?, deny?}. */
  set(accessKeyId, account) {
    this.#known.set(accessKeyId, account)
    fs.writeSync(this.#file, JSON.stringify({ accessKeyId, secret: account.secret }) + '\n')
  }

  get(accessKeyId) {
    return this.#known.get(accessKeyId)
  }
}

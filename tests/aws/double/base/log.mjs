// SPDX-License-Identifier: Apache-2.0
// What happened, in order: kept in memory for tests that ask, and written as JSON lines for those that read later.
import fs from 'node:fs'

export class Log {
  #entries = []
  #waiting = new Set()
  #file
  #clock

  constructor(path, clock) {
    this.#file = fs.openSync(path, 'a', 0o600)
    this.#clock = clock
  }

  add(entry) {
    const written = { n: this.#entries.length + 1, at: this.#clock.now(), ...entry }
    this.#entries.push(written)
    fs.writeSync(this.#file, JSON.stringify(written) + '\n')
    for (const waiting of [...this.#waiting]) waiting()
    return written
  }

  /** Those after number `since` in which every member of `wanted` is as given. */
  find(wanted, since = 0) {
    return this.#entries
      .slice(since)
      .filter((entry) => Object.entries(wanted).every(([key, value]) => String(entry[key]) === value))
  }

  /** Resolves with find() as soon as it has `count` entries. `onClose` gets a function that gives up. */
  wait(wanted, since, count, onClose) {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.find(wanted, since)
        if (found.length < count) return
        this.#waiting.delete(look)
        resolve(found)
      }
      this.#waiting.add(look)
      onClose(() => this.#waiting.delete(look))
      look()
    })
  }
}

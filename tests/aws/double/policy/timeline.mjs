// SPDX-License-Identifier: Apache-2.0
// A value with its history, because a change of a policy is in force only minutes later (aws-iot.md section 14, item
// 2).

export class Timeline {
  #entries = []

  set(value, at) {
    this.#entries.push({ value, at })
  }

  get current() {
    return this.#entries.at(-1)?.value
  }

  /** What was set last at or before `time`, or undefined. */
  at(time) {
    return this.#entries.filter((entry) => entry.at <= time).at(-1)?.value
  }

  toJSON() {
    return this.#entries
  }
}

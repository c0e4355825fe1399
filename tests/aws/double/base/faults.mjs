// SPDX-License-Identifier: Apache-2.0
// Faults that a test orders: which event they hit, how often, and what happens then. A rule is
//   {where: "control", operation: "CreateThing", skip: 1, times: 2, action: {...}}
// `where` is a side of the double (control, credentials, data, mqtt, service, tls); every other key but the ones named
// here must equal the event's; "*" or a missing key matches all. Instead of `times`, `for` gives milliseconds.

const bookkeeping = new Set(['id', 'skip', 'times', 'for', 'action', 'until', 'hits'])

export class Faults {
  #rules = []
  #next = 1
  #held = new Map()
  #clock

  constructor(clock) {
    this.#clock = clock
  }

  add(rule) {
    const added = { ...rule, id: this.#next++, skip: rule.skip ?? 0, hits: 0 }
    if (rule.for !== undefined) added.until = this.#clock.now() + rule.for
    else added.times = rule.times ?? 1
    this.#rules.push(added)
    return added
  }

  list() {
    return this.#rules
  }

  clear() {
    this.#rules = []
    for (const release of this.#held.values()) release()
    this.#held.clear()
  }

  /** The action of the first rule that hits this event, or null. */
  take(event) {
    for (const rule of this.#rules) {
      if (!this.#active(rule) || !matches(rule, event)) continue
      if (rule.skip > 0) {
        rule.skip -= 1
        continue
      }
      rule.hits += 1
      if (rule.times !== undefined) rule.times -= 1
      return { id: rule.id, ...rule.action }
    }
    return null
  }

  /** Waits until release(id). */
  hold(id) {
    return new Promise((resolve) => this.#held.set(id, resolve))
  }

  isHolding(id) {
    return this.#held.has(id)
  }

  release(id) {
    const held = this.#held.get(id)
    this.#held.delete(id)
    held?.()
    return held !== undefined
  }

  #active(rule) {
    return rule.until === undefined ? rule.times !== 0 : this.#clock.now() < rule.until
  }
}

function matches(rule, event) {
  return Object.entries(rule).every(([key, wanted]) => bookkeeping.has(key) || wanted === '*' || wanted === event[key])
}

// SPDX-License-Identifier: Apache-2.0
// The time of the double: the computer's, moved by an offset, or stopped. What waits, waits on this clock, so a test
// moves it instead of sleeping. The time of day, which is compared with that of clients, does not move along: a
// client's clock knows nothing of time that a test has skipped. set() moves both.

const LONGEST_TIMER_MS = 0x7fffffff

export class Clock {
  #offset = 0
  #wallOffset = 0
  #stoppedAt = null
  #waiting = new Map()
  #next = 1
  #timer = null

  /** Milliseconds since 1970. */
  now() {
    return this.#stoppedAt ?? Date.now() + this.#offset
  }

  /** The time of day, in milliseconds since 1970: for signatures, the validity of certificates, the header Date. */
  wall() {
    return Date.now() + this.#wallOffset
  }

  seconds() {
    return Math.floor(this.now() / 1000)
  }

  set(milliseconds) {
    this.#wallOffset = milliseconds - Date.now()
    this.#move(milliseconds)
  }

  #move(milliseconds) {
    if (this.#stoppedAt !== null) this.#stoppedAt = milliseconds
    else this.#offset = milliseconds - Date.now()
    this.#run()
  }

  /** Time passes at once: what was due on the way happens in its order, each thing at its own time. */
  advance(milliseconds) {
    const end = this.now() + milliseconds
    for (let due = this.#earliest(); due && due.at <= end; due = this.#earliest()) {
      if (due.at > this.now()) this.#jump(due.at)
      this.#waiting.delete(due.id)
      due.action()
    }
    this.#move(end)
  }

  stop() {
    this.#stoppedAt = this.now()
    this.#arm()
  }

  start() {
    if (this.#stoppedAt === null) return
    this.#offset = this.#stoppedAt - Date.now()
    this.#stoppedAt = null
    this.#arm()
  }

  /** Calls `action` when `milliseconds` have passed; the result cancels that. */
  after(milliseconds, action) {
    const id = this.#next++
    this.#waiting.set(id, { id, at: this.now() + milliseconds, action })
    this.#arm()
    return () => this.#waiting.delete(id)
  }

  delay(milliseconds) {
    return new Promise((resolve) => this.after(milliseconds, resolve))
  }

  describe() {
    return {
      now: this.now(),
      iso: new Date(this.now()).toISOString(),
      wall: new Date(this.wall()).toISOString(),
      stopped: this.#stoppedAt !== null,
      waiting: this.#waiting.size
    }
  }

  #jump(at) {
    if (this.#stoppedAt !== null) this.#stoppedAt = at
    else this.#offset = at - Date.now()
  }

  #earliest() {
    let first = null
    for (const entry of this.#waiting.values()) {
      if (!first || entry.at < first.at || (entry.at === first.at && entry.id < first.id)) first = entry
    }
    return first
  }

  #run() {
    for (let due = this.#earliest(); due && due.at <= this.now(); due = this.#earliest()) {
      this.#waiting.delete(due.id)
      due.action()
    }
    this.#arm()
  }

  #arm() {
    clearTimeout(this.#timer)
    this.#timer = null
    const first = this.#earliest()
    if (!first || this.#stoppedAt !== null) return
    const wait = Math.min(Math.max(first.at - this.now(), 0), LONGEST_TIMER_MS)
    this.#timer = setTimeout(() => this.#run(), wait)
    this.#timer.unref()
  }
}

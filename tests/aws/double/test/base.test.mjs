// SPDX-License-Identifier: Apache-2.0
// What all tests lean on: the clock that a test moves, and the faults that it orders.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Clock } from '../base/clock.mjs'
import { Faults } from '../base/faults.mjs'
import { page } from '../base/names.mjs'

test('what waits happens in the order of time, each at its own time', () => {
  const clock = new Clock()
  clock.stop()
  const start = clock.now()
  const seen = []
  clock.after(200, () => seen.push(['late', clock.now() - start]))
  clock.after(100, () => {
    seen.push(['early', clock.now() - start])
    clock.after(50, () => seen.push(['between', clock.now() - start]))
  })
  const cancel = clock.after(120, () => seen.push(['cancelled']))
  cancel()
  clock.advance(199)
  assert.deepEqual(seen, [
    ['early', 100],
    ['between', 150]
  ])
  clock.advance(1)
  assert.deepEqual(seen.at(-1), ['late', 200])
  assert.equal(clock.now() - start, 200)
})

test('time that is skipped does not move the time of day, setting it does', () => {
  const clock = new Clock()
  clock.advance(3600_000)
  assert.ok(Math.abs(clock.wall() - Date.now()) < 60_000)
  assert.ok(clock.now() - Date.now() > 3500_000)
  clock.set(Date.parse('2030-01-01T00:00:00Z'))
  assert.equal(new Date(clock.wall()).getUTCFullYear(), 2030)
  assert.equal(new Date(clock.now()).getUTCFullYear(), 2030)
})

test('a stopped clock stands until it is started', () => {
  const clock = new Clock()
  clock.set(5000)
  clock.stop()
  const stood = clock.now()
  assert.equal(clock.now(), stood)
  clock.advance(10)
  assert.equal(clock.now(), stood + 10)
  clock.start()
  assert.ok(clock.now() >= stood + 10)
})

test('a fault skips, counts, and matches all members that it names', () => {
  const faults = new Faults(new Clock())
  faults.add({ where: 'control', operation: 'CreateThing', skip: 1, times: 2, action: { error: 'x' } })
  assert.equal(faults.take({ where: 'control', operation: 'DescribeThing' }), null)
  assert.equal(faults.take({ where: 'data', operation: 'CreateThing' }), null)
  const hits = [1, 2, 3, 4].map(() => faults.take({ where: 'control', operation: 'CreateThing' })?.error)
  assert.deepEqual(hits, [undefined, 'x', 'x', undefined])
})

test('a fault for a time ends with it', () => {
  const clock = new Clock()
  clock.stop()
  const faults = new Faults(clock)
  faults.add({ where: 'control', for: 1000, action: { error: 'x' } })
  assert.equal(faults.take({ where: 'control' }).error, 'x')
  clock.advance(1000)
  assert.equal(faults.take({ where: 'control' }), null)
})

test('what a fault holds goes on when it is released, or when all are removed', async () => {
  const faults = new Faults(new Clock())
  const [first, second] = [faults.hold(1), faults.hold(2)]
  assert.ok(faults.isHolding(1))
  assert.ok(faults.release(1))
  assert.ok(!faults.release(1))
  await first
  faults.clear()
  await second
})

test('pages follow each other and end', () => {
  const items = [1, 2, 3, 4, 5]
  const seen = []
  let start
  do {
    const answer = page(items, { start, size: '2', member: 'items', token: 'next' })
    seen.push(answer.items)
    start = answer.next
  } while (start !== undefined)
  assert.deepEqual(seen, [[1, 2], [3, 4], [5]])
  assert.throws(() => page(items, { size: '0', member: 'items', token: 'next' }), { name: 'InvalidRequestException' })
})

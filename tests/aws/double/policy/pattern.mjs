// SPDX-License-Identifier: Apache-2.0
// Patterns of policies: `*` is any text, `?` one character; `+` and `#` are ordinary characters (aws-iot.md section 3).
// A text with variables becomes a list of pieces, so that the value of a variable is never taken for a pattern.

const ESCAPES = { '*': '*', '?': '?', $: '$' }

/**
 * The pieces of `text`: {literal} or {pattern}. `lookup(name)` gives a variable's value or undefined; the result is
 * then {missing: name}.
 */
export function pieces(text, lookup) {
  const list = []
  let rest = text
  while (rest !== '') {
    const at = rest.indexOf('${')
    const end = at < 0 ? -1 : rest.indexOf('}', at)
    if (end < 0) return [...list, { pattern: rest }]
    if (at > 0) list.push({ pattern: rest.slice(0, at) })
    const name = rest.slice(at + 2, end)
    const value = ESCAPES[name] ?? lookup(name)
    if (value === undefined) return { missing: name }
    list.push({ literal: value })
    rest = rest.slice(end + 1)
  }
  return list
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')

/** Whether `value` has the form that the pieces describe. */
export function matches(list, value) {
  const source = list
    .map((piece) =>
      piece.literal !== undefined
        ? escaped(piece.literal)
        : escaped(piece.pattern).replace(/\\\*/g, '[^]*').replace(/\\\?/g, '[^]')
    )
    .join('')
  return new RegExp(`^${source}$`).test(value)
}

export const textOf = (list) => list.map((piece) => piece.literal ?? piece.pattern).join('')

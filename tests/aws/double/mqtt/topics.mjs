// SPDX-License-Identifier: Apache-2.0
// Topics and topic filters: limits, matching, and the reserved topics that the service knows (aws-iot.md sections 2,
// 7.6 and 8).

const LENGTH = 256
const SLASHES = 7
const BASIC_INGEST = /^\$aws\/rules\/[^/]+\//

const RESERVED_PUBLISH = [
  /^\$aws\/things\/[^/+#]+\/shadow(\/name\/[^/+#]+)?\/(get|update|delete)$/,
  /^\$aws\/things\/[^/+#]+\/jobs\/(get|start-next|[^/+#]+\/(get|update))$/,
  /^\$aws\/things\/[^/+#]+\/defender\/metrics\/(json|cbor)$/,
  /^\$aws\/certificates\/(create|create-from-csr)\/(json|cbor)$/,
  /^\$aws\/provisioning-templates\/[^/+#]+\/provision\/(json|cbor)$/,
  BASIC_INGEST
]
const RESERVED_SUBSCRIBE = /^\$(aws\/(things|certificates|provisioning-templates|events)\/|share\/)/

function size(topic) {
  return Buffer.byteLength(topic)
}

function depth(topic) {
  return topic.replace(BASIC_INGEST, '').split('/').length - 1
}

function fits(topic) {
  return (
    topic.length > 0 &&
    size(topic.replace(BASIC_INGEST, '')) <= LENGTH &&
    depth(topic) <= SLASHES &&
    !topic.includes('\0')
  )
}

/** Whether a client may name this topic in a PUBLISH, apart from policies. */
export function publishable(topic) {
  if (!fits(topic) || /[+#]/.test(topic)) return false
  return !topic.startsWith('$') || RESERVED_PUBLISH.some((form) => form.test(topic))
}

function wellFormed(filter) {
  const levels = filter.split('/')
  return levels.every(
    (level, at) =>
      (level === '+' || !level.includes('+')) && (!level.includes('#') || (level === '#' && at === levels.length - 1))
  )
}

export function subscribable(filter) {
  return fits(filter) && wellFormed(filter) && (!filter.startsWith('$') || RESERVED_SUBSCRIBE.test(filter))
}

/** The rule and topic of Basic Ingest, or null. */
export function basicIngest(topic) {
  const found = /^\$aws\/rules\/([^/]+)\/(.+)$/.exec(topic)
  return found && { rule: found[1], topic: found[2] }
}

/** The filter inside a shared subscription, else the filter itself. */
export function plainFilter(filter) {
  return filter.startsWith('$share/') ? filter.split('/').slice(2).join('/') : filter
}

export const isWildcard = (filter) => /[+#]/.test(filter)

/** Unlike MQTT says, `a/#` does not match `a` (aws-iot.md section 2); wildcards at the start never match `$...`. */
export function topicMatches(filter, topic) {
  const [wanted, found] = [filter.split('/'), topic.split('/')]
  if (topic.startsWith('$') && isWildcard(wanted[0])) return false
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '#') return found.length > i
    if (i >= found.length || (wanted[i] !== '+' && wanted[i] !== found[i])) return false
  }
  return wanted.length === found.length
}

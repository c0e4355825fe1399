// SPDX-License-Identifier: Apache-2.0
// Metrics for Device Defender (aws-iot.md section 8.3): checked for form and for growing report ids, and kept.
import { parseObject, replyTo } from './reply.mjs'

/** {id, version, metrics} of a report, with long or short names. */
function parts(body) {
  const header = body?.header ?? body?.hed ?? {}
  const metrics = body?.metrics ?? body?.met ?? body?.custom_metrics ?? body?.cmet
  return { id: header.report_id ?? header.rid, version: header.version ?? header.v, metrics }
}

function fault(known, { id, version, metrics }) {
  if (metrics === undefined) return ['InvalidPayload', 'metrics are required']
  if (!Number.isInteger(id)) return ['InvalidPayload', 'report_id']
  if (version === undefined) return ['InvalidPayload', 'version']
  return known !== undefined && id <= known ? ['DuplicateReportId', 'report_id must grow'] : null
}

export function defenderRequest(world, connection, message, thingName, format) {
  const body = format === 'json' ? parseObject(message.payload) : undefined
  const report = parts(body)
  const found = fault(world.reports.get(thingName), report)
  const reportId = report.id
  const common = { thingName, reportId, timestamp: world.clock.now() }
  if (found) {
    replyTo(world, connection, `${message.topic}/rejected`, {
      ...common,
      status: 'REJECTED',
      statusDetails: { ErrorCode: found[0], ErrorMessage: found[1] }
    })
  } else {
    world.reports.set(thingName, reportId)
    world.events.add({ type: 'metrics', thingName, report: body })
    replyTo(world, connection, `${message.topic}/accepted`, { ...common, status: 'ACCEPTED' })
  }
}

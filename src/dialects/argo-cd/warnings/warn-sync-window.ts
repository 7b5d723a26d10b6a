import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { parseCronSchedule, zoneOffset } from '../../../formats/cron/cron-schedule.js'
import { parseDurationMs } from '../application/duration.js'

/** What is wrong with a sync window: one that cannot be read holds syncs back at all times. */
export function warnSyncWindow(window: unknown, field: string): string[] {
  if (!isObject(window)) return [`${field} is no object and has no effect`]
  const { kind, schedule, duration, timeZone = '' } = window
  const found: string[] = []
  if (kind !== 'allow' && kind !== 'deny')
    found.push(`${field}.kind is ${JSON.stringify(kind)}, which is taken for deny: write allow or deny`)
  const broken: string[] = []
  try {
    parseCronSchedule(String(schedule))
  } catch (error) {
    broken.push(`${field}.schedule: ${messageOf(error)}`)
  }
  if (typeof duration !== 'string' || parseDurationMs(duration) === undefined)
    broken.push(`${field}.duration is ${JSON.stringify(duration)}: write 30m, 2h or 1h30m`)
  if (typeof timeZone !== 'string' || zoneOffset(timeZone) === undefined)
    broken.push(`${field}.timeZone is ${JSON.stringify(timeZone)}: write a name such as Europe/Berlin`)
  found.push(...broken.map((text) => `${text}; until then the window holds syncs back at all times`))
  const names = [window['applications'], window['namespaces'], window['clusters']]
  if (!names.some((list) => Array.isArray(list) && list.length > 0))
    found.push(`${field} names no applications, namespaces or clusters, so it has no effect: add applications: ["*"]`)
  return found
}

import { type CronSchedule, isDue, type ZoneOffset } from '../../../formats/cron/cron-schedule.js'

const minuteMs = 60_000

/** Whether a window that opens by the schedule and stays open for `durationMs` is open now. */
export function isWindowOpen(schedule: CronSchedule, durationMs: number, nowMs: number, offsetMs: ZoneOffset): boolean {
  const last = Math.floor(nowMs / minuteMs) * minuteMs
  for (let at = last; at > nowMs - durationMs; at -= minuteMs) if (isDue(schedule, at, offsetMs)) return true
  return false
}

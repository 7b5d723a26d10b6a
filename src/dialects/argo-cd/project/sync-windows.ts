import { isObject } from '../../../base/json.js'
import { type CronSchedule, parseCronSchedule, zoneOffset } from '../../../formats/cron/cron-schedule.js'
import { matchGlob } from '../../../formats/glob/plain-glob.js'
import { parseDurationMs } from '../application/duration.js'
import type { AppProject } from '../kinds/app-project.js'
import { isWindowOpen } from './cron-window.js'

export interface WindowSubject {
  readonly name: string
  readonly namespace: string
  readonly clusterName: string
  readonly server: string
}

interface Window {
  readonly allow: boolean
  readonly manualSync: boolean
  readonly open: boolean
}

/** A window that cannot be read is open when it denies and shut when it allows: the safe way. */
const longestMs = 31 * 86_400_000

/**
 * Whether a project's sync windows let an application be synced now. An open window that denies wins over one that allows;
 * where there are windows that allow, one of them must be open; `manualSync` lets people through. Pure.
 */
export function decideSyncWindow(
  project: AppProject,
  subject: WindowSubject,
  manual: boolean,
  nowMs: number,
): 'allowed' | 'blocked' {
  const windows = windowsFor(project, subject, nowMs)
  const denying = windows.filter((window) => !window.allow && window.open)
  if (denying.length > 0) return manual && denying.every((window) => window.manualSync) ? 'allowed' : 'blocked'
  const allowing = windows.filter((window) => window.allow)
  if (allowing.length === 0 || allowing.some((window) => window.open)) return 'allowed'
  return manual && allowing.some((window) => window.manualSync) ? 'allowed' : 'blocked'
}

function windowsFor(project: AppProject, subject: WindowSubject, nowMs: number): Window[] {
  return (project.spec.syncWindows ?? []).flatMap((written) => {
    if (!isObject(written) || !concerns(written, subject)) return []
    const allow = written.kind === 'allow'
    return [{ allow, manualSync: written.manualSync === true, open: isOpen(written, nowMs) ?? !allow }]
  })
}

function concerns(window: Record<string, unknown>, subject: WindowSubject): boolean {
  const lists: [unknown, readonly string[]][] = [
    [window.applications, [subject.name]],
    [window.namespaces, [subject.namespace]],
    [window.clusters, [subject.clusterName, subject.server]],
  ]
  const given = lists.filter(([patterns]) => Array.isArray(patterns) && patterns.length > 0)
  const hits = given.map(([patterns, texts]) =>
    (patterns as unknown[]).some((pattern) => texts.some((text) => matches(pattern, text))),
  )
  return window.andOperator === true ? hits.length > 0 && hits.every(Boolean) : hits.some(Boolean)
}

function matches(pattern: unknown, text: string): boolean {
  try {
    return typeof pattern === 'string' && matchGlob(pattern, text)
  } catch {
    return false
  }
}

const parsed = new Map<string, CronSchedule | undefined>()
const zones = new Map<string, ((atMs: number) => number) | undefined>()

function isOpen(window: Record<string, unknown>, nowMs: number): boolean | undefined {
  const { schedule, duration, timeZone = '' } = window
  if (typeof schedule !== 'string' || typeof duration !== 'string' || typeof timeZone !== 'string') return undefined
  const cron = remembered(parsed, schedule, validSchedule)
  const offset = remembered(zones, timeZone, zoneOffset)
  const durationMs = parseDurationMs(duration)
  if (cron === undefined || offset === undefined || durationMs === undefined) return undefined
  return isWindowOpen(cron, Math.min(durationMs, longestMs), nowMs, offset)
}

function remembered<T>(memory: Map<string, T>, key: string, make: (key: string) => T): T {
  if (!memory.has(key)) {
    if (memory.size > 500) memory.clear()
    memory.set(key, make(key))
  }
  return memory.get(key) as T
}

/** Undefined for a malformed schedule; the caller errs on the safe side then. */
function validSchedule(text: string): CronSchedule | undefined {
  try {
    return parseCronSchedule(text)
  } catch {
    return undefined
  }
}

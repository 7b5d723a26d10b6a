import { parseJson } from '../../src/base/json-text.js'
import type { Answer, Step } from './case.js'
import type { RawAnswer } from './send.js'

/** Headers that clients act upon. */
const comparedHeaders = [
  'content-type',
  'warning',
  'retry-after',
  'cache-control',
  'vary',
  'location',
  'www-authenticate',
  'x-content-type-options',
]

const uuidForm = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g
const timeForm = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g
const addressForm = /\b10\.96\.\d{1,3}\.\d{1,3}\b/g
const slackMs = 3 * 3600 * 1000

/**
 * Takes from the answers of one case what differs between two runs on the same server: identifiers become ordinals in the order
 * in which they are first seen, and times near the present one word. Everything else stays.
 */
export class Normaliser {
  readonly #id: string
  readonly #asked: string
  readonly #nowMs: number
  readonly #known = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  readonly #bases: string[] = []
  #step = 0
  readonly #generated = new Map<string, string>()

  /** `id` is the run's own text in names; what the requests themselves say is never replaced. */
  constructor(id: string, steps: readonly Step[], nowMs: number) {
    this.#id = id
    this.#asked = JSON.stringify(steps)
    this.#nowMs = nowMs
    for (const [, base] of this.#asked.matchAll(/"generateName":"([^"]*)"/g)) {
      if (base) this.#bases.push(base.slice(0, 58))
    }
  }

  /** `index` is the place of the step in the case: ordinals name the step that brought the value. */
  answer(raw: RawAnswer, step: Step, index: number): Answer {
    this.#step = index
    this.#counts.clear()
    const headers: Record<string, string> = {}
    for (const name of comparedHeaders) {
      const value = raw.headers[name]
      if (value !== undefined) headers[name] = this.#text(String(value))
    }
    return { code: raw.code, headers, body: this.#body(raw, step) }
  }

  #body(raw: RawAnswer, step: Step): unknown {
    const type = String(raw.headers['content-type'] ?? '')
    const text = raw.text.replaceAll(this.#id, 'ID')
    if (!type.startsWith('application/json')) return this.#text(text)
    // Only a watch has more than one line that begins an object.
    const isWatch = step.query?.['watch'] !== undefined || step.path.includes('/watch/')
    try {
      if (!isWatch || raw.code !== 200) return this.#parsed(text)
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => this.#parsed(line))
    } catch {
      return this.#text(text)
    }
  }

  #parsed(text: string): unknown {
    const value = parseJson(text, 'exact')
    this.#findGenerated(value)
    return this.#value(value, '', undefined)
  }

  #findGenerated(value: unknown): void {
    if (typeof value !== 'object' || value === null) return
    if (!Array.isArray(value)) {
      const { name, generateName } = value as Record<string, unknown>
      if (typeof name === 'string' && typeof generateName === 'string' && name.length === generateName.slice(0, 58).length + 5) {
        this.#generated.set(name, `${name.slice(0, -5)}RANDOM`)
      }
    }
    for (const item of Object.values(value)) this.#findGenerated(item)
  }

  #value(given: unknown, key: string, parent: Readonly<Record<string, unknown>> | undefined): unknown {
    let value = given
    if (typeof value === 'string') {
      if (key === 'resourceVersion' && /^\d+$/.test(value)) {
        if (parent?.['uid'] !== undefined || parent?.['name'] !== undefined) return this.#ordinal('rv', value)
        return value === '0' ? value : 'RV'
      }
      if (key === 'continue' && value.length > 20) return 'CONTINUE'
      if (key === 'token' && value.length > 100) return 'TOKEN'
      if (key === 'serverAddress') return 'ADDRESS'
      // Of a definition whose group is this run's own.
      if (key === 'storageVersionHash' && this.#asked.includes('/customresourcedefinitions')) return 'HASH'
      return this.#text(value)
    }
    // Integers that a double cannot hold are compared as texts.
    if (typeof value === 'bigint' || value === Number.MAX_SAFE_INTEGER) return `int64 ${value}`
    if (typeof value === 'number') {
      if ((key === 'nodePort' || key === 'healthCheckNodePort') && value > 0 && !this.#asked.includes(String(value))) {
        return 'PORT'
      }
      return value
    }
    // Entries of one second stand in the order of their managers, others in that of their times.
    if (key === 'managedFields' && Array.isArray(value)) value = [...value].sort(byManager)
    if (Array.isArray(value)) return value.map((item) => this.#value(item, key, undefined))
    if (typeof value === 'object' && value !== null) {
      const members = value as Record<string, unknown>
      return Object.fromEntries(
        Object.keys(members)
          .sort()
          .map((name) => [this.#text(name), this.#value(members[name], name, members)]),
      )
    }
    return value
  }

  #text(text: string): string {
    // Most texts are names of fields: nothing in them is ever replaced.
    const isPlain = !/\d/.test(text) && !text.includes(this.#id) && !text.includes('kube-api-access-')
    if (isPlain && this.#generated.size === 0 && this.#bases.length === 0) return text
    let result = text.replaceAll(this.#id, 'ID')
    for (const [name, shown] of this.#generated) result = result.replaceAll(name, shown)
    for (const base of this.#bases) {
      for (let at = result.indexOf(base); at >= 0; at = result.indexOf(base, at + 1)) {
        if (/^[a-z0-9]{5}\b/.test(result.slice(at + base.length))) {
          result = `${result.slice(0, at + base.length)}RANDOM${result.slice(at + base.length + 5)}`
        }
      }
    }
    result = result.replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-RANDOM')
    result = result.replace(uuidForm, (uid) => (this.#asked.includes(uid) ? uid : this.#ordinal('uid', uid)))
    result = result.replace(timeForm, (time) => {
      const near = Math.abs(Date.parse(time) - this.#nowMs) < slackMs
      return near && !this.#asked.includes(time) ? 'TIME' : time
    })
    result = result.replace(addressForm, (ip) => (this.#asked.includes(ip) ? ip : 'IP'))
    // What the requests dated into the past is older every day.
    if (/^\d+y(\d+d)?$/.test(result) && !this.#asked.includes(`"${result}"`)) result = 'LONG AGE'
    if (/^\d{1,2}s$/.test(result) && !this.#asked.includes(`"${result}"`)) result = 'AGE'
    // Addresses of memory, and ages in YAML.
    result = result.replace(/\b0x[0-9a-f]{8,}\b/g, 'POINTER').replace(/^( *- )\d{1,2}s$/gm, '$1AGE')
    result = result.replace(/(too old resource version: \d+) \(\d+\)/, '$1 (RV)')
    // Revisions in messages and in objects that messages show.
    result = result.replace(
      /(object meta: |current: |resource version: |in precondition: |in record \(|resourceVersion\\?": ?\\?"|resourceVersion: ")(\d+)/g,
      '$1RV',
    )
    return result
  }

  #ordinal(kind: string, value: string): string {
    const key = `${kind} ${value}`
    let shown = this.#known.get(key)
    if (shown === undefined) {
      const count = (this.#counts.get(kind) ?? 0) + 1
      this.#counts.set(kind, count)
      shown = `${kind}-${this.#step}.${count}`
      this.#known.set(key, shown)
    }
    return shown
  }
}

function byManager(a: unknown, b: unknown): number {
  const text = (entry: unknown) => {
    const { operation, manager, subresource, apiVersion } = (entry ?? {}) as Record<string, unknown>
    return JSON.stringify([operation, manager, subresource, apiVersion])
  }
  return text(a) < text(b) ? -1 : 1
}

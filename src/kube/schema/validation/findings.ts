import { isNumber } from '../../../base/json-text.js'
import type { StatusCause } from '../../object/status-error.js'
import { fieldCauses } from '../field-cause.js'

export type Members = Record<string, unknown>

/** The members of a value; none when it is no object. Built-in kinds are typed before they are validated. */
export function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

export function structsOf(value: unknown): Members[] {
  return listOf(value).map(membersOf)
}

/** Empty when the value is no text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** Zero when the value is no number. */
export function numberOf(value: unknown): number {
  return isNumber(value) ? Number(value) : 0
}

/** Collects what is wrong with an object, in the texts of upstream's field errors. */
export class Findings {
  readonly causes: StatusCause[] = []

  required(field: string, detail = ''): void {
    this.causes.push(fieldCauses.required(field, detail))
  }
  invalid(field: string, value: unknown, detail: string): void {
    this.causes.push(fieldCauses.invalid(field, value, detail))
  }
  duplicate(field: string, value: unknown, detail = ''): void {
    this.causes.push(fieldCauses.duplicate(field, value, detail))
  }
  notFound(field: string, value: unknown): void {
    this.causes.push(fieldCauses.notFound(field, value))
  }
  forbidden(field: string, detail: string): void {
    this.causes.push(fieldCauses.forbidden(field, detail))
  }
  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    this.causes.push(fieldCauses.notSupported(field, value, supported))
  }

  tooMany(field: string, count: number, most: number): void {
    this.causes.push(fieldCauses.tooMany(field, count, most))
  }

  /** One finding for each of the reasons why a text is not valid. */
  explain(field: string, value: unknown, reasons: readonly string[]): void {
    for (const reason of reasons) this.invalid(field, value, reason)
  }

  /** False, with a finding, when the text is empty. */
  text(field: string, value: unknown): boolean {
    if (textOf(value) !== '') return true
    this.required(field)
    return false
  }

  /** Values that are absent are fine: defaults have filled in what must be there. */
  oneOf(field: string, value: unknown, supported: readonly string[], shown: readonly string[] = supported): void {
    if (isSet(value) && !supported.includes(String(value))) this.notSupported(field, value, shown)
  }

  notNegative(field: string, value: unknown): void {
    if (isNumber(value) && value < 0) this.invalid(field, value, 'must be greater than or equal to 0')
  }

  inRange(field: string, value: unknown, least: number, most: number): void {
    if (isNumber(value) && (value < least || value > most)) {
      this.invalid(field, value, `must be between ${least} and ${most}, inclusive`)
    }
  }

  portNumber(field: string, value: unknown): void {
    this.inRange(field, value, 1, 65_535)
  }

  /** A number of a port, or its name (IANA service name). */
  portOrName(field: string, value: unknown): void {
    if (typeof value === 'string') this.explain(field, value, explainPortName(value))
    else this.inRange(field, value ?? 0, 1, 65_535)
  }

  immutable(field: string, value: unknown, changed: boolean): void {
    if (changed) this.invalid(field, value, 'field is immutable')
  }
}

/** RFC 6335, section 5.1: names of ports. */
export function explainPortName(name: string): string[] {
  const found: string[] = []
  if (name.length > 15) found.push('must be no more than 15 characters')
  if (!/^[-a-z0-9]*$/.test(name)) found.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(name)) found.push('must contain at least one letter (a-z)')
  if (name.includes('--')) found.push('must not contain consecutive hyphens')
  if (name.startsWith('-') || name.endsWith('-')) found.push('must not begin or end with a hyphen')
  return found
}

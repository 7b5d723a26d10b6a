/**
 * Errors carry a stable code, a message that says what was expected, found and where, and how to fix it.
 * The class carries policy: who must act, and whether trying again can help.
 */
export interface ErrorDetails {
  /** Stable, kebab-case, documented. */
  readonly code: string
  readonly message: string
  /** What the reader can do about it, as an imperative sentence. */
  readonly fix?: string
  readonly cause?: unknown
}

export class CodedError extends Error {
  readonly code: string
  readonly fix: string | undefined
  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = details.code
    this.fix = details.fix
  }
}

/** Trying again cannot help until a person changes something: a condition says so, no retry is scheduled. */
export class Stalled extends CodedError {}

/** Something else has to happen first; try again after `retryAfterMs` (or with backoff when absent). */
export class Waiting extends CodedError {
  readonly retryAfterMs: number | undefined
  constructor(details: ErrorDetails & { retryAfterMs?: number }) {
    super(details)
    this.retryAfterMs = details.retryAfterMs
  }
}

/** The caller used a command or a function wrongly. The command line exits with 2. */
export class UsageError extends CodedError {}

/** An invariant of our own is broken. Never expected; reported with its stack. */
export class BugError extends CodedError {}

/** The message of anything thrown, on one line, without a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message
  return String(error)
}

import { messageOf } from '../../base/errors.js'

/** A failure as users of the cluster read it: failures of the system without the paths of this machine. */
export function failureText(error: unknown): string {
  const { syscall } = (error ?? {}) as { syscall?: unknown }
  return typeof syscall === 'string' ? messageOf(error).replace(/, \w+ '.*$/s, '') : messageOf(error)
}

import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { failureText } from '../failure-text.js'
import { MountProblem } from './mount-problem.js'

/**
 * Where a path inside of a volume really is, made as directories as far as it is not there. Step by step: a link in the volume
 * may be anybody's, and nothing is made behind one that leads out.
 */
export function makeInside(volume: string, path: string, what: string): string {
  const top = realpathSync(volume)
  let at = top
  for (const part of path.split('/').filter((each) => each !== '')) {
    const next = join(at, part)
    try {
      mkdirSync(next)
    } catch {
      // It is there; or the next line says what is wrong.
    }
    try {
      at = realpathSync(next)
    } catch (error) {
      throw new MountProblem(`${what} cannot be made: ${failureText(error)}`)
    }
    if (at !== top && !at.startsWith(`${top}/`)) throw new MountProblem(`${what} leads out of its volume`)
  }
  return at
}

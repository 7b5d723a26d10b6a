import { MountProblem } from './volumes/mount-problem.js'

/**
 * Whether a name of the API may be the name of a directory. The API server has checked what came to it as objects; a backup
 * brings back whatever it holds, and what is made or removed by a name must stay where it belongs in any case.
 */
export function isPathSegment(name: string | undefined): name is string {
  return name !== undefined && name.length <= 253 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name)
}

export function pathSegment(name: string | undefined, what: string): string {
  if (isPathSegment(name)) return name
  throw new MountProblem(`${what} ${JSON.stringify(name ?? '')} cannot be the name of a directory`)
}

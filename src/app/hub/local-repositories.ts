import { join } from 'node:path'
import { normalizeGitUrl } from '../../delivery/source/git-url.js'
import type { DataDirectory } from '../fleet/data-directory.js'
import { readFleetConfig } from '../fleet/fleet-config.js'

/** Maps URLs of an embedded fleet's own Git server to its bare repositories on disk, which are read where they are. */
export function localRepositories(directory: DataDirectory, gitPort?: number): (url: string) => string | undefined {
  const config = gitPort === undefined ? readFleetConfig(directory) : undefined
  const port = gitPort ?? config?.gitPort
  const prefix = `https://127.0.0.1:${port}/`
  return (asked) => {
    let normal: string
    try {
      normal = normalizeGitUrl(asked)
    } catch {
      return undefined
    }
    if (!normal.startsWith(prefix)) return undefined
    const name = normal.slice(prefix.length).replace(/\.git$/, '')
    return /^[A-Za-z0-9_][\w.-]*$/.test(name) ? join(directory.file('git'), `${name}.git`) : undefined
  }
}

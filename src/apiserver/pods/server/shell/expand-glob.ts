import type { VirtualFiles } from '../virtual-files.js'
import { matchPattern } from './match-pattern.js'

/** The paths that a pattern matches, by name; where there is none, the word as it stands. */
export function expandGlob(pattern: string, otherwise: string, files: VirtualFiles, cwd: string): string[] {
  let found = [pattern.startsWith('/') ? '/' : '']
  for (const part of pattern.split('/')) {
    if (part === '') continue
    const next: string[] = []
    for (const base of found) {
      const prefix = base === '' || base.endsWith('/') ? base : `${base}/`
      if (!/(?<!\\)[*?[]/.test(part)) {
        const path = prefix + part.replace(/\\(.)/g, '$1')
        if (files.has(path, cwd)) next.push(path)
        continue
      }
      try {
        const names = files.list(base === '' ? '.' : base, cwd).map((entry) => entry.name)
        for (const name of names.sort()) if (!name.startsWith('.') && matchPattern(part, name)) next.push(prefix + name)
      } catch {
        // What is no directory, or no pattern, matches nothing.
      }
    }
    found = next
  }
  return found.length === 0 ? [otherwise] : found
}

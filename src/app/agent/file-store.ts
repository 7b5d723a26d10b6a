import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { StateStore } from '../../areas/agent/member/state-store.js'
import { replacePrivateFile } from '../fleet/data-directory.js'

/** A folder of files that nobody else may read. */
export function createFileStore(directory: string): StateStore {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = (name: string) => join(directory, name)
  return {
    async read(name) {
      try {
        return readFileSync(path(name), 'utf8')
      } catch (error) {
        if ((error as { code?: unknown }).code === 'ENOENT') return undefined
        throw error
      }
    },
    async write(name, text) {
      replacePrivateFile(path(name), text)
    },
    async remove(name) {
      rmSync(path(name), { force: true })
    },
  }
}

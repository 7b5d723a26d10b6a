import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Packed charts on disk by the sha256 of their bytes. Only a cache: it may be deleted at any time. */
export interface ChartCache {
  /** Bytes that have this digest, or undefined. What lies there under a wrong name is removed. */
  read(digest: string): Promise<Uint8Array | undefined>
  write(bytes: Uint8Array): Promise<string>
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Keeps at most `maxBytes` (512 Mi unless told); what was not used for longest goes first. */
export function createChartCache(directory: string, maxBytes = 512 * 1024 * 1024): ChartCache {
  let written = 0
  let counter = 0
  const fileOf = (digest: string) => join(directory, `${digest}.tgz`)
  return {
    async read(digest) {
      if (!/^[0-9a-f]{64}$/.test(digest)) return undefined
      const bytes = await readFile(fileOf(digest)).catch(() => undefined)
      if (bytes === undefined) return undefined
      if (sha256Of(bytes) !== digest) {
        await rm(fileOf(digest), { force: true })
        return undefined
      }
      await touch(fileOf(digest))
      return new Uint8Array(bytes)
    },
    async write(bytes) {
      const digest = sha256Of(bytes)
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const partial = join(directory, `${digest}.${process.pid}.${++counter}`)
      await writeFile(partial, bytes, { mode: 0o600 })
      await rename(partial, fileOf(digest))
      written += bytes.length
      // The first write looks as well: an earlier process may have left much.
      if (counter === 1 || written > maxBytes / 8) {
        written = 0
        await shrink(directory, maxBytes)
      }
      return digest
    },
  }
}

/** Use counts by the time of the last change of a file's attributes: setting any of them, even to what it is, moves that to now. */
async function touch(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined)
  if (found !== undefined) await utimes(file, found.ctime, found.mtime).catch(() => {})
}

async function shrink(directory: string, maxBytes: number): Promise<void> {
  const files: { path: string; size: number; used: number }[] = []
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    const found = await stat(path).catch(() => undefined)
    if (found?.isFile()) files.push({ path, size: found.size, used: found.ctimeMs })
  }
  let total = files.reduce((sum, file) => sum + file.size, 0)
  for (const file of files.sort((a, b) => a.used - b.used)) {
    if (total <= maxBytes) return
    await rm(file.path, { force: true })
    total -= file.size
  }
}

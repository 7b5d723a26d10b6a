import { close, closeSync, fsync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export interface PrivateFile {
  readonly path: string
  readonly text: string
}

/**
 * Writes files for their owner alone; resolves when the disk has all of them under their names. A reader sees the old text of a file
 * or the new one, never a part, and none of the new ones before all of them are on the disk. They take their names in the order given.
 * The disk is waited for off this thread and for all files at once: one after another a dozen files take a dozen turns of its journal.
 */
export async function savePrivateFiles(files: readonly PrivateFile[]): Promise<void> {
  if (files.length === 0) return
  const drafts: { readonly path: string; readonly draft: string; readonly file: number }[] = []
  try {
    for (const { path, text } of files) {
      const draft = `${path}.${process.pid}.next`
      const file = openSync(draft, 'w', 0o600)
      drafts.push({ path, draft, file })
      writeWhole(file, Buffer.from(text))
    }
  } catch (error) {
    for (const { draft, file } of drafts) {
      closeSync(file)
      unlinkSync(draft)
    }
    throw error
  }
  const flushes = await Promise.allSettled(drafts.map(({ file }) => flushAndClose(file)))
  const failed = flushes.find((flush) => flush.status === 'rejected')
  if (failed) {
    for (const { draft } of drafts) unlinkSync(draft)
    throw failed.reason
  }
  for (const { draft, path } of drafts) renameSync(draft, path)
  const folders = new Set(files.map(({ path }) => dirname(path)))
  await Promise.all([...folders].map(flushFolder))
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
}

function flushAndClose(file: number): Promise<void> {
  return new Promise((done, fail) =>
    fsync(file, (error) => close(file, (closeError) => ((error ?? closeError) ? fail(error ?? closeError) : done()))),
  )
}

/** Not every platform opens directories, not every file system flushes them. */
async function flushFolder(path: string): Promise<void> {
  let folder: number
  try {
    folder = openSync(path, 'r')
  } catch {
    return
  }
  await flushAndClose(folder).catch(() => undefined)
}

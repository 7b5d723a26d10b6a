import { sha256 } from '@noble/hashes/sha2.js'
import type { Tree, TreeEntry } from './tree.js'

interface Directory {
  readonly files: Map<string, { readonly bytes: Uint8Array; readonly hash: string }>
  readonly directories: Map<string, Directory>
  hash: string
}

const encoder = new TextEncoder()

/** A tree of files held in memory, by path: for tests, inline sources and generated input. */
export function createMemoryTree(files: Readonly<Record<string, string | Uint8Array>>): Tree {
  const root = newDirectory()
  for (const [path, content] of Object.entries(files)) {
    const parts = path.split('/')
    const name = parts.pop()!
    let directory = root
    for (const part of parts) {
      let next = directory.directories.get(part)
      if (next === undefined) {
        next = newDirectory()
        directory.directories.set(part, next)
      }
      directory = next
    }
    const bytes = typeof content === 'string' ? encoder.encode(content) : content
    directory.files.set(name, { bytes, hash: hashOf(bytes) })
  }
  const id = hashDirectory(root)
  const find = (path: string): Directory | undefined => {
    let directory: Directory | undefined = root
    if (path !== '') for (const part of path.split('/')) directory = directory?.directories.get(part)
    return directory
  }
  const findFile = (path: string) => {
    const slash = path.lastIndexOf('/')
    return find(slash === -1 ? '' : path.slice(0, slash))?.files.get(path.slice(slash + 1))
  }
  return {
    id,
    read: async (path) => findFile(path)?.bytes,
    hash: async (path) => findFile(path)?.hash ?? find(path)?.hash,
    list: async (path) => {
      const directory = find(path)
      return directory === undefined ? undefined : entriesOf(directory)
    },
  }
}

function newDirectory(): Directory {
  return { files: new Map(), directories: new Map(), hash: '' }
}

function entriesOf(directory: Directory): TreeEntry[] {
  const entries: TreeEntry[] = []
  for (const [name, file] of directory.files) entries.push({ name, kind: 'file', hash: file.hash })
  for (const [name, child] of directory.directories) entries.push({ name, kind: 'directory', hash: child.hash })
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function hashDirectory(directory: Directory): string {
  for (const child of directory.directories.values()) hashDirectory(child)
  const listing = entriesOf(directory).map((entry) => `${entry.kind} ${entry.hash} ${entry.name}\n`)
  directory.hash = hashOf(encoder.encode(`directory\n${listing.join('')}`))
  return directory.hash
}

function hashOf(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of sha256(bytes)) hex += byte.toString(16).padStart(2, '0')
  return hex
}

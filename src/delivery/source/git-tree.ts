import { compareText } from '../../base/compare-text.js'
import { Stalled } from '../../base/errors.js'
import type { Tree, TreeEntry } from '../render/tree.js'

/** Reads by hash; both throw when the object is not there although a tree names it. */
export interface TreeObjects {
  entries(treeHash: string): Promise<readonly TreeEntry[]>
  blob(hash: string): Promise<Uint8Array>
}

type Found =
  | { readonly kind: 'file' | 'directory'; readonly hash: string; readonly path: string }
  | { readonly kind: 'submodule'; readonly hash: string; readonly path: string }
  | undefined

const maxLinks = 32

/**
 * A commit's files. Symbolic links are followed inside the tree only: one that leads out of it, or in a circle, is as if it
 * were not there. A submodule is named in listings; reading in it throws Stalled, for its content is in another repository.
 */
export function createGitTree(rootHash: string, objects: TreeObjects): Tree {
  async function find(path: string): Promise<Found> {
    let pending = splitPath(path)
    if (pending === undefined) return undefined
    // The chain of directories from the root to where we are, for `..` in links.
    let chain: { name: string; hash: string }[] = []
    let links = 0
    while (pending.length > 0) {
      const [name, ...rest]: string[] = pending
      pending = rest
      if (name === '..') {
        if (chain.length === 0) return undefined
        chain.pop()
        continue
      }
      const directory = chain.at(-1)?.hash ?? rootHash
      const entry = lookUp(await objects.entries(directory), name!)
      if (entry === undefined) return undefined
      switch (entry.kind) {
        case 'directory':
          chain.push({ name: name!, hash: entry.hash })
          break
        case 'file':
          return rest.length === 0 ? { kind: 'file', hash: entry.hash, path: below(chain, name!) } : undefined
        case 'submodule':
          return { kind: 'submodule', hash: entry.hash, path: below(chain, name!) }
        case 'symlink': {
          if (++links > maxLinks) return undefined
          const target = new TextDecoder().decode(await objects.blob(entry.hash))
          if (target === '' || target.length > 4096 || target.includes('\0') || target.startsWith('/')) return undefined
          pending = [...target.split('/').filter((part) => part !== '' && part !== '.'), ...rest]
          if (pending.length > 512) return undefined
          chain = [...chain]
        }
      }
    }
    return { kind: 'directory', hash: chain.at(-1)?.hash ?? rootHash, path: chain.map((part) => part.name).join('/') }
  }

  const refuseSubmodule = (found: { path: string }): never => {
    throw new Stalled({
      code: 'git-submodule',
      message: `${found.path} is a Git submodule: its files are in another repository and are not read`,
      fix: 'Use the repository of the submodule as a source of its own, or copy the files',
    })
  }

  return {
    id: rootHash,
    async read(path) {
      const found = await find(path)
      if (found?.kind === 'submodule') return refuseSubmodule(found)
      return found?.kind === 'file' ? objects.blob(found.hash) : undefined
    },
    async hash(path) {
      return (await find(path))?.hash
    },
    async list(path) {
      const found = await find(path)
      if (found?.kind === 'submodule') return refuseSubmodule(found)
      return found?.kind === 'directory' ? objects.entries(found.hash) : undefined
    },
    async realPath(path) {
      return (await find(path))?.path
    },
  }
}

function below(chain: readonly { name: string }[], name: string): string {
  return [...chain.map((part) => part.name), name].join('/')
}

/** Undefined for paths that are not relative and clean. */
function splitPath(path: string): string[] | undefined {
  if (path === '' || path === '.') return []
  if (path.startsWith('/') || path.includes('\0')) return undefined
  const parts = path.split('/')
  return parts.some((part) => part === '' || part === '.' || part === '..') ? undefined : parts
}

/** Entries are sorted bytewise by name. */
function lookUp(entries: readonly TreeEntry[], name: string): TreeEntry | undefined {
  if (entries.length <= 16) return entries.find((entry) => entry.name === name)
  let low = 0
  let high = entries.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const entry = entries[middle]!
    if (entry.name === name) return entry
    if (compareText(entry.name, name) < 0) low = middle + 1
    else high = middle - 1
  }
  return undefined
}

const modes: Readonly<Record<string, TreeEntry['kind']>> = {
  '40000': 'directory',
  '100644': 'file',
  '100755': 'file',
  '100664': 'file',
  '120000': 'symlink',
  '160000': 'submodule',
}

/** Reads the content of a git tree object: `mode name NUL hash`, over and over. `hashBytes`: 20, or 32 for SHA-256. */
export function parseTreeObject(content: Uint8Array, hashBytes: number): TreeEntry[] {
  const decoder = new TextDecoder()
  const entries: TreeEntry[] = []
  let at = 0
  while (at < content.length) {
    const space = content.indexOf(0x20, at)
    const end = content.indexOf(0, space)
    if (space < 0 || end < 0 || end + hashBytes >= content.length + 1) break
    const kind = modes[decoder.decode(content.subarray(at, space))]
    const name = decoder.decode(content.subarray(space + 1, end))
    let hash = ''
    for (let index = end + 1; index <= end + hashBytes; index++) hash += content[index]!.toString(16).padStart(2, '0')
    // Names that no work tree may have are left out: they exist in crafted trees only.
    if (kind !== undefined && name !== '' && name !== '.' && name !== '..' && !name.includes('/'))
      entries.push({ name, kind, hash })
    at = end + 1 + hashBytes
  }
  return entries.sort((a, b) => compareText(a.name, b.name))
}

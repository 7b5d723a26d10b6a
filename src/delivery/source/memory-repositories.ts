import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.js'
import { compareText } from '../../base/compare-text.js'
import { Stalled, Waiting } from '../../base/errors.js'
import type { TreeEntry } from '../render/tree.js'
import type { Repositories } from './contract.js'
import { checkRevision, resolveRevision, revisionNotFound } from './git-references.js'
import { createGitTree } from './git-tree.js'
import { normalizeGitUrl } from './git-url.js'

/** Repositories in memory, for scenarios and simulation: hashes are those that git would give to the same content. */
export interface MemoryRepositories extends Repositories {
  /**
   * Adds a commit to a branch (default `main`) and returns its hash. `files` maps paths to text; null removes a file.
   * `replace`: the files are the whole tree, instead of changes to the branch's last commit. Listeners are told.
   */
  commit(change: {
    url: string
    branch?: string
    files: Readonly<Record<string, string | Uint8Array | null>>
    message?: string
    replace?: boolean
  }): string
  tag(url: string, name: string, commit: string): void
  /** While `problem` is given, everything that reads the repository's references fails with it. */
  fail(url: string, problem: string | undefined): void
}

interface Folder {
  readonly hash: string
}

export function createMemoryRepositories(options: { clock: Clock }): MemoryRepositories {
  interface Repository {
    readonly url: string
    readonly references: Map<string, string>
    problem: string | undefined
  }
  const repositories = new Map<string, Repository>()
  const commits = new Map<string, { tree: string; files: ReadonlyMap<string, Uint8Array>; message: string; at: number }>()
  const trees = new Map<string, readonly TreeEntry[]>()
  const blobs = new Map<string, Uint8Array>()
  const listeners = new Set<(change: { url: string }) => void>()

  const open = (url: string): Repository => {
    const repository = repositories.get(normalizeGitUrl(url))
    if (repository === undefined)
      throw new Stalled({ code: 'repository-not-found', message: `repository not found: ${url}`, fix: 'Correct repoURL' })
    if (repository.problem !== undefined)
      throw new Waiting({ code: 'repository-unreachable', message: `repository ${url} does not answer: ${repository.problem}` })
    return repository
  }

  const store = (type: string, content: Uint8Array): string => {
    const hash = createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex')
    if (type === 'blob') blobs.set(hash, content)
    return hash
  }

  /** Stores the folder of `files` (paths relative to it) and returns its tree hash. */
  const storeFolder = (files: readonly (readonly [string, Uint8Array])[]): Folder => {
    const entries: TreeEntry[] = []
    const below = new Map<string, [string, Uint8Array][]>()
    for (const [path, content] of files) {
      const slash = path.indexOf('/')
      if (slash < 0) entries.push({ name: path, kind: 'file', hash: store('blob', content) })
      else {
        const name = path.slice(0, slash)
        const list = below.get(name) ?? []
        list.push([path.slice(slash + 1), content])
        below.set(name, list)
      }
    }
    for (const [name, inner] of below) entries.push({ name, kind: 'directory', hash: storeFolder(inner).hash })
    // Git sorts a directory as if its name ended with a slash.
    const sorted = [...entries].sort((a, b) =>
      compareText(a.kind === 'directory' ? `${a.name}/` : a.name, b.kind === 'directory' ? `${b.name}/` : b.name),
    )
    const content = Buffer.concat(
      sorted.flatMap((entry) => [
        Buffer.from(`${entry.kind === 'directory' ? '40000' : '100644'} ${entry.name}\0`),
        Buffer.from(entry.hash, 'hex'),
      ]),
    )
    const hash = store('tree', content)
    trees.set(
      hash,
      entries.sort((a, b) => compareText(a.name, b.name)),
    )
    return { hash }
  }

  const changed = (url: string) => {
    for (const listener of listeners) listener({ url })
  }

  const commitOf = (commit: string) => {
    const found = commits.get(commit)
    if (found === undefined) throw new Stalled({ code: 'commit-not-found', message: `commit ${commit} is not in the repository` })
    return found
  }

  return {
    commit({ url, branch = 'main', files, message = 'change', replace = false }) {
      const key = normalizeGitUrl(url)
      let repository = repositories.get(key)
      if (repository === undefined) {
        repository = { url, references: new Map(), problem: undefined }
        repositories.set(key, repository)
      }
      const name = `refs/heads/${branch}`
      const parent = repository.references.get(name)
      const all = new Map(replace || parent === undefined ? [] : commitOf(parent).files)
      for (const [path, content] of Object.entries(files)) {
        if (content === null) all.delete(path)
        else all.set(path, typeof content === 'string' ? new TextEncoder().encode(content) : content)
      }
      const tree = storeFolder([...all]).hash
      const at = options.clock.now()
      const stamp = `Flotilla <flotilla@example.invalid> ${Math.floor(at / 1000)} +0000`
      const text = `tree ${tree}\n${parent === undefined ? '' : `parent ${parent}\n`}author ${stamp}\ncommitter ${stamp}\n\n${message}\n`
      const hash = store('commit', new TextEncoder().encode(text))
      commits.set(hash, { tree, files: all, message, at })
      repository.references.set(name, hash)
      if (!repository.references.has('HEAD') || branch === 'main') repository.references.set('HEAD', hash)
      changed(repository.url)
      return hash
    },
    tag(url, name, commit) {
      open(url).references.set(`refs/tags/${name}`, commit)
      changed(url)
    },
    fail(url, problem) {
      const repository = repositories.get(normalizeGitUrl(url))
      if (repository) repository.problem = problem
      changed(url)
    },
    async resolve(url, revision) {
      checkRevision(revision)
      const references = { byName: open(url).references, head: undefined }
      const resolved = resolveRevision(references, revision.trim())
      if (resolved.kind === 'commit') return resolved.commit
      if (resolved.kind === 'abbreviated') for (const hash of commits.keys()) if (hash.startsWith(resolved.prefix)) return hash
      throw revisionNotFound(url, revision, references)
    },
    async tree(url, commit) {
      open(url)
      return createGitTree(commitOf(commit).tree, {
        entries: async (hash) => trees.get(hash) ?? [],
        blob: async (hash) => blobs.get(hash) ?? new Uint8Array(),
      })
    },
    async describe(url, commit) {
      open(url)
      const found = commitOf(commit)
      return {
        author: 'Flotilla <flotilla@example.invalid>',
        date: new Date(found.at).toISOString().replace(/\.\d+Z$/, 'Z'),
        message: found.message,
      }
    },
    notify: changed,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

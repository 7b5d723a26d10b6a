import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.js'
import { CodedError, Stalled, Waiting } from '../../base/errors.js'
import type { TreeEntry } from '../render/tree.js'
import type { RepositoryAdvice, RepositoryCredentials } from './contract.js'
import { explainGitFailure } from './explain-git-failure.js'
import {
  checkRevision,
  type GitReferences,
  parseReferences,
  resolveRevision,
  revisionNotFound,
  sameReferences,
} from './git-references.js'
import { parseTreeObject } from './git-tree.js'
import { type GitUrl, redactUrl } from './git-url.js'
import type { ObjectCache } from './object-cache.js'
import { createObjectReader, type ObjectReader } from './object-reader.js'
import { type GitProgram, gitEnvironment, runGit } from './run-git.js'

/** One repository: its references as last seen, and its objects on disk. */
export interface Mirror {
  readonly url: string
  /** `maxAgeMs`: how old the knowledge of the references may be. */
  resolve(revision: string, maxAgeMs: number, signal?: AbortSignal): Promise<string>
  treeOf(commit: string): Promise<string>
  describe(commit: string): Promise<{ author: string; date: string; message: string }>
  entries(treeHash: string): Promise<readonly TreeEntry[]>
  blob(hash: string): Promise<Uint8Array>
  /** Reads the references now; true when one has moved since the last time, or they can be read again. Never throws. */
  poll(): Promise<boolean>
  /** What is known of the references is no longer taken for true. */
  forget(): void
  /** Clock time of the last use. */
  readonly lastUsed: number
  readonly reader: ObjectReader
  close(): void
}

export interface MirrorOptions {
  readonly url: GitUrl
  /** A bare repository on this machine that is the repository itself: nothing is fetched. */
  readonly local: string | undefined
  /** The cache directory. */
  readonly directory: string
  readonly program: GitProgram
  readonly clock: Clock
  readonly credentials: RepositoryCredentials
  readonly advice: RepositoryAdvice
  /** Runs git under a bound on how many run at once. */
  limit<T>(run: () => Promise<T>): Promise<T>
  readonly trees: ObjectCache<readonly TreeEntry[]>
  readonly blobs: ObjectCache<Uint8Array>
  readonly maxObjectBytes: number
  readonly timeoutMs: number
  /** A failure is repeated from memory for this long instead of asking again. */
  readonly failureMs: number
  nextToken(): string
}

export function createMirror(options: MirrorOptions): Mirror {
  const { url, clock, program, local } = options
  const remote = local ?? url.url
  const gitDirectory = local ?? join(options.directory, `${url.id}.git`)
  const reader = createObjectReader({
    command: program.command,
    gitDirectory,
    environment: gitEnvironment(program, options.directory),
    maxObjectBytes: options.maxObjectBytes,
  })
  let references: { value: GitReferences; at: number } | undefined
  let failure: { error: CodedError; at: number } | undefined
  /** What all users know of the references, and whether some could not read them since: one who asks by himself tells nobody. */
  let shared: GitReferences | undefined
  let troubled = false
  let asking: Promise<GitReferences> | undefined
  let fetching: Promise<void> | undefined
  let prepared: Promise<void> | undefined
  let lastUsed = clock.now()
  /** Counts what `forget` has been told: an answer to a question from before it is not kept. */
  let era = 0

  const git = (args: readonly string[], signal?: AbortSignal) =>
    options.limit(() =>
      runGit(program, {
        args,
        home: options.directory,
        clock,
        timeoutMs: options.timeoutMs,
        token: options.nextToken(),
        ...(local === undefined ? { url, credentials: options.credentials(url.url) } : {}),
        ...(signal ? { signal } : {}),
      }),
    )

  async function ask(): Promise<GitReferences> {
    const asked = era
    try {
      const value = parseReferences(await git(['ls-remote', '--symref', '--', remote]))
      if (asked === era) {
        references = { value, at: clock.now() }
        shared ??= value
        failure = undefined
      }
      return value
    } catch (error) {
      const explained = explainGitFailure(url.url, error, options.advice)
      if (asked === era) {
        failure = { error: explained, at: clock.now() }
        troubled = true
      }
      throw explained
    }
  }

  /** Many callers, one question at a time. A caller's signal ends its waiting, not the question that others wait for. */
  function known(maxAgeMs: number): Promise<GitReferences> {
    if (references && clock.now() - references.at < maxAgeMs) return Promise.resolve(references.value)
    if (asking) return asking
    if (failure && clock.now() - failure.at < Math.min(maxAgeMs, options.failureMs)) return Promise.reject(failure.error)
    const question = ask().finally(() => {
      if (asking === question) asking = undefined
    })
    asking = question
    return question
  }

  const prepare = () => {
    prepared ??= (async () => {
      await mkdir(options.directory, { recursive: true, mode: 0o700 })
      if (!(await stat(join(gitDirectory, 'HEAD')).catch(() => undefined)))
        await git(['init', '--quiet', '--bare', '--template=', gitDirectory])
    })().catch((error: unknown) => {
      prepared = undefined
      throw explainGitFailure(url.url, error, options.advice)
    })
    return prepared
  }

  async function fetchAll(): Promise<void> {
    await prepare()
    const fetch = () =>
      git([
        `--git-dir=${gitDirectory}`,
        'fetch',
        '--quiet',
        '--no-tags',
        '--prune',
        '--force',
        '--no-write-fetch-head',
        '--no-recurse-submodules',
        '--',
        remote,
        '+refs/heads/*:refs/heads/*',
        '+refs/tags/*:refs/tags/*',
      ])
    try {
      await fetch()
    } catch (error) {
      // A process that was killed in mid-fetch can leave locks and broken packs: the mirror is only a cache.
      if (!/\.lock|corrupt|bad object|unable to create|index file/i.test(String((error as Error).message)))
        throw explainGitFailure(url.url, error, options.advice)
      reader.close()
      await rm(gitDirectory, { recursive: true, force: true })
      prepared = undefined
      await prepare()
      await fetch().catch((again: unknown) => {
        throw explainGitFailure(url.url, again, options.advice)
      })
    }
  }

  const fetched = () => {
    fetching ??= fetchAll().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  /** The object, fetched if it is not there yet: first with everything, then by its own name (pull requests, old commits). */
  async function commitObject(name: string): Promise<{ hash: string; text: string } | undefined> {
    const read = async (): Promise<{ hash: string; text: string } | undefined> => {
      if (local === undefined) await prepare()
      let object = await reader.read(name)
      for (let depth = 0; object?.type === 'tag' && depth < 8; depth++) {
        object = await reader.read(/^object ([0-9a-f]+)$/m.exec(new TextDecoder().decode(object.content))?.[1] ?? '')
      }
      return object?.type === 'commit' ? { hash: object.hash, text: new TextDecoder().decode(object.content) } : undefined
    }
    const found = await read()
    if (found || local !== undefined) return found
    await fetched()
    const after = await read()
    if (after || !/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(name)) return after
    await git([`--git-dir=${gitDirectory}`, 'fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', remote, name]).catch(
      () => '',
    )
    return read()
  }

  async function commitText(commit: string): Promise<string> {
    lastUsed = clock.now()
    const object = await commitObject(commit)
    if (object) return object.text
    throw new Stalled({
      code: 'commit-not-found',
      message: `commit ${commit.slice(0, 64)} is not in ${redactUrl(url.url)}`,
      fix: 'Correct targetRevision; a commit that no branch or tag holds may be gone',
    })
  }

  async function object(hash: string, type: string): Promise<Uint8Array> {
    const found = await reader.read(hash)
    if (found?.type === type) return found.content
    throw new Waiting({
      code: 'git-object-missing',
      message: `${redactUrl(url.url)}: the ${type} ${hash} is missing in the copy of the repository`,
    })
  }

  return {
    url: url.url,
    reader,
    get lastUsed() {
      return lastUsed
    },
    async resolve(revision, maxAgeMs, signal) {
      lastUsed = clock.now()
      checkRevision(revision)
      const wanted = revision.trim()
      // A whole hash means the same for ever: nobody has to be asked.
      if (/^[0-9a-f]{40}$/.test(wanted)) return wanted
      const value = await abortable(known(maxAgeMs), signal)
      const resolved = resolveRevision(value, wanted)
      if (resolved.kind === 'commit') return resolved.commit
      if (resolved.kind === 'abbreviated') {
        const commit = await abortable(commitObject(resolved.prefix), signal)
        if (commit) return commit.hash
      }
      throw revisionNotFound(redactUrl(url.url), wanted, value)
    },
    async treeOf(commit) {
      const tree = /^tree ([0-9a-f]+)$/m.exec(await commitText(commit))?.[1]
      if (tree === undefined) throw new CodedError({ code: 'git-commit', message: `commit ${commit} names no tree` })
      return tree
    },
    async describe(commit) {
      return parseCommit(await commitText(commit))
    },
    async entries(treeHash) {
      const cached = options.trees.get(treeHash)
      if (cached) return cached
      const content = await object(treeHash, 'tree')
      const entries = parseTreeObject(content, treeHash.length / 2)
      options.trees.set(treeHash, entries, 64 + content.length * 4)
      return entries
    },
    async blob(hash) {
      const cached = options.blobs.get(hash)
      if (cached) return cached
      const content = await object(hash, 'blob')
      options.blobs.set(hash, content, 128 + content.length)
      return content
    },
    async poll() {
      try {
        const now = await known(0)
        const isNews = troubled || (shared !== undefined && !sameReferences(shared, now))
        shared = now
        troubled = false
        return isNews
      } catch {
        return false
      }
    },
    forget() {
      if (references) references = { ...references, at: Number.NEGATIVE_INFINITY }
      failure = undefined
      // Who forgets tells everybody, and what they find then they all know.
      shared = undefined
      troubled = false
      asking = undefined
      era++
    },
    close: () => reader.close(),
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** Author, time and subject of a commit object. */
export function parseCommit(text: string): { author: string; date: string; message: string } {
  const end = text.indexOf('\n\n')
  const head = end < 0 ? text : text.slice(0, end)
  const author = /^author (.*) (\d+) [+-]\d{4}$/m.exec(head)
  const seconds = Number(author?.[2] ?? 0)
  return {
    author: author?.[1] ?? '',
    date: Number.isFinite(seconds) && seconds < 8.64e12 ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : '',
    message: end < 0 ? '' : text.slice(end + 2).trim(),
  }
}

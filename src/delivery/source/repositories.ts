import { mkdir } from 'node:fs/promises'
import type { Clock } from '../../base/clock.js'
import type { Log } from '../../base/log.js'
import type { TreeEntry } from '../render/tree.js'
import type { Repositories, RepositoryAdvice, RepositoryCredentials } from './contract.js'
import { createGitTree } from './git-tree.js'
import { type GitProtocol, gitProtocols, normalizeGitUrl, parseGitUrl, redactUrl } from './git-url.js'
import { createMirror, type Mirror } from './mirror.js'
import { createObjectCache } from './object-cache.js'

export interface RepositoriesOptions {
  /** Where mirrors are kept; made with mode 0700. Only a cache: it may be deleted while nothing runs. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly credentials: RepositoryCredentials
  /** For people, in errors. */
  readonly advice: RepositoryAdvice
  /** The bare repository on disk behind a URL of the fleet's own Git server: read in place, never fetched. */
  readonly local?: (url: string) => string | undefined
  /** How often the references of a remote repository are read (default 120). */
  readonly pollSeconds?: number
  /** The same for repositories on this machine (default 3); pushes through the fleet's own Git server are told by `notify`. */
  readonly localPollSeconds?: number
  /** Variables for git: PATH, https_proxy, SSL_CERT_FILE ... */
  readonly environment: Readonly<Record<string, string>>
  readonly git?: string
  readonly protocols?: readonly GitProtocol[]
  readonly timeoutSeconds?: number
  /** Bytes of files and listings kept in memory (default 128 MiB together). */
  readonly cacheBytes?: number
  /** A larger file is refused (default 16 MiB). */
  readonly maxObjectBytes?: number
  /** How many git commands run at once (default 8). */
  readonly maxCommands?: number
  /** How many long-lived readers stay open (default 32), and for how long when unused (default 60 s). */
  readonly maxReaders?: number
  readonly readerIdleSeconds?: number
}

/** A repository that nobody has asked for since this long is forgotten until somebody asks again; its files stay. */
const unusedAfterMs = 3_600_000

/** Repositories through the system's git: a bare mirror each, one fetch for all users, objects read by hash. */
export function createRepositories(options: RepositoriesOptions): Repositories & { close(): void } {
  const { clock, log } = options
  const pollMs = (options.pollSeconds ?? 120) * 1000
  const localPollMs = (options.localPollSeconds ?? 3) * 1000
  const cacheBytes = options.cacheBytes ?? 128 * 1024 * 1024
  const idleMs = (options.readerIdleSeconds ?? 60) * 1000
  const trees = createObjectCache<readonly TreeEntry[]>(cacheBytes / 4)
  const blobs = createObjectCache<Uint8Array>((cacheBytes * 3) / 4)
  const mirrors = new Map<string, { mirror: Mirror; local: boolean; stop(): void }>()
  const byUrl = new Map<string, Mirror>()
  const listeners = new Set<(change: { url: string }) => void>()
  const limit = createLimit(options.maxCommands ?? 8)
  let tokens = 0
  let closed = false
  const directoryMade = mkdir(options.directory, { recursive: true, mode: 0o700 })
  directoryMade.catch(() => {})

  const changed = (mirror: Mirror) => {
    // Every spelling under which somebody has asked for it.
    for (const [url, of] of byUrl) if (of === mirror) for (const listener of listeners) listener({ url })
  }

  function watch(mirror: Mirror, everyMs: number, first: number, unused: () => void): () => void {
    let stopped = false
    let cancel = clock.after(first, function tick() {
      const step = async () => {
        if (clock.now() - mirror.lastUsed >= unusedAfterMs) {
          unused()
          return
        }
        if ((await mirror.poll()) && !stopped) {
          log.debug('repository has changed', { url: redactUrl(mirror.url) })
          changed(mirror)
        }
        if (!stopped) cancel = clock.after(everyMs, tick)
      }
      void step()
    })
    return () => {
      stopped = true
      cancel()
    }
  }

  function drop(key: string, mirror: Mirror): void {
    mirrors.delete(key)
    for (const [url, of] of byUrl) if (of === mirror) byUrl.delete(url)
    mirror.close()
  }

  function mirrorOf(text: string): Mirror {
    const known = byUrl.get(text)
    if (known) return known
    const url = parseGitUrl(text, options.protocols ?? gitProtocols)
    const local = options.local?.(url.url)
    const key = local ?? url.id
    let entry = mirrors.get(key)
    if (entry === undefined) {
      const mirror = createMirror({
        url,
        local,
        directory: options.directory,
        program: { command: options.git ?? 'git', environment: options.environment },
        clock,
        credentials: options.credentials,
        advice: options.advice,
        limit: (run) => limit(() => directoryMade.then(run)),
        trees,
        blobs,
        maxObjectBytes: options.maxObjectBytes ?? 16 * 1024 * 1024,
        timeoutMs: (options.timeoutSeconds ?? 90) * 1000,
        failureMs: Math.min(10_000, pollMs),
        nextToken: () => String(++tokens),
      })
      const every = local === undefined ? pollMs : localPollMs
      // Repositories that came together are not asked together: spread by the address.
      const spread = Number.parseInt(url.id.slice(0, 4), 16) / 0xffff
      entry = {
        mirror,
        local: local !== undefined,
        stop: watch(mirror, every, every * (0.5 + spread / 2), () => drop(key, mirror)),
      }
      mirrors.set(key, entry)
    }
    byUrl.set(text, entry.mirror)
    return entry.mirror
  }

  const maxAge = (mirror: Mirror) => {
    for (const entry of mirrors.values()) if (entry.mirror === mirror) return entry.local ? localPollMs : pollMs
    return pollMs
  }

  /** Closes readers that are unused, the longest unused first when there are too many. */
  let sweeping: (() => void) | undefined
  function sweep(): void {
    sweeping ??= clock.after(idleMs / 2, () => {
      sweeping = undefined
      const running = [...mirrors.values()].map((entry) => entry.mirror).filter((mirror) => mirror.reader.running)
      running.sort((a, b) => a.lastUsed - b.lastUsed)
      let surplus = running.length - (options.maxReaders ?? 32)
      for (const mirror of running) {
        if (!mirror.reader.idle || (surplus <= 0 && clock.now() - mirror.lastUsed < idleMs)) continue
        mirror.close()
        surplus--
      }
      if (!closed && running.some((mirror) => mirror.reader.running)) sweep()
    })
  }

  return {
    async resolve(url, revision, how) {
      const mirror = mirrorOf(url)
      return mirror.resolve(revision, how?.refresh ? 0 : maxAge(mirror), how?.signal)
    },
    async tree(url, commit) {
      const mirror = mirrorOf(url)
      sweep()
      return createGitTree(await mirror.treeOf(commit), mirror)
    },
    async describe(url, commit) {
      sweep()
      return mirrorOf(url).describe(commit)
    },
    notify(url, how) {
      const wanted = normalizeGitUrl(url)
      const local = options.local?.(url)
      const found = new Set<Mirror>()
      for (const [spelling, mirror] of byUrl) {
        const normal = normalizeGitUrl(spelling)
        if (spelling === url || normal === wanted || (how?.below && normal.startsWith(`${wanted}/`))) found.add(mirror)
      }
      const byPath = local === undefined ? undefined : mirrors.get(local)
      if (byPath) found.add(byPath.mirror)
      for (const mirror of found) {
        mirror.forget()
        changed(mirror)
      }
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      closed = true
      sweeping?.()
      for (const entry of mirrors.values()) {
        entry.stop()
        entry.mirror.close()
      }
      mirrors.clear()
      byUrl.clear()
    },
  }
}

function createLimit(most: number): <T>(run: () => Promise<T>) => Promise<T> {
  let running = 0
  const queue: (() => void)[] = []
  return async (run) => {
    if (running >= most) await new Promise<void>((resolve) => queue.push(resolve))
    else running++
    try {
      return await run()
    } finally {
      const next = queue.shift()
      if (next) next()
      else running--
    }
  }
}

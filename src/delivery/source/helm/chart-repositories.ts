import type { Clock } from '../../../base/clock.js'
import { CodedError, messageOf, Stalled } from '../../../base/errors.js'
import { createMemoryTree } from '../../render/memory-tree.js'
import type { Tree } from '../../render/tree.js'
import { openChartArchive } from './archive.js'
import { createChartCache, sha256Of } from './chart-cache.js'
import { type ChartAdvice, shownUrl } from './chart-failure.js'
import type {
  ChartCredentials,
  ChartLimits,
  ChartReference,
  ChartRepositories,
  FindChartCredentials,
  HttpGet,
} from './contract.js'
import { type ChartPorts, entriesOf, type FetchedIndex, fetchArchive, fetchIndex, parseRepositoryUrl } from './http-repository.js'
import { type OciReference, parseOciReference } from './oci-reference.js'
import { fetchChartLayer, fetchVersions } from './oci-registry.js'
import { createRegistrySession } from './registry-session.js'
import { chooseVersion, isWholeVersion } from './repository-index.js'

export interface ChartRepositoriesOptions {
  /** Where packed charts are kept by digest. Only a cache. */
  readonly directory: string
  readonly get: HttpGet
  readonly clock: Clock
  readonly credentials: FindChartCredentials
  readonly advice: ChartAdvice
  readonly limits?: ChartLimits
  /** How long an index, or a registry's list of tags, counts (default 180). */
  readonly pollSeconds?: number
  /** How many opened charts stay in memory (default 64). */
  readonly maxTrees?: number
}

const maxIndexes = 16
const failureMs = 10_000

/** Chart repositories of both kinds; what is asked for twice at a time is fetched once. */
export function createChartRepositories(options: ChartRepositoriesOptions): ChartRepositories {
  const ports: ChartPorts = {
    get: options.get,
    cache: createChartCache(options.directory),
    advice: options.advice,
    limits: options.limits ?? {},
  }
  const pollMs = (options.pollSeconds ?? 180) * 1000
  const indexes = createAged<FetchedIndex>(options.clock, pollMs)
  const tags = createAged<readonly string[]>(options.clock, pollMs)
  const trees = new Map<string, Promise<Tree>>()

  /** Where a chart is, and with what it is read. Credentials are part of the key: other ones may see other charts. */
  function locate(chart: ChartReference) {
    const found = options.credentials(chart.repository)
    if (isRegistry(chart.repository, found)) {
      const reference = parseOciReference(joined(chart))
      return {
        kind: 'oci' as const,
        reference,
        credentials: found,
        key: keyOf(`oci ${reference.registry}/${reference.name}`, found),
      }
    }
    const { url, credentials: inUrl } = parseRepositoryUrl(chart.repository)
    const credentials = inUrl === undefined ? found : { ...found, ...inUrl }
    if (chart.chart === '') throw notFound(chart, 'names no chart')
    return { kind: 'http' as const, url, credentials, key: keyOf(url.href, credentials) }
  }

  const indexOf = (url: URL, credentials: ChartCredentials | undefined, key: string, how: Asking) =>
    indexes.get(key, how, (known) => fetchIndex(ports, url, credentials, known))

  const versionsOf = (reference: OciReference, credentials: ChartCredentials | undefined, key: string, how: Asking) =>
    tags.get(key, how, () => fetchVersions(ports, createRegistrySession(ports, reference, credentials), reference))

  return {
    async resolve(chart, revision, how = {}) {
      if (isWholeVersion(revision) || isDigest(revision)) return revision
      const place = locate(chart)
      const versions =
        place.kind === 'oci'
          ? await versionsOf(place.reference, place.credentials, place.key, how)
          : entriesOf(await indexOf(place.url, place.credentials, place.key, how), place.url, chart.chart).map(
              (each) => each.version,
            )
      let version: string | undefined
      try {
        version = chooseVersion(versions, revision)
      } catch (error) {
        throw new Stalled({
          code: 'chart-revision',
          message: `chart ${nameOf(chart)}: invalid revision ${JSON.stringify(revision.slice(0, 100))}: ${messageOf(error)}`,
          fix: 'Write a version, or constraints such as ^1.2 or >=1.2 <2',
        })
      }
      if (version === undefined)
        throw notFound(chart, `has no version that matches ${JSON.stringify(revision)} among ${versions.length}`)
      return version
    },
    async tree(chart, version, how = {}) {
      const place = locate(chart)
      const key = `${place.key} ${chart.chart} ${version}`
      const known = trees.get(key)
      if (known !== undefined) {
        trees.delete(key)
        trees.set(key, known)
        return known
      }
      const opening = (async () => {
        const bytes =
          place.kind === 'oci'
            ? await fetchChartLayer(
                ports,
                createRegistrySession(ports, place.reference, place.credentials),
                place.reference,
                version,
              )
            : await archiveOf(chart, version, place)
        return openArchive(chart, version, bytes)
      })()
      trees.set(key, opening)
      opening.catch(() => trees.delete(key))
      if (trees.size > (options.maxTrees ?? 64)) trees.delete(trees.keys().next().value!)
      return await abortable(opening, how.signal)
    },
  }

  async function archiveOf(
    chart: ChartReference,
    version: string,
    place: { url: URL; credentials: ChartCredentials | undefined; key: string },
  ): Promise<Uint8Array> {
    const find = async (how: Asking) => {
      const entries = entriesOf(await indexOf(place.url, place.credentials, place.key, how), place.url, chart.chart)
      const exact = chooseVersion(
        entries.map((each) => each.version),
        version,
      )
      return entries.find((each) => each.version === exact)
    }
    // A version that is not known yet may have been published since the index was read.
    const entry = (await find({})) ?? (await find({ refresh: true }))
    if (entry === undefined) throw notFound(chart, `has no version ${JSON.stringify(version)}`)
    return fetchArchive(ports, place.url, chart.chart, entry, {
      credentials: place.credentials,
      passCredentials: chart.passCredentials === true,
    })
  }
}

function openArchive(chart: ChartReference, version: string, bytes: Uint8Array): Tree {
  try {
    const files = openChartArchive(bytes).map((file) => [file.name, file.data] as const)
    return createMemoryTree(Object.fromEntries(files))
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw new Stalled({
      code: 'chart-archive-invalid',
      message: `chart ${nameOf(chart)} ${version}: ${messageOf(error)}`,
      cause: error,
    })
  }
}

/** As Argo CD tells them apart: `oci://`, an address without a scheme, or a Secret that says so. */
export function isRegistry(repository: string, credentials?: Pick<ChartCredentials, 'oci'>): boolean {
  if (/^oci:\/\//i.test(repository)) return true
  return credentials?.oci === true || !/^[a-z][a-z0-9+.-]*:\/\//i.test(repository)
}

function joined({ repository, chart }: ChartReference): string {
  const base = repository.trim().replace(/\/+$/, '')
  return chart === '' ? base : `${base}/${chart}`
}

function isDigest(revision: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(revision)
}

function nameOf({ repository, chart }: ChartReference): string {
  return chart === '' ? shownUrl(repository) : `${JSON.stringify(chart)} of ${shownUrl(repository)}`
}

function notFound(chart: ChartReference, why: string): Stalled {
  return new Stalled({
    code: 'chart-not-found',
    message: `chart ${nameOf(chart)} ${why}`,
    fix: 'Correct spec.source.chart, spec.source.targetRevision or spec.source.repoURL',
  })
}

function keyOf(address: string, credentials: ChartCredentials | undefined): string {
  return `${address} ${sha256Of(new TextEncoder().encode(JSON.stringify(credentials ?? null))).slice(0, 16)}`
}

interface Asking {
  readonly refresh?: boolean
  readonly signal?: AbortSignal
}

/** Answers that count for a while, each fetched once at a time; failures count shortly, so that nobody hammers a server. */
function createAged<T>(clock: Clock, maxAgeMs: number) {
  const entries = new Map<string, { value: T | undefined; at: number; failure?: unknown; running?: Promise<T> }>()
  return {
    async get(key: string, how: Asking, fetch: (known: T | undefined) => Promise<T>): Promise<T> {
      let entry = entries.get(key)
      if (entry === undefined) {
        entry = { value: undefined, at: 0 }
        entries.set(key, entry)
        if (entries.size > maxIndexes) entries.delete(entries.keys().next().value!)
      }
      const mine = entry
      if (mine.running === undefined) {
        const age = clock.now() - mine.at
        if (mine.failure !== undefined && age < failureMs && !how.refresh) throw mine.failure
        if (mine.failure === undefined && mine.value !== undefined && age < maxAgeMs && !how.refresh) return mine.value
        mine.running = fetch(mine.value).then(
          (value) => {
            Object.assign(mine, { value, at: clock.now(), failure: undefined, running: undefined })
            return value
          },
          (error: unknown) => {
            Object.assign(mine, { at: clock.now(), failure: error, running: undefined })
            throw error
          },
        )
      }
      return abortable(mine.running, how.signal)
    },
  }
}

/** Somebody who no longer waits; the others still do. */
async function abortable<T>(running: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return running
  signal.throwIfAborted()
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

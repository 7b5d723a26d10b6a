import type { Clock } from '../../../base/clock.js'
import { CodedError, messageOf, Stalled } from '../../../base/errors.js'
import { createMemoryTree } from '../../render/memory-tree.js'
import type { Tree } from '../../render/tree.js'
import { type Asking, abortable, createAgedAnswers } from './aged-answers.js'
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
const maxTagLists = 2000

/** Chart repositories of both kinds; what is asked for twice at a time is fetched once. */
export function createChartRepositories(options: ChartRepositoriesOptions): ChartRepositories {
  const ports: ChartPorts = {
    get: options.get,
    cache: createChartCache(options.directory),
    advice: options.advice,
    limits: options.limits ?? {},
  }
  const pollMs = (options.pollSeconds ?? 180) * 1000
  const listeners = new Set<(change: { url: string }) => void>()
  const repositories = new Set<string>()
  const failed = new Set<string>()
  const changed = (url: string) => {
    for (const listener of listeners) listener({ url })
  }
  const aging = { clock: options.clock, maxAgeMs: pollMs, changed }
  const indexes = createAgedAnswers<FetchedIndex>({ ...aging, maxEntries: maxIndexes, same: (a, b) => a.text === b.text })
  const tags = createAgedAnswers<readonly string[]>({
    ...aging,
    maxEntries: maxTagLists,
    same: (a, b) => a.join() === b.join(),
  })
  const trees = new Map<string, Promise<Tree>>()
  let closed = false
  let stop: (() => void) | undefined

  /** One timer for all: what is published is noticed although nobody asks. Charts that could not be read are asked for again. */
  function watch(): void {
    if (closed || stop !== undefined) return
    stop = options.clock.after(pollMs, () => {
      const again = [...failed]
      failed.clear()
      for (const url of again) changed(url)
      Promise.all([indexes.refreshAll(), tags.refreshAll()]).then(() => {
        stop = undefined
        watch()
      })
    })
  }

  /** Where a chart is, and with what it is read. Credentials are part of the key: other ones may see other charts. */
  function locate(chart: ChartReference) {
    repositories.add(chart.repository)
    watch()
    const known = options.credentials(chart.repository)
    const found = chart.anonymous === true && known !== undefined ? withoutSecrets(known) : known
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

  const indexOf = (repository: string, url: URL, credentials: ChartCredentials | undefined, key: string, how: Asking) =>
    indexes.get(key, repository, how, (known) => fetchIndex(ports, url, credentials, known))

  const versionsOf = (
    repository: string,
    reference: OciReference,
    credentials: ChartCredentials | undefined,
    key: string,
    how: Asking,
  ) => tags.get(key, repository, how, () => fetchVersions(ports, createRegistrySession(ports, reference, credentials), reference))

  return {
    async resolve(chart, revision, how = {}) {
      if (isWholeVersion(revision) || isDigest(revision)) return revision
      const place = locate(chart)
      const versions =
        place.kind === 'oci'
          ? await versionsOf(chart.repository, place.reference, place.credentials, place.key, how)
          : entriesOf(await indexOf(chart.repository, place.url, place.credentials, place.key, how), place.url, chart.chart).map(
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
      const opened = trees.get(key)
      if (opened !== undefined) {
        trees.delete(key)
        trees.set(key, opened)
        return await abortable(opened, how.signal)
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
      opening.catch(() => {
        trees.delete(key)
        failed.add(chart.repository)
      })
      if (trees.size > (options.maxTrees ?? 64)) trees.delete(trees.keys().next().value!)
      return await abortable(opening, how.signal)
    },
    notify(url, how) {
      const wanted = comparable(url)
      for (const repository of repositories) {
        const found = comparable(repository)
        if (found !== wanted && !(how?.below && found.startsWith(`${wanted}/`))) continue
        indexes.forget(repository)
        tags.forget(repository)
        changed(repository)
      }
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      closed = true
      stop?.()
    },
  }

  async function archiveOf(
    chart: ChartReference,
    version: string,
    place: { url: URL; credentials: ChartCredentials | undefined; key: string },
  ): Promise<Uint8Array> {
    const find = async (how: Asking) => {
      const entries = entriesOf(
        await indexOf(chart.repository, place.url, place.credentials, place.key, how),
        place.url,
        chart.chart,
      )
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

function comparable(url: string): string {
  return url
    .trim()
    .replace(/^oci:\/\//i, '')
    .replace(/\/+$/, '')
}

/** Throws Stalled when a repository's address cannot be one. A Secret may still say that it is a registry. */
export function checkChartRepository(repository: string, chart: string): void {
  if (!isRegistry(repository)) parseRepositoryUrl(repository)
  else if (!chart.includes('{{')) parseOciReference(joined({ repository, chart }))
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

function withoutSecrets({
  username: _u,
  password: _p,
  bearerToken: _t,
  clientCertificatePem: _c,
  clientKeyPem: _k,
  ...rest
}: ChartCredentials): ChartCredentials {
  return rest
}

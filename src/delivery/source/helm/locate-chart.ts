import { messageOf } from '../../../base/errors.js'
import { HelmError } from '../../render/helm/helm-error.js'
import type { HelmMajor } from '../../render/helm/helm-major.js'
import type { ChartCredentials, HttpGet } from './contract.js'
import { fetchForHelm, urlFrom } from './fetch-for-helm.js'
import type { HelmRepository } from './helm-settings.js'
import { locateInRegistry } from './locate-in-registry.js'
import { chooseVersion, findChartEntries, type IndexEntry } from './repository-index.js'

/** What `helm template` is told of where a chart is; the names are those of its flags. */
export interface ChartPlace {
  readonly repo?: string
  readonly version?: string
  readonly devel?: boolean
  readonly username?: string
  readonly password?: string
  readonly caPem?: string
  readonly certPem?: string
  readonly keyPem?: string
  readonly insecureSkipTlsVerify?: boolean
  readonly plainHttp?: boolean
  readonly passCredentials?: boolean
}

export interface LocatePorts {
  readonly get: HttpGet
  readonly helmMajor: HelmMajor
  /** Helm's own repositories.yaml; asked for when a chart is named by one of them. */
  readonly repositories: () => Promise<readonly HelmRepository[]>
  /** The index of a repository of helm's, as `helm repo update` left it. Throws Helm's error where there is none. */
  readonly cachedIndex: (repository: string) => Promise<string>
  readonly readFile: (path: string) => Promise<string>
  readonly registryLogin: (registry: string) => Promise<{ username: string; password: string } | undefined>
  /** Hears what helm prints besides. */
  readonly notice: (line: string) => void
}

/**
 * Fetches the packed chart that a name means: `oci://...`, an address, NAME in the repository `--repo`, or REPOSITORY/NAME of
 * helm's own repositories. Throws HelmError with Helm's messages. Nothing is written anywhere.
 */
export async function locateChart(name: string, place: ChartPlace, ports: LocatePorts): Promise<Uint8Array> {
  try {
    return await locate(name, place, ports)
  } catch (error) {
    if (!(error instanceof HelmError) || error.code !== 'helm-template-failed') throw error
    throw new HelmError(error.message, {
      code: 'helm-chart-not-located',
      cause: error,
      fix: "Correct the chart's name, its version, --repo, or what it is reached with.",
    })
  }
}

async function locate(name: string, place: ChartPlace, ports: LocatePorts): Promise<Uint8Array> {
  const version = (place.version ?? (place.devel === true ? '>0.0.0-0' : '')).trim()
  const own = credentialsOf(place)
  if (place.repo !== undefined && place.repo !== '') {
    const address = await findInRepository(name, version, place.repo, own, ports)
    const trusted = place.passCredentials === true || sameOrigin(place.repo, address, ports.helmMajor)
    if (address.startsWith('oci://')) return locateInRegistry(address, '', own, ports)
    return download(address, trusted ? own : withoutLogin(own), ports)
  }
  if (/^oci:\/\//.test(name)) return locateInRegistry(name, version, own, ports)
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/]+\/./i.test(name)) return download(name, await credentialsForAddress(name, own, ports), ports)
  const slash = name.indexOf('/')
  if (slash === -1) throw new HelmError(`non-absolute URLs should be in form of repo_name/path_to_chart, got: ${name}`)
  return fromNamedRepository(name.slice(0, slash), name.slice(slash + 1), version, own, place, ports)
}

/** Of an address that one of helm's own repositories lists, the credentials of that repository. */
async function credentialsForAddress(address: string, own: ChartCredentials, ports: LocatePorts): Promise<ChartCredentials> {
  for (const entry of await ports.repositories()) {
    let text: string
    try {
      text = await ports.cachedIndex(entry.name)
    } catch (error) {
      if (ports.helmMajor === 4) continue
      throw new HelmError(`no cached repo found. (try 'helm repo update'): ${messageOf(error)}`, { cause: error })
    }
    if (!text.includes(address)) continue
    const credentials = await entryCredentials(entry, own, ports)
    // An index may list any address: the repository's login is for the repository.
    if (entry.passCredentials || sameOrigin(entry.url, address, ports.helmMajor)) return credentials
    return { ...withoutLogin(credentials), ...loginOf(own) }
  }
  return own
}

async function entryCredentials(entry: HelmRepository, own: ChartCredentials, ports: LocatePorts): Promise<ChartCredentials> {
  const pem = async (file: string) => (file === '' ? undefined : await ports.readFile(file))
  const [caPem, certPem, keyPem] = await Promise.all([pem(entry.caFile), pem(entry.certFile), pem(entry.keyFile)])
  return {
    ...own,
    ...(entry.username !== '' && entry.password !== '' ? { username: entry.username, password: entry.password } : {}),
    ...(caPem === undefined ? {} : { caPem }),
    ...(certPem === undefined ? {} : { clientCertificatePem: certPem }),
    ...(keyPem === undefined ? {} : { clientKeyPem: keyPem }),
    ...(entry.insecure ? { insecure: true } : {}),
  }
}

async function findInRepository(
  name: string,
  version: string,
  repo: string,
  own: ChartCredentials,
  ports: LocatePorts,
): Promise<string> {
  let text: string
  try {
    text = new TextDecoder().decode(await fetchForHelm(urlFrom(repo, 'index.yaml'), own, ports.get))
    if (text.trim() === '') throw new Error('empty index.yaml file')
    findChartEntries(text, name)
  } catch (error) {
    const why = messageOf(error).replace('it is no index of charts', 'no API version specified')
    throw new HelmError(
      `looks like ${JSON.stringify(withoutUser(repo))} is not a valid chart repository or cannot be reached: ${why}`,
      {
        cause: error,
      },
    )
  }
  const what =
    version === '' ? `chart ${JSON.stringify(name)}` : `chart ${JSON.stringify(name)} version ${JSON.stringify(version)}`
  const found = choose(findChartEntries(text, name), name, version)
  if (typeof found === 'string') {
    throw new HelmError(`${what} not found in ${withoutUser(repo)} repository`, { cause: new Error(found) })
  }
  const [first] = found.urls
  if (first === undefined) throw new HelmError(`${what} has no downloadable URLs`)
  return urlFrom(repo, first)
}

/** The entry, or why there is none in Helm's words. */
function choose(entries: readonly IndexEntry[] | undefined, name: string, version: string): IndexEntry | string {
  if (entries === undefined) return 'no chart name found'
  if (entries.length === 0) return 'no chart version found'
  let wanted: string | undefined
  try {
    wanted = chooseVersion(
      entries.map((each) => each.version),
      version,
    )
  } catch (error) {
    return messageOf(error)
  }
  return entries.find((each) => each.version === wanted) ?? `no chart version found for ${name}-${version}`
}

async function fromNamedRepository(
  repository: string,
  name: string,
  version: string,
  own: ChartCredentials,
  place: ChartPlace,
  ports: LocatePorts,
): Promise<Uint8Array> {
  const entry = (await ports.repositories()).find((each) => each.name === repository)
  if (entry === undefined)
    throw new HelmError(`repo ${repository} not found`, { fix: 'Add it with helm repo add, or use --repo.' })
  if (entry.url === '') throw new HelmError(`no URL found for repository ${repository}`)
  let text: string
  try {
    text = await ports.cachedIndex(repository)
  } catch (error) {
    throw new HelmError(`no cached repo found. (try 'helm repo update'): ${messageOf(error)}`, { cause: error })
  }
  const found = choose(findChartEntries(text, name), name, version)
  if (typeof found === 'string')
    throw new HelmError(
      `chart ${JSON.stringify(name)} matching ${version} not found in ${repository} index. (try 'helm repo update'): ${found}`,
    )
  const [first] = found.urls
  if (first === undefined) throw new HelmError(`chart ${JSON.stringify(`${repository}/${name}`)} has no downloadable URLs`)
  const address = urlFrom(entry.url, first)
  const credentials = await entryCredentials(entry, own, ports)
  const trusted = entry.passCredentials || place.passCredentials === true || sameOrigin(entry.url, address, ports.helmMajor)
  if (address.startsWith('oci://')) return locateInRegistry(address, '', credentials, ports)
  return download(address, trusted ? credentials : withoutLogin(credentials), ports)
}

async function download(address: string, credentials: ChartCredentials, ports: LocatePorts): Promise<Uint8Array> {
  try {
    return await fetchForHelm(address, credentials, ports.get)
  } catch (error) {
    throw error instanceof HelmError ? error : new HelmError(messageOf(error), { cause: error })
  }
}

/** Helm 4 knows that http and port 80 are the same place. */
function sameOrigin(one: string, two: string, helmMajor: HelmMajor): boolean {
  if (!URL.canParse(one) || !URL.canParse(two)) return false
  const hostOf = (text: string) => /^[a-z]+:\/\/(?:[^/@]*@)?([^/?#]*)/i.exec(text)?.[1]
  const [a, b] = [new URL(one), new URL(two)]
  return a.protocol === b.protocol && (helmMajor === 4 ? a.host === b.host : hostOf(one) === hostOf(two))
}

export function credentialsOf(place: ChartPlace): ChartCredentials {
  return {
    ...(place.username ? { username: place.username } : {}),
    ...(place.password ? { password: place.password } : {}),
    ...(place.caPem === undefined ? {} : { caPem: place.caPem }),
    ...(place.certPem === undefined ? {} : { clientCertificatePem: place.certPem }),
    ...(place.keyPem === undefined ? {} : { clientKeyPem: place.keyPem }),
    ...(place.insecureSkipTlsVerify === true ? { insecure: true } : {}),
    ...(place.plainHttp === true ? { plainHttp: true } : {}),
  }
}

function withoutUser(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1')
}

function loginOf({ username, password }: ChartCredentials): ChartCredentials {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) }
}

function withoutLogin({ username: _u, password: _p, ...rest }: ChartCredentials): ChartCredentials {
  return rest
}

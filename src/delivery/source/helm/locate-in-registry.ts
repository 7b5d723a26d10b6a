import { CodedError, messageOf } from '../../../base/errors.js'
import { HelmError } from '../../render/helm/helm-error.js'
import type { HelmMajor } from '../../render/helm/helm-major.js'
import { sha256Of } from './chart-cache.js'
import type { ChartCredentials } from './contract.js'
import type { ChartPorts } from './http-repository.js'
import type { LocatePorts } from './locate-chart.js'
import { type OciReference, parseOciReference } from './oci-reference.js'
import { fetchChartLayer, fetchVersions } from './oci-registry.js'
import { createRegistrySession, isLoopback } from './registry-session.js'
import { chooseVersion, isVersion } from './repository-index.js'

/** The packed chart that `oci://host/path[:tag][@digest]` and a version (or constraints) mean. */
export async function locateInRegistry(
  address: string,
  version: string,
  given: ChartCredentials,
  ports: LocatePorts,
): Promise<Uint8Array> {
  const reference = parse(address)
  const login = given.username && given.password ? undefined : await ports.registryLogin(reference.registry)
  let credentials: ChartCredentials = { ...given, ...login }
  const session = () => createRegistrySession(chartPorts, reference, credentials, { anyPlainHttp: true })
  const chartPorts: ChartPorts = {
    get: ports.get,
    cache: { read: async () => undefined, write: async (bytes) => sha256Of(bytes) },
    advice: {
      authentication: () => 'Log in with helm registry login, or give --username and --password.',
      certificate: 'Give --ca-file.',
    },
    limits: { timeoutMs: 120_000 },
  }
  const run = async (): Promise<Uint8Array> => {
    const wanted = await versionOf(
      address,
      version,
      reference,
      () => fetchVersions(chartPorts, session(), reference),
      ports.helmMajor,
    )
    const bytes = await fetchChartLayer(chartPorts, session(), reference, wanted)
    ports.notice(`Pulled: ${reference.registry}/${reference.name}${wanted.startsWith('sha256:') ? '@' : ':'}${wanted}`)
    return bytes
  }
  try {
    try {
      return await run()
    } catch (error) {
      // Helm 3 speaks plain HTTP with a registry that answers a TLS handshake so, without being asked to.
      if (ports.helmMajor !== 3 || credentials.plainHttp === true || !speaksHttp(error)) throw error
      // Whoever stands between could answer so: a login stays at home, but for registries of this machine.
      const { username: _u, password: _p, bearerToken: _t, ...rest } = credentials
      credentials = isLoopback(reference.registry) ? { ...credentials, plainHttp: true } : { ...rest, plainHttp: true }
      return await run()
    }
  } catch (error) {
    if (error instanceof HelmError) throw error
    throw new HelmError(messageOf(error), {
      cause: error,
      ...(error instanceof CodedError ? { code: error.code, ...(error.fix ? { fix: error.fix } : {}) } : {}),
    })
  }
}

function parse(address: string): OciReference {
  try {
    return parseOciReference(address)
  } catch (error) {
    throw new HelmError(messageOf(error), { cause: error })
  }
}

async function versionOf(
  address: string,
  given: string,
  reference: OciReference,
  tags: () => Promise<string[]>,
  helmMajor: HelmMajor,
): Promise<string> {
  const version = given === '' ? (reference.tag ?? '') : given
  if (given !== '' && reference.tag !== undefined && reference.tag !== given)
    throw new HelmError(`chart reference and version mismatch: ${given} is not ${reference.tag}`)
  if (reference.digest !== undefined) return reference.digest
  if (isVersion(version)) return version
  const known = await tags()
  if (known.length === 0)
    throw new HelmError(`${helmMajor === 4 ? 'unable' : 'Unable'} to locate any tags in provided repository: ${address}`)
  try {
    const found = chooseVersion(known, version)
    if (found !== undefined) return found
  } catch (error) {
    throw new HelmError(messageOf(error), { cause: error })
  }
  throw new HelmError(`${helmMajor === 4 ? 'could' : 'Could'} not locate a version matching provided version string ${version}`)
}

function speaksHttp(error: unknown): boolean {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    const { code } = current as { code?: unknown }
    if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') return true
  }
  return false
}

import { Stalled } from '../../../base/errors.js'
import { isObject, type JsonObject } from '../../../base/json.js'
import { explainStatus } from './chart-failure.js'
import { type ChartPorts, checkDigest } from './http-repository.js'
import { type OciReference, tagOfVersion, versionOfTag } from './oci-reference.js'
import type { RegistrySession } from './registry-session.js'

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
const configType = 'application/vnd.cncf.helm.config.v1+json'
const layerTypes = ['application/vnd.cncf.helm.chart.content.v1.tar+gzip', 'application/tar+gzip']
const maxManifestBytes = 4 * 1024 * 1024
const maxPages = 100

/** The versions under which a chart lies in a registry: its tags, `_` read as `+`. */
export async function fetchVersions(
  ports: ChartPorts,
  session: RegistrySession,
  reference: OciReference,
  signal?: AbortSignal,
): Promise<string[]> {
  const what = `chart ${shown(reference)}`
  const versions: string[] = []
  let page: string | URL = 'tags/list?n=1000'
  for (let count = 0; count < maxPages; count++) {
    const reply = await session.get({
      path: page,
      accept: 'application/json',
      maxBytes: maxManifestBytes,
      what,
      ...(signal ? { signal } : {}),
    })
    if (reply.status !== 200) throw explainStatus(what, reply.url, reply, ports.advice)
    const { tags } = readJson(reply.body, what, 'list of tags')
    if (Array.isArray(tags)) for (const tag of tags) if (typeof tag === 'string') versions.push(versionOfTag(tag))
    const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(reply.headers['link'] ?? '')?.[1]
    if (next === undefined) break
    // The token goes along, so pages are followed within the registry only.
    if (!URL.canParse(next, session.base.href)) break
    page = new URL(next, session.base)
    if (page.origin !== session.base.origin) break
  }
  return versions
}

/** The packed chart under a version (a tag) or a digest (`sha256:...`). What is fetched is checked against its digests. */
export async function fetchChartLayer(
  ports: ChartPorts,
  session: RegistrySession,
  reference: OciReference,
  version: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const isPinned = version.startsWith('sha256:')
  const what = `chart ${shown(reference)}${isPinned ? '@' : ':'}${version}`
  const refuse = (why: string) =>
    new Stalled({ code: 'chart-not-found', message: `${what} ${why}`, fix: 'Name a Helm chart that was pushed with helm push' })
  let wanted = isPinned ? version : tagOfVersion(version)
  let digest = isPinned ? version.slice('sha256:'.length) : ''
  for (let depth = 0; depth < 3; depth++) {
    const reply = await session.get({
      path: `manifests/${wanted}`,
      accept: manifestTypes.join(', '),
      maxBytes: maxManifestBytes,
      what,
      ...(signal ? { signal } : {}),
    })
    if (reply.status !== 200) throw explainStatus(what, reply.url, reply, ports.advice)
    checkDigest(`${what}: its manifest`, reply.body, digest || hexOf(reply.headers['docker-content-digest']))
    const manifest = readJson(reply.body, what, 'manifest')
    if (!Array.isArray(manifest['manifests'])) return await fetchLayer(manifest)
    const inner = chartManifestOf(manifest['manifests'])
    if (inner === undefined) throw refuse('is an index without a Helm chart')
    wanted = inner
    digest = inner.slice('sha256:'.length)
  }
  throw refuse('is an index of indexes')

  async function fetchLayer(manifest: JsonObject): Promise<Uint8Array> {
    const { config, layers } = manifest
    if (!isObject(config) || config['mediaType'] !== configType)
      throw refuse(
        `is no Helm chart: its configuration has the media type ${JSON.stringify(isObject(config) ? config['mediaType'] : undefined)}`,
      )
    const layer = (Array.isArray(layers) ? layers : []).find(
      (each): each is JsonObject => isObject(each) && layerTypes.includes(String(each['mediaType'])),
    )
    const hex = hexOf(layer?.['digest'])
    if (layer === undefined || hex === '') throw refuse('has no layer with a chart')
    const cached = await ports.cache.read(hex)
    if (cached !== undefined) return cached
    const reply = await session.get({
      path: `blobs/sha256:${hex}`,
      accept: '*/*',
      maxBytes: ports.limits.maxArchiveBytes ?? 20 * 1024 * 1024,
      what,
      ...(signal ? { signal } : {}),
    })
    if (reply.status !== 200) throw explainStatus(what, reply.url, reply, ports.advice)
    checkDigest(`${what}: its layer`, reply.body, hex)
    await ports.cache.write(reply.body)
    return reply.body
  }
}

/** Of several the first that says it is a chart, else the only one there is. */
function chartManifestOf(manifests: readonly unknown[]): string | undefined {
  const listed = manifests.filter((each): each is JsonObject => isObject(each) && hexOf(each['digest']) !== '')
  const found = listed.find((each) => each['artifactType'] === configType) ?? (listed.length === 1 ? listed[0] : undefined)
  return found === undefined ? undefined : `sha256:${hexOf(found['digest'])}`
}

/** The digits of a digest that can be checked; '' for anything else. */
function hexOf(digest: unknown): string {
  return typeof digest === 'string' ? (/^sha256:([0-9a-f]{64})$/.exec(digest)?.[1] ?? '') : ''
}

function readJson(body: Uint8Array, what: string, which: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(body))
  } catch {
    value = undefined
  }
  if (isObject(value)) return value as JsonObject
  throw new Stalled({ code: 'chart-repository-answer', message: `${what}: the registry's ${which} is no JSON object` })
}

function shown(reference: OciReference): string {
  return `oci://${reference.registry}/${reference.name}`
}

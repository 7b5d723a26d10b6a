import { isObject } from '../../base/json.js'
import type { ResourceType } from '../object/resource-type.js'
import { StatusError } from '../object/status-error.js'
import type { ResourceCatalogue } from './kube-client.js'
import { createResourceCatalogue } from './resource-catalogue.js'

/** Reads a path of the API server as JSON text. */
export type ReadPath = (path: string, accept: string) => Promise<string>

const aggregated = ['v2', 'v2beta1'].map(
  (version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
)
const accept = [...aggregated, 'application/json'].join(',')

/**
 * What the server serves: two requests where it knows aggregated discovery (Kubernetes 1.27 and later), otherwise one for each
 * group and version. A group whose own server does not answer is left out, as kubectl does.
 */
export async function discoverResources(read: ReadPath): Promise<ResourceCatalogue> {
  const texts = await Promise.all([read('/api', accept), read('/apis', accept)])
  const known = recent.find((each) => each.texts[0] === texts[0] && each.texts[1] === texts[1])
  if (known !== undefined) return known.catalogue
  const [core, groups] = [parse(texts[0]), parse(texts[1])]
  const catalogue = createResourceCatalogue([
    ...(await typesOf(core, (body) => legacyCore(body, read))),
    ...(await typesOf(groups, (body) => legacyGroups(body, read))),
  ])
  // The older answers do not say everything: what they lead to may differ.
  if (isAggregated(core) && isAggregated(groups)) {
    recent.unshift({ texts, catalogue })
    recent.length = Math.min(recent.length, mostRecent)
  }
  return catalogue
}

/** Clusters of a fleet serve the same, most of them: a catalogue is made, and kept in memory, once for all that answer alike. */
const recent: { readonly texts: readonly [string, string]; readonly catalogue: ResourceCatalogue }[] = []
const mostRecent = 8

type Body = Record<string, unknown>

async function typesOf(body: Body, legacy: (body: Body) => Promise<ResourceType[]>): Promise<ResourceType[]> {
  return isAggregated(body) ? aggregatedTypes(body) : legacy(body)
}

function isAggregated(body: Body): boolean {
  return body['kind'] === 'APIGroupDiscoveryList'
}

function aggregatedTypes(body: Body): ResourceType[] {
  const found: ResourceType[] = []
  for (const item of objects(body['items'])) {
    const group = text((item['metadata'] as Body | undefined)?.['name'])
    for (const version of objects(item['versions'])) {
      for (const resource of objects(version['resources'])) {
        const kind = text((resource['responseKind'] as Body | undefined)?.['kind'])
        found.push({
          group,
          version: text(version['version']),
          kind,
          plural: text(resource['resource']),
          namespaced: resource['scope'] === 'Namespaced',
          singular: text(resource['singularResource']),
          shortNames: texts(resource['shortNames']),
          categories: texts(resource['categories']),
          verbs: texts(resource['verbs']),
          subresources: objects(resource['subresources']).map((subresource) => text(subresource['subresource'])),
        })
      }
    }
  }
  return found
}

async function legacyCore(body: Body, read: ReadPath): Promise<ResourceType[]> {
  const lists = await Promise.all(texts(body['versions']).map((version) => legacyVersion('', version, `/api/${version}`, read)))
  return lists.flat()
}

async function legacyGroups(body: Body, read: ReadPath): Promise<ResourceType[]> {
  const wanted: { group: string; version: string }[] = []
  for (const group of objects(body['groups'])) {
    const preferred = text((group['preferredVersion'] as Body | undefined)?.['version'])
    const versions = objects(group['versions']).map((version) => text(version['version']))
    for (const version of [preferred, ...versions.filter((other) => other !== preferred)]) {
      if (version !== '') wanted.push({ group: text(group['name']), version })
    }
  }
  const lists = await Promise.all(
    wanted.map(({ group, version }) => legacyVersion(group, version, `/apis/${group}/${version}`, read)),
  )
  return lists.flat()
}

async function legacyVersion(group: string, version: string, path: string, read: ReadPath): Promise<ResourceType[]> {
  let body: Body
  try {
    body = parse(await read(path, 'application/json'))
  } catch (error) {
    if (error instanceof StatusError && group !== '') return []
    throw error
  }
  const entries = objects(body['resources'])
  return entries
    .filter((entry) => !text(entry['name']).includes('/'))
    .map((entry) => {
      const plural = text(entry['name'])
      return {
        group,
        version,
        kind: text(entry['kind']),
        plural,
        namespaced: entry['namespaced'] === true,
        singular: text(entry['singularName']),
        shortNames: texts(entry['shortNames']),
        categories: texts(entry['categories']),
        verbs: texts(entry['verbs']),
        subresources: entries
          .map((other) => text(other['name']))
          .filter((name) => name.startsWith(`${plural}/`))
          .map((name) => name.slice(plural.length + 1)),
      }
    })
}

function parse(body: string): Body {
  const parsed: unknown = JSON.parse(body)
  return isObject(parsed) ? parsed : {}
}

function objects(value: unknown): Body[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

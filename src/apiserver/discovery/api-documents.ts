import { createHash } from 'node:crypto'
import type { ResourceCatalogue } from '../../kube/client/kube-client.js'
import { apiVersionOf } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { subresourceKindOf } from './subresource-kinds.js'

/** A discovery document as it goes over the wire. */
export interface ApiDocument {
  readonly bytes: Buffer
  readonly contentType: string
  /** Upstream's form: the upper-case SHA-512 of the JSON in quotes. */
  readonly etag: string
}

export type AggregatedVersion = 'v2' | 'v2beta1'

interface Group {
  readonly name: string
  /** Preferred first. */
  readonly versions: Map<string, ResourceType[]>
}

/** The discovery documents of one state of a catalogue, each made when it is first asked for. */
export class ApiDocuments {
  readonly #groups = new Map<string, Group>()
  readonly #made = new Map<string, ApiDocument>()

  constructor(catalogue: ResourceCatalogue) {
    for (const type of catalogue.all) {
      let group = this.#groups.get(type.group)
      if (group === undefined) {
        group = { name: type.group, versions: new Map() }
        this.#groups.set(type.group, group)
      }
      const types = group.versions.get(type.version)
      if (types) types.push(type)
      else group.versions.set(type.version, [type])
    }
  }

  /** `/api` or `/apis` as one document with every resource in it. */
  aggregated(legacy: boolean, version: AggregatedVersion): ApiDocument {
    return this.#document(`aggregated ${legacy} ${version}`, aggregatedMediaType(version), () => ({
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: this.#groupsOf(legacy).map((group) => ({
        metadata: { ...(legacy ? {} : { name: group.name }), creationTimestamp: null },
        versions: [...group.versions].map(([name, types]) => ({
          version: name,
          resources: types.map(discoveredResource),
          freshness: 'Current',
        })),
      })),
    }))
  }

  /** `/api` for old clients. */
  legacyVersions(): ApiDocument {
    return this.#document('api', 'application/json', () => ({
      kind: 'APIVersions',
      versions: [...(this.#groups.get('')?.versions.keys() ?? [])],
      serverAddressByClientCIDRs: [],
    }))
  }

  /** `/apis` for old clients. */
  groupList(): ApiDocument {
    return this.#document('apis', 'application/json', () => ({
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: this.#groupsOf(false).map(describeGroup),
    }))
  }

  /** `/apis/GROUP` */
  group(name: string): ApiDocument | undefined {
    const group = name === '' ? undefined : this.#groups.get(name)
    if (group === undefined) return undefined
    return this.#document(`group ${name}`, 'application/json', () => ({
      kind: 'APIGroup',
      apiVersion: 'v1',
      ...describeGroup(group),
    }))
  }

  /** `/api/v1`, `/apis/GROUP/VERSION` */
  resources(groupName: string, version: string): ApiDocument | undefined {
    const types = this.#groups.get(groupName)?.versions.get(version)
    if (types === undefined) return undefined
    return this.#document(`resources ${groupName}/${version}`, 'application/json', () => ({
      kind: 'APIResourceList',
      ...(groupName === '' ? {} : { apiVersion: 'v1' }),
      groupVersion: apiVersionOf(groupName, version),
      resources: types.flatMap(legacyResources),
    }))
  }

  /** The resources of each group and version that is served, by the key of OpenAPI: `api/v1`, `apis/apps/v1`. */
  groupVersions(): ReadonlyMap<string, readonly ResourceType[]> {
    const all = new Map<string, readonly ResourceType[]>()
    for (const group of this.#groups.values()) {
      for (const [version, types] of group.versions) {
        all.set(group.name === '' ? `api/${version}` : `apis/${group.name}/${version}`, types)
      }
    }
    return all
  }

  #groupsOf(legacy: boolean): Group[] {
    return [...this.#groups.values()].filter((group) => (group.name === '') === legacy)
  }

  #document(key: string, contentType: string, make: () => unknown): ApiDocument {
    let document = this.#made.get(key)
    if (document === undefined) {
      const bytes = Buffer.from(JSON.stringify(make()))
      const etag = `"${createHash('sha512').update(bytes).digest('hex').toUpperCase()}"`
      document = { bytes, contentType, etag }
      this.#made.set(key, document)
    }
    return document
  }
}

/** Clients compare this text with what they asked for: the order of the parameters is fixed. */
export function aggregatedMediaType(version: AggregatedVersion): string {
  return `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
}

function discoveredResource(type: ResourceType): Record<string, unknown> {
  const { group, version, kind } = type
  return {
    resource: type.plural,
    // The group and version of the list around it go without saying.
    responseKind: { group: '', version: '', kind },
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singularOf(type),
    verbs: type.verbs ?? [],
    ...(type.shortNames?.length ? { shortNames: type.shortNames } : {}),
    ...(type.categories?.length ? { categories: type.categories } : {}),
    ...(type.subresources?.length
      ? {
          subresources: type.subresources.map((subresource) => {
            const answer = subresourceKindOf(type, subresource)
            return {
              subresource,
              responseKind:
                answer.group === group && answer.version === version
                  ? { group: '', version: '', kind: answer.kind }
                  : { group: answer.group, version: answer.version, kind: answer.kind },
              verbs: answer.verbs,
            }
          }),
        }
      : {}),
  }
}

function legacyResources(type: ResourceType): Record<string, unknown>[] {
  const { namespaced } = type
  const entries: Record<string, unknown>[] = [
    {
      name: type.plural,
      singularName: singularOf(type),
      namespaced,
      kind: type.kind,
      verbs: type.verbs ?? [],
      ...(type.shortNames?.length ? { shortNames: type.shortNames } : {}),
      ...(type.categories?.length ? { categories: type.categories } : {}),
      ...(isStored(type) ? { storageVersionHash: storageHash(type) } : {}),
    },
  ]
  for (const subresource of type.subresources ?? []) {
    const { group, version, kind, verbs } = subresourceKindOf(type, subresource)
    const foreign = group !== type.group || version !== type.version
    entries.push({
      name: `${type.plural}/${subresource}`,
      singularName: '',
      namespaced,
      ...(foreign ? { group, version } : {}),
      kind,
      verbs,
    })
  }
  return entries
}

function isStored(type: ResourceType): boolean {
  return type.verbs === undefined || type.verbs.includes('watch')
}

/** Kinds that are stored in another version than the one that is asked for. */
const storedElsewhere: Readonly<Record<string, string>> = {
  'events.k8s.io/v1/Event': '/v1/Event',
  'autoscaling/v1/HorizontalPodAutoscaler': 'autoscaling/v2/HorizontalPodAutoscaler',
  'networking.k8s.io/v1/IPAddress': 'networking.k8s.io/v1beta1/IPAddress',
  'networking.k8s.io/v1/ServiceCIDR': 'networking.k8s.io/v1beta1/ServiceCIDR',
  'apiextensions.k8s.io/v1/CustomResourceDefinition': 'apiextensions.k8s.io/v1beta1/CustomResourceDefinition',
}

/** Tells in which version objects are stored: it changes when they are to be migrated. */
function storageHash({ group, version, kind }: ResourceType): string {
  const key = `${group}/${version}/${kind}`
  const digest = createHash('sha256')
    .update(storedElsewhere[key] ?? key)
    .digest()
  return digest.subarray(0, 8).toString('base64')
}

function describeGroup(group: Group): Record<string, unknown> {
  const versions = [...group.versions.keys()].map((version) => ({ groupVersion: `${group.name}/${version}`, version }))
  return { name: group.name, versions, preferredVersion: versions[0] }
}

function singularOf(type: ResourceType): string {
  return type.singular ?? type.kind.toLowerCase()
}

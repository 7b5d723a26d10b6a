import { CodedError, UsageError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { controllerMade, type FederatedObject, federateObject } from '../../dialects/kubefed/kinds/federate-object.js'
import {
  federatedGroup,
  isNamespaceKind,
  pluralOf,
  readTypeConfig,
  type TypeConfig,
  typeConfigFor,
} from '../../dialects/kubefed/kinds/type-config.js'
import { federatedTypeConfigType } from '../../dialects/kubefed/resource-types.js'
import { parseYamlDocuments } from '../../formats/yaml/parse-yaml.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { apiVersionOf, groupOf, type KubeObject, versionOf } from '../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../kube/object/resource-type.js'
import { isAlreadyExists, isNotFound } from '../../kube/object/status-error.js'
import { builtInResources } from '../../kube/schema/resources.js'
import { enableType, findTarget } from './enable-type.js'

/** Objects of a file as federated ones, without asking any server: kinds that are not built in are guessed by their name. */
export function federateText(text: string, source?: string): readonly FederatedObject[] {
  return parseYamlDocuments(text, source === undefined ? {} : { source }).flatMap(({ value }, index) => {
    if (value === null || value === undefined) return []
    const items = isObject(value) && value['kind'] === 'List' && Array.isArray(value['items']) ? value['items'] : [value]
    return items.map((item) => federateItem(item, index))
  })
}

function federateItem(item: unknown, index: number): FederatedObject {
  const metadata = isObject(item) && isObject(item['metadata']) ? item['metadata'] : {}
  if (
    !isObject(item) ||
    typeof item['kind'] !== 'string' ||
    typeof item['apiVersion'] !== 'string' ||
    typeof metadata['name'] !== 'string'
  )
    throw new UsageError({
      code: 'no-object',
      message: `document ${index + 1} is no Kubernetes object: it lacks apiVersion, kind or metadata.name`,
      fix: 'Give a file of plain objects.',
    })
  const object = item as unknown as KubeObject
  if (groupOf(object.apiVersion) === federatedGroup)
    throw new UsageError({
      code: 'federated-already',
      message: `document ${index + 1} is federated already: ${object.kind} ${object.metadata.name}`,
      fix: 'Leave it out.',
    })
  return federateObject(object, readTypeConfig(typeConfigFor(guessType(object))) as TypeConfig)
}

function guessType({ apiVersion, kind, metadata }: KubeObject): ResourceType {
  const known = builtInResources.find((type) => type.kind === kind && apiVersionOf(type.group, type.version) === apiVersion)
  return (
    known ?? {
      group: groupOf(apiVersion),
      version: versionOf(apiVersion),
      kind,
      plural: pluralOf(kind),
      namespaced: metadata.namespace !== undefined,
    }
  )
}

export interface FederateOptions {
  readonly host: KubeClient
  readonly typeName: string
  readonly name: string
  readonly namespace: string
  readonly controlNamespace: string
  readonly enables: boolean
  readonly contents: boolean
  readonly skip: readonly string[]
  /** Print only: kinds need not be enabled. */
  readonly printOnly: boolean
  readonly dryRun: boolean
}

export interface FederatedResult {
  readonly objects: readonly KubeObject[]
  readonly said: readonly string[]
  readonly warnings: readonly string[]
}

/** Federates an object of the host, or a namespace with all that people have put into it. */
export async function federateFromHost(options: FederateOptions): Promise<FederatedResult> {
  const { host, name } = options
  const said: string[] = []
  const target = await findTarget(host, options.typeName)
  if (options.contents && !isNamespaceKind(target))
    throw new UsageError({
      code: 'contents-of-what',
      message: `--contents federates what is in a namespace, not in ${target.kind} ${name}`,
      fix: `Run flotilla kubefed federate namespaces NAME --contents.`,
    })
  const object = await host.get({ type: target, name, ...(target.namespaced ? { namespace: options.namespace } : {}) })
  const found = [{ type: target, items: [object] }]
  if (options.contents) found.push(...(await contentsOf(host, name, options.skip)))
  const made: FederatedObject[] = []
  for (const { type, items } of found) {
    const config = await configOf(type, options, said)
    for (const item of items) made.push(federateObject(withKind(item, type), config))
  }
  if (!options.printOnly && !options.dryRun) {
    const catalogue = await host.resources({ refresh: true })
    for (const { object: federated } of made) {
      const type = catalogue.forKind(federated.apiVersion, federated.kind)
      if (type === undefined)
        throw new CodedError({
          code: 'federated-kind-missing',
          message: `the host does not serve ${federated.kind} of ${federated.apiVersion} yet`,
          fix: 'Wait until its definition is established, then run the command again.',
        })
      await host.create(type, federated, { fieldManager: 'flotilla-kubefed' }).catch((error: unknown) => {
        if (!options.contents || !isAlreadyExists(error)) throw error
      })
    }
  }
  const suffix = options.dryRun ? ' (dry run)' : ''
  for (const { object: federated } of made) said.push(`${federated.kind} ${federated.metadata.name} created${suffix}`)
  return { objects: made.map((each) => each.object), said, warnings: made.flatMap((each) => each.warnings) }
}

async function configOf(type: ResourceType, options: FederateOptions, said: string[]): Promise<TypeConfig> {
  const { host, controlNamespace: namespace } = options
  const name = groupResourceOf(type)
  const present = await host.get({ type: federatedTypeConfigType, namespace, name }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
    return undefined
  })
  const config = readTypeConfig(present ?? typeConfigFor(type)) as TypeConfig
  if (present !== undefined || options.printOnly) return config
  if (!options.enables)
    throw new CodedError({
      code: 'not-enabled',
      message: `no FederatedTypeConfig in ${namespace} enables ${name}`,
      fix: 'Add --enable-type, or run flotilla kubefed enable first.',
    })
  said.push(...(await enableType(host, { name, version: type.version, namespace, dryRun: options.dryRun })))
  return config
}

/** What lies in a namespace, of every kind that can be listed; what controllers own is their affair. */
async function contentsOf(
  host: KubeClient,
  namespace: string,
  skip: readonly string[],
): Promise<{ type: ResourceType; items: KubeObject[] }[]> {
  const skipped = new Set(skip.filter((each) => each !== ''))
  const { all } = await host.resources({ refresh: true })
  const seen = new Set<string>()
  const found: { type: ResourceType; items: KubeObject[] }[] = []
  for (const type of all) {
    const key = groupResourceOf(type)
    if (!type.namespaced || seen.has(key) || controllerMade.has(key) || type.group === federatedGroup) continue
    seen.add(key)
    const names = [type.plural, key, type.group, type.kind, type.kind.toLowerCase(), ...(type.shortNames ?? [])]
    if (names.some((each) => each !== '' && skipped.has(each)) || type.verbs?.includes('list') === false) continue
    if (type.plural.includes('/') || type.verbs?.includes('create') === false) continue
    const { items } = await host.list(type, { namespace }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
      return { items: [] as KubeObject[] }
    })
    const own = items.filter(({ metadata }) => metadata.ownerReferences === undefined && !isMadeForNamespace(type, metadata))
    if (own.length > 0) found.push({ type, items: own })
  }
  return found
}

/** Every namespace has these of itself, and `default` the Service of the API. */
function isMadeForNamespace({ group, kind }: ResourceType, { name, namespace, labels }: KubeObject['metadata']): boolean {
  if (group !== '') return false
  if (kind === 'Service') return namespace === 'default' && name === 'kubernetes' && labels?.['provider'] === 'kubernetes'
  return (kind === 'ConfigMap' && name === 'kube-root-ca.crt') || (kind === 'ServiceAccount' && name === 'default')
}

/** Items of a list need not say what they are. */
function withKind(object: KubeObject, type: ResourceType): KubeObject {
  return { ...object, apiVersion: object.apiVersion ?? apiVersionOf(type.group, type.version), kind: object.kind ?? type.kind }
}

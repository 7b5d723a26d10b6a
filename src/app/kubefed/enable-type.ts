import { CodedError, UsageError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { federatedCrd } from '../../dialects/kubefed/kinds/federated-crd.js'
import { readTypeConfig, type TypeConfig, typeConfigFor } from '../../dialects/kubefed/kinds/type-config.js'
import { federatedTypeConfigType, kubeFedFinalizer } from '../../dialects/kubefed/resource-types.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { crdType } from '../system/core-types.js'

export interface EnableOptions {
  /** Plural, singular, short name or kind, with the group where that is needed: `deployments.apps`. */
  readonly name: string
  readonly version?: string
  readonly federatedGroup?: string
  readonly federatedVersion?: string
  readonly namespace: string
}

/** What enabling a kind makes: its FederatedTypeConfig and the definition of its federated kind. */
export async function enablingObjects(
  host: KubeClient,
  options: EnableOptions,
): Promise<{ typeConfig: KubeObject; crd: KubeObject; config: TypeConfig }> {
  const target = await findTarget(host, options.name, options.version)
  const { federatedGroup: group, federatedVersion: version, namespace } = options
  const typeConfig = typeConfigFor(target, {
    ...(group === undefined ? {} : { group }),
    ...(version === undefined ? {} : { version }),
    namespace,
  })
  const config = readTypeConfig(typeConfig) as TypeConfig
  const crd = federatedCrd(config.federated, { scalable: await isScalable(host, target), shortNames: target.shortNames ?? [] })
  return { typeConfig, crd, config }
}

/** Enables a kind; one that is enabled already stays as it is. */
export async function enableType(host: KubeClient, options: EnableOptions & { dryRun: boolean }): Promise<readonly string[]> {
  const { typeConfig, crd, config } = await enablingObjects(host, options)
  const suffix = options.dryRun ? ' (dry run)' : ''
  const present = await find(host, federatedTypeConfigType, options.namespace, typeConfig.metadata.name)
  const before = present && readTypeConfig(present)
  if (before !== undefined && kindOf(before.federated) !== kindOf(config.federated)) {
    throw new CodedError({
      code: 'enabled-otherwise',
      message: `${typeConfig.metadata.name} is federated as ${kindOf(before.federated)} already, not as ${kindOf(config.federated)}`,
      fix: `Run flotilla kubefed disable ${typeConfig.metadata.name} first.`,
    })
  }
  const said: string[] = []
  const make = async (type: ResourceType, object: KubeObject, there: boolean) => {
    said.push(`${groupResourceOf(type)}/${object.metadata.name} ${there ? 'unchanged' : 'created'}${suffix}`)
    if (!there && !options.dryRun) await host.create(type, object, { fieldManager: 'flotilla-kubefed' })
  }
  await make(crdType, crd, (await find(host, crdType, undefined, crd.metadata.name)) !== undefined)
  await make(federatedTypeConfigType, typeConfig, present !== undefined)
  return said
}

/** Disables a kind: copies stay. The definition of the federated kind goes only while there are no objects of it. */
export async function disableType(
  host: KubeClient,
  options: EnableOptions & { deleteCrd: boolean; dryRun: boolean },
): Promise<readonly string[]> {
  const suffix = options.dryRun ? ' (dry run)' : ''
  const present =
    (await find(host, federatedTypeConfigType, options.namespace, options.name)) ??
    (await find(
      host,
      federatedTypeConfigType,
      options.namespace,
      groupResourceOf(await findTarget(host, options.name, options.version)),
    ))
  if (present === undefined) {
    throw new CodedError({
      code: 'not-enabled',
      message: `no FederatedTypeConfig in ${options.namespace} enables ${options.name}`,
      fix: 'See kubectl get federatedtypeconfigs -A.',
    })
  }
  const config = readTypeConfig(present)
  const said: string[] = []
  if (options.deleteCrd && config !== undefined) {
    const { items } = await host.list(config.federated, { limit: 1 })
    if (items.length > 0) {
      throw new CodedError({
        code: 'federated-objects-left',
        message: `there are objects of ${config.federated.kind}: its definition cannot go`,
        fix: 'Remove them first, or disable without --delete-crd.',
      })
    }
  }
  const name = present.metadata.name
  if (!options.dryRun) await host.delete({ type: federatedTypeConfigType, namespace: options.namespace, name })
  said.push(`${groupResourceOf(federatedTypeConfigType)}/${name} deleted${suffix}`)
  if (config !== undefined && !options.dryRun) await release(host, config.federated)
  if (options.deleteCrd && config !== undefined) {
    const crd = groupResourceOf(config.federated)
    if (!options.dryRun) await host.delete({ type: crdType, name: crd })
    said.push(`${groupResourceOf(crdType)}/${crd} deleted${suffix}`)
  }
  return said
}

/** Nobody acts on the finalizer of a kind that is disabled: its objects could never be deleted. */
async function release(host: KubeClient, federated: ResourceType): Promise<void> {
  const { items } = await host.list(federated).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
    return { items: [] as KubeObject[] }
  })
  for (const { metadata } of items) {
    const finalizers = metadata.finalizers?.filter((each) => each !== kubeFedFinalizer)
    if (finalizers === undefined || finalizers.length === metadata.finalizers?.length) continue
    const { name, namespace, uid } = metadata
    const target = { type: federated, name, ...(namespace === undefined ? {} : { namespace }) }
    const body = { metadata: { ...(uid === undefined ? {} : { uid }), finalizers } }
    await host.patch(target, { kind: 'merge', body }, { fieldManager: 'flotilla-kubefed' }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}

/** A kind of the host by any of its names. */
export async function findTarget(host: KubeClient, name: string, version?: string): Promise<ResourceType> {
  const catalogue = await host.resources({ refresh: true })
  const found = catalogue.forName(name)
  const wanted =
    found === undefined || version === undefined
      ? found
      : catalogue.all.find((type) => type.group === found.group && type.plural === found.plural && type.version === version)
  if (wanted !== undefined) return wanted
  throw new UsageError({
    code: 'unknown-kind',
    message: `the host serves no kind called ${name}${version === undefined ? '' : ` in version ${version}`}`,
    fix: 'See kubectl api-resources; write the group too where it is not the core one: deployments.apps.',
  })
}

const builtInScalable = new Set(['apps/Deployment', 'apps/ReplicaSet', 'apps/StatefulSet', '/ReplicationController'])

/** Whether `spec.replicas` is a 32-bit integer, as upstream asks for retainReplicas. */
async function isScalable(host: KubeClient, target: ResourceType): Promise<boolean> {
  if (builtInScalable.has(`${target.group}/${target.kind}`)) return true
  const crd = await find(host, crdType, undefined, groupResourceOf(target))
  const spec = isObject(crd?.['spec']) ? crd['spec'] : {}
  const versions = Array.isArray(spec['versions']) ? spec['versions'].filter(isObject) : []
  let schema: unknown = versions.find(({ name }) => name === target.version)?.['schema']
  for (const step of ['openAPIV3Schema', 'properties', 'spec', 'properties', 'replicas'])
    schema = isObject(schema) ? schema[step] : undefined
  return isObject(schema) && schema['type'] === 'integer' && schema['format'] === 'int32'
}

function kindOf({ group, version, kind }: ResourceType): string {
  return `${apiVersionOf(group, version)} ${kind}`
}

async function find(
  host: KubeClient,
  type: ResourceType,
  namespace: string | undefined,
  name: string,
): Promise<KubeObject | undefined> {
  try {
    return await host.get({ type, name, ...(namespace === undefined ? {} : { namespace }) })
  } catch (error) {
    if (!isNotFound(error)) throw error
    return undefined
  }
}

import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import type { Log } from '../../../base/log.js'
import type { Random } from '../../../base/random.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { Cache, Caches } from '../../../kube/informer/cache.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'
import { isAlreadyExists, isNotFound } from '../../../kube/object/status-error.js'
import { workThrough } from '../../../kube/queue/work-through.js'
import { federatedTypeConfigType, kubeFedNamespace } from '../resource-types.js'
import { federatedCrd } from './federated-crd.js'
import { isNamespaceKind, readTypeConfig, type TypeConfig } from './type-config.js'

const crdType: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
}
const scalable = new Set(['apps/Deployment', 'apps/ReplicaSet', 'apps/StatefulSet', '/ReplicationController'])

/**
 * What a FederatedTypeConfig needs beside itself: the definition of its federated kind, made where it is missing (upstream left
 * that to kubefedctl), and a status that says whether the kind is propagated.
 */
export function keepTypeConfigs(options: {
  hub: KubeClient
  caches: Caches
  namespace?: string
  clock: Clock
  random: Random
  log: Log
  signal: AbortSignal
}): void {
  const { hub, clock, log, signal, namespace = kubeFedNamespace } = options
  let objects: Cache | undefined
  const queue = workThrough({
    clock,
    random: options.random,
    signal,
    work: keep,
    failed: (name, error, retryMs) => log.warn('cannot keep a FederatedTypeConfig', { name, error: messageOf(error), retryMs }),
  })

  async function keep(name: string): Promise<void> {
    const object = objects?.get(`${namespace}/${name}`)
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return
    const config = readTypeConfig(object)
    if (config !== undefined) await makeDefinition(config)
    await writeStatus(object, config)
  }

  async function makeDefinition({ target, federated }: TypeConfig): Promise<void> {
    try {
      await hub.get({ type: crdType, name: groupResourceOf(federated) }, { signal })
      return
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    // A FederatedNamespace lies in its namespace whatever the scope of its target.
    const namespaced = federated.namespaced || isNamespaceKind(target)
    const definition = federatedCrd({ ...federated, namespaced }, { scalable: scalable.has(`${target.group}/${target.kind}`) })
    await hub.create(crdType, definition, { fieldManager: 'flotilla', signal }).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
  }

  async function writeStatus({ metadata, ...object }: KubeObject, config: TypeConfig | undefined): Promise<void> {
    const propagationController = config?.propagates === true ? 'Running' : 'NotRunning'
    const before = isObject(object['status']) ? object['status'] : {}
    if (before['propagationController'] === propagationController && before['observedGeneration'] === metadata.generation) return
    const status = { observedGeneration: metadata.generation ?? 0, propagationController }
    const target = { type: federatedTypeConfigType, namespace, name: metadata.name, subresource: 'status' }
    await hub.patch(target, { kind: 'merge', body: { status } }, { fieldManager: 'flotilla', signal }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }

  // Where the kind is not served, this waits until it is.
  options.caches.cache(federatedTypeConfigType, { namespace }).then(
    (cache) => {
      objects = cache
      cache.onChange(({ type, object }) => {
        if (type !== 'DELETED') queue.add(object.metadata.name)
      })
      for (const { metadata } of cache.list()) queue.add(metadata.name)
    },
    () => {},
  )
}

import { compareText } from '../../../base/compare-text.js'
import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { PlacementDecision } from '../contract.js'

export interface Dependency {
  readonly apiVersion: 'v1'
  readonly kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim' | 'ServiceAccount'
  readonly namespace: string
  readonly name: string
  /** Where the workload names it. */
  readonly because: string
}

/** What the pods of a workload need beside them. What is made in each cluster anyway (the default account) is left out. */
export function dependenciesOf(object: KubeObject): Dependency[] {
  const pod = podSpecOf(object)
  if (pod === undefined) return []
  const namespace = object.metadata.namespace ?? ''
  const found = new Map<string, Dependency>()
  const add = (kind: Dependency['kind'], name: unknown, because: string) => {
    if (typeof name !== 'string' || name === '') return
    const key = `${kind}/${name}`
    if (!found.has(key)) found.set(key, { apiVersion: 'v1', kind, namespace, name, because })
  }
  for (const field of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of objects(pod[field])) {
      const where = `container ${String(container['name'])}`
      for (const source of objects(container['envFrom'])) {
        add('ConfigMap', inner(source['configMapRef'], 'name'), where)
        add('Secret', inner(source['secretRef'], 'name'), where)
      }
      for (const variable of objects(container['env'])) {
        const from = variable['valueFrom']
        if (!isObject(from)) continue
        add('ConfigMap', inner(from['configMapKeyRef'], 'name'), where)
        add('Secret', inner(from['secretKeyRef'], 'name'), where)
      }
    }
  }
  for (const volume of objects(pod['volumes'])) addVolume(volume, add)
  for (const secret of objects(pod['imagePullSecrets'])) add('Secret', secret['name'], 'image pull secret')
  if (pod['serviceAccountName'] !== 'default') add('ServiceAccount', pod['serviceAccountName'], 'service account')
  return [...found.values()].sort((a, b) => compareText(`${a.kind}/${a.name}`, `${b.kind}/${b.name}`))
}

function addVolume(
  volume: Record<string, unknown>,
  add: (kind: Dependency['kind'], name: unknown, because: string) => void,
): void {
  const where = `volume ${String(volume['name'])}`
  add('ConfigMap', inner(volume['configMap'], 'name'), where)
  add('Secret', inner(volume['secret'], 'secretName'), where)
  add('PersistentVolumeClaim', inner(volume['persistentVolumeClaim'], 'claimName'), where)
  for (const driver of ['cephfs', 'rbd', 'flexVolume', 'scaleIO', 'iscsi', 'storageos'])
    add('Secret', inner(inner(volume[driver], 'secretRef'), 'name'), where)
  add('Secret', inner(volume['azureFile'], 'secretName'), where)
  add('Secret', inner(inner(volume['csi'], 'nodePublishSecretRef'), 'name'), where)
  const projected = volume['projected']
  if (!isObject(projected)) return
  for (const source of objects(projected['sources'])) {
    add('ConfigMap', inner(source['configMap'], 'name'), where)
    add('Secret', inner(source['secret'], 'name'), where)
  }
}

/** The pod template of whatever has one: pods themselves, workloads, and CronJobs. */
export function podSpecOf(object: KubeObject): Record<string, unknown> | undefined {
  const spec = object['spec']
  if (!isObject(spec)) return undefined
  if (object.apiVersion === 'v1' && object.kind === 'Pod') return spec
  const outer = isObject(spec['jobTemplate']) ? inner(spec['jobTemplate'], 'spec') : spec
  const pod = inner(inner(outer, 'template'), 'spec')
  return isObject(pod) ? pod : undefined
}

/** Where each dependency has to be: wherever a workload that needs it goes. In order of kind and name. */
export function placeDependencies(
  workloads: readonly { readonly object: KubeObject; readonly decision: PlacementDecision }[],
): { readonly dependency: Dependency; readonly clusters: readonly string[]; readonly neededBy: readonly string[] }[] {
  const places = new Map<string, { dependency: Dependency; clusters: Set<string>; neededBy: string[] }>()
  for (const { object, decision } of workloads) {
    for (const dependency of dependenciesOf(object)) {
      const key = `${dependency.kind}/${dependency.namespace}/${dependency.name}`
      let place = places.get(key)
      if (place === undefined) places.set(key, (place = { dependency, clusters: new Set(), neededBy: [] }))
      for (const { cluster } of decision.deliveries) place.clusters.add(cluster)
      place.neededBy.push(`${decision.workload} (${dependency.because})`)
    }
  }
  return [...places]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, { dependency, clusters, neededBy }]) => ({ dependency, clusters: [...clusters].sort(compareText), neededBy }))
}

function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function inner(value: unknown, field: string): unknown {
  return isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined
}

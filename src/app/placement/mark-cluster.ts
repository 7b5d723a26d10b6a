import { CodedError, UsageError } from '../../base/errors.js'
import { cordonedAnnotation, formatTaints, parseTaints, taintsAnnotation } from '../../delivery/placement/cluster-marks.js'
import type { Taint } from '../../delivery/placement/contract.js'
import { clusterSecretSelector, parseClusterSecret } from '../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import { managerLabel, managerName } from '../../dialects/cluster-profile/cluster-profile.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { secretType } from '../system/core-types.js'

interface Fleet {
  readonly hub: KubeClient
  readonly namespace: string
}

interface Source {
  readonly type: ResourceType
  readonly object: KubeObject
}

/** Kinds that clusters come from besides Secrets, in the order of the sources. */
const kinds: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['core.kubefed.io/v1beta1', 'KubeFedCluster'],
  ['cluster.karmada.io/v1alpha1', 'Cluster'],
  ['flotilla.dev/v1alpha1', 'AgentCluster'],
  ['multicluster.x-k8s.io/v1alpha1', 'ClusterProfile'],
]

/** A cordoned cluster keeps what it has and takes nothing new. Answers what to print. */
export async function cordonCluster(fleet: Fleet, name: string, cordoned: boolean): Promise<string> {
  const source = await sourceOf(fleet, name)
  const is = source.object.metadata.annotations?.[cordonedAnnotation] === 'true'
  const word = cordoned ? 'cordoned' : 'uncordoned'
  if (is === cordoned) return `cluster ${name} already ${word}`
  await annotate(fleet.hub, source, cordonedAnnotation, cordoned ? 'true' : null)
  return `cluster ${name} ${word} (${describe(source)})`
}

/** Edits taints as `kubectl taint nodes` does: `key=value:Effect` sets, `key:Effect-` and `key-` remove. Answers what to print. */
export async function taintCluster(fleet: Fleet, name: string, edits: readonly string[]): Promise<string> {
  const { set, remove } = parseTaintEdits(edits)
  const source = await sourceOf(fleet, name)
  const before = parseTaints(source.object.metadata.annotations?.[taintsAnnotation] ?? '')
  const matches = (taint: Taint) =>
    remove.some(({ key, effect }) => key === taint.key && (effect === undefined || effect === taint.effect))
  const replaced = (taint: Taint) => set.some(({ key, effect }) => key === taint.key && effect === taint.effect)
  const missing = remove.find(
    ({ key, effect }) => !before.some((each) => each.key === key && (effect ?? each.effect) === each.effect),
  )
  if (missing !== undefined) {
    throw new CodedError({
      code: 'taint-not-found',
      message: `cluster ${name} has no taint ${missing.key}${missing.effect === undefined ? '' : `:${missing.effect}`}`,
      fix: before.length === 0 ? 'It has no taints.' : `It has ${formatTaints(before)}.`,
    })
  }
  const after = [...before.filter((taint) => !matches(taint) && !replaced(taint)), ...set]
  await annotate(fleet.hub, source, taintsAnnotation, after.length === 0 ? null : formatTaints(after))
  return `cluster ${name} ${set.length > 0 ? 'tainted' : 'untainted'} (${describe(source)})${after.length === 0 ? '' : `: ${formatTaints(after)}`}`
}

/** Throws UsageError for what is no edit of a taint. */
export function parseTaintEdits(edits: readonly string[]): {
  readonly set: readonly Taint[]
  readonly remove: readonly { readonly key: string; readonly effect?: string }[]
} {
  const set: Taint[] = []
  const remove: { key: string; effect?: string }[] = []
  for (const edit of edits) {
    const [, key, effect] = /^([^=:\s]+)(?::(NoSchedule|PreferNoSchedule|NoExecute))?-$/.exec(edit) ?? []
    const [taint] = parseTaints(edit)
    if (key !== undefined) remove.push({ key, ...(effect === undefined ? {} : { effect }) })
    else if (taint !== undefined && !edit.includes(',')) set.push(taint)
    else {
      throw new UsageError({
        code: 'bad-taint',
        message: `"${edit}" is no taint`,
        fix: 'Use KEY=VALUE:EFFECT or KEY:EFFECT (NoSchedule, PreferNoSchedule, NoExecute) to set, KEY- or KEY:EFFECT- to remove.',
      })
    }
  }
  return { set, remove }
}

async function sourceOf({ hub, namespace }: Fleet, name: string): Promise<Source> {
  const secrets = await hub.list(secretType, { namespace, labelSelector: clusterSecretSelector })
  const secret = secrets.items.find((each) => parseClusterSecret(each).name === name)
  if (secret !== undefined) return { type: secretType, object: secret }
  const catalogue = await hub.resources()
  for (const [apiVersion, kind] of kinds) {
    const type = catalogue.forKind(apiVersion, kind)
    if (type === undefined) continue
    const object = (await hub.list(type)).items.find((each) => isNamed(each, kind, name))
    if (object !== undefined) return { type, object }
  }
  throw new CodedError({
    code: 'cluster-not-found',
    message: `nothing on the hub says that there is a cluster ${name}`,
    fix: 'See `flotilla cluster list`. The hub itself takes no workloads of the fleet, and so needs no mark.',
  })
}

function isNamed(object: KubeObject, kind: string, name: string): boolean {
  if (kind !== 'ClusterProfile') return object.metadata.name === name
  if (object.metadata.labels?.[managerLabel] === managerName) return false
  const { displayName } = (object['spec'] ?? {}) as { displayName?: string }
  return (displayName || object.metadata.name) === name
}

async function annotate(hub: KubeClient, { type, object }: Source, key: string, value: string | null): Promise<void> {
  const { name, namespace } = object.metadata
  const target = { type, name, ...(namespace === undefined ? {} : { namespace }) }
  await hub.patch(target, { kind: 'merge', body: { metadata: { annotations: { [key]: value } } } }, { fieldManager: 'flotilla' })
}

function describe({ type, object: { metadata } }: Source): string {
  return `${type.kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`
}

import { policyName } from '../../delivery/placement/policy/decide-policy.js'
import { fieldAt, textAt } from '../../dialects/karmada/fields.js'
import { groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { Explanation } from './explain-placement.js'

/** The object by which a record or a preference about it is explained: of what kind, where and called what. */
export interface Subject {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** What a binding or a ReplicaSchedulingPreference is about; undefined for any other object. */
export function subjectOf(object: KubeObject): Subject | undefined {
  const group = groupOf(object.apiVersion)
  const { namespace = '', name } = object.metadata
  if (group === 'work.karmada.io' && (object.kind === 'ResourceBinding' || object.kind === 'ClusterResourceBinding')) {
    const resource = fieldAt(object, 'spec', 'resource')
    const of = groupOf(textAt(resource, 'apiVersion'))
    const kind = textAt(resource, 'kind').toLowerCase()
    return { kind: of === '' ? kind : `${kind}.${of}`, namespace: textAt(resource, 'namespace'), name: textAt(resource, 'name') }
  }
  if (group === 'scheduling.kubefed.io' && object.kind === 'ReplicaSchedulingPreference')
    return { kind: textAt(object, 'spec', 'targetKind').toLowerCase(), namespace, name }
  return undefined
}

const policies = new Map([
  ['PropagationPolicy', 'policy.karmada.io'],
  ['ClusterPropagationPolicy', 'policy.karmada.io'],
])

/** For a policy: whether it has a say about an object, as holder or not. Undefined for what is no policy. */
export function heardBy({ apiVersion, kind, metadata }: KubeObject): ((explanation: Explanation) => boolean) | undefined {
  if (policies.get(kind) !== groupOf(apiVersion)) return undefined
  const said = policyName(metadata)
  return ({ dialect, decision }) =>
    dialect === 'karmada' && decision?.policies.some(({ policy, verdict }) => policy === said && verdict !== 'no match') === true
}

import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { Explanation } from '../placement/explain-placement.js'
import { countOf, type FleetExplanation, Steps, someOf } from './explanation.js'

const most = 12

/** Why a Placement or a policy has the effect that it has: the objects that it rules, those that another one took, and where they go. Pure. */
export function explainPolicy(policy: KubeObject, all: readonly Explanation[]): FleetExplanation {
  const steps = new Steps()
  const { name, namespace } = policy.metadata
  const key = namespace === undefined ? name : `${namespace}/${name}`
  const means = (text: string) => text === key || text === name || text.endsWith(` ${key}`)
  const objects = all.filter(({ id }) => !id.startsWith('placement/Placement.'))
  const ruled = objects.filter(({ decision }) => decision?.policy !== undefined && means(decision.policy))
  const lost = objects.flatMap(({ source, decision }) => {
    const verdict = decision?.policies.find((each) => means(each.policy) && each.verdict === 'lost')
    return verdict === undefined ? [] : [{ source, why: verdict.why }]
  })
  const overridden = objects.filter(({ decision }) => decision?.deliveries.some(({ overrides }) => overrides.some(means)))
  for (const { source, decision } of ruled.slice(0, most)) {
    const placed = decision?.outcome === 'placed'
    const last = decision?.reasons[decision.reasons.length - 1] ?? ''
    const where =
      decision?.deliveries.map(({ cluster, replicas }) => (replicas === undefined ? cluster : `${cluster}=${replicas}`)) ?? []
    steps.add('model', source, placed ? 'ok' : 'waits', `${decision?.outcome}: ${placed ? someOf(where, 6) : last}`)
    if (!placed) steps.waits(`${source}: ${last}`)
  }
  if (ruled.length > most) steps.add('model', 'more', 'info', `${ruled.length - most} more`)
  for (const { source, why } of lost.slice(0, most)) steps.add('model', source, 'info', `lost: ${why}`)
  for (const { source } of overridden.slice(0, most)) steps.add('model', source, 'ok', 'its overrides apply')
  const { conditions } = (isObject(policy['status']) ? policy['status'] : {}) as { conditions?: unknown }
  for (const each of Array.isArray(conditions) ? conditions : []) {
    if (!isObject(each)) continue
    const { type, status, reason, message } = each
    steps.add('engine', String(type), status === 'True' ? 'ok' : 'bad', [reason, message].filter(Boolean).join(': '))
  }
  const count = new Set([...ruled, ...overridden].map(({ source }) => source)).size
  if (count === 0 && lost.length === 0) steps.add('dialect', 'selects', 'info', 'no object of the hub')
  return {
    object: `${policy.kind} ${key}`,
    state: `rules ${countOf(count, 'object')}${lost.length > 0 ? `, ${lost.length} lost to others` : ''}`,
    steps: steps.list,
    waitsFor: steps.waitsFor,
  }
}

import { canonicalJson } from '../../base/json.js'
import type { Federated, HubFacts, Problem } from '../../delivery/federation/contract.js'
import { federatedId } from '../../delivery/federation/federated-id.js'
import type {
  Placement,
  PlacementPolicies,
  PlacementPolicy,
  PreviousPlacement,
  Workload,
} from '../../delivery/placement/contract.js'
import { decidePlacement } from '../../delivery/placement/decide-placement.js'
import { fnv1a } from '../../delivery/placement/division/fnv.js'
import { completionsOf } from '../../delivery/placement/job-completions.js'
import { decidePolicy, policyName } from '../../delivery/placement/policy/decide-policy.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { isSuspended } from './binding/build-binding.js'
import { agreedSpec, type Requirer, requirersOf } from './binding/dependents.js'
import { bindingOf, readEvictions, readPrevious } from './binding/read-binding.js'
import { copyRules } from './copy-rules.js'
import { type Fields, fieldAt, fieldsOf, objectAt, objectsAt, textAt, textsAt } from './fields.js'
import { autoscalerType, overridesFor, policiesFor } from './hub-kinds.js'
import type { Interpreter } from './interpreter/interpreter.js'
import { annotations, labels } from './names.js'
import { readPreserveState } from './policy/preserve-state.js'
import { readFailover, readPurge, readSilence } from './policy/read-failover.js'
import { readOverridePolicy } from './policy/read-override-policy.js'
import { apportionmentOf, readPlacement } from './policy/read-placement.js'
import { readPropagationPolicy } from './policy/read-propagation-policy.js'
import { isAskedAfter, rebalanceAsked } from './rebalance.js'
import { clusterTaintPolicyType } from './resource-types.js'
import { asClaimed, claimOf } from './template/claim.js'
import { mayBeTemplate } from './template/eligible.js'
import { namespaceRule } from './template/namespace-rule.js'
import { pruneTemplate } from './template/prune.js'

/** A template as its policy has it, with what the report on it is made of. */
export interface ReadTemplate extends Federated {
  /** The policy that holds it; undefined for what only follows others. */
  readonly holder?: KubeObject
  /** Of the policy, or of the binding while a lazy policy waits for the template to change. */
  readonly policySpec: Fields
  readonly binding?: KubeObject
  readonly requirers: readonly Requirer[]
  /** Where its own policy sends it, where others need it elsewhere, too. */
  readonly own?: ReadonlySet<string>
  readonly rebalanceAsked?: string
  /** Of the template as it goes out, where a lazy policy asks for it. */
  readonly digest?: string
}

/** What an object of the hub asks for by Karmada's policies; undefined where none selects it and nothing needs it. */
export function readSource(source: KubeObject, hub: HubFacts, interpreter: Interpreter): ReadTemplate | undefined {
  if (!mayBeTemplate(source)) return undefined
  const { namespace = '' } = source.metadata
  const policies = policiesFor(hub, namespace)
  const placements = policies.map(readPropagationPolicy)
  const claim = claimOf(source)
  const { winner } = decidePolicy(source, placements, claim)
  const requirers = interpreter.mayFollow(source) ? requirersOf(source, hub) : []
  const binding = bindingOf(source, hub)
  if (winner === undefined && requirers.length === 0 && objectsAt(binding, 'spec', 'requiredBy').length === 0) return undefined
  const holder = policies[placements.indexOf(winner as PlacementPolicy)]
  const asked = rebalanceAsked(source, hub)
  const fresh = isAskedAfter(asked, textAt(binding, 'status', 'lastScheduledTime'))
  const previous: PreviousPlacement = {
    ...readPrevious(binding, claim !== undefined && placements.some((each) => policyName(each) === claim) ? claim : undefined),
    ...(winner === undefined ? requiredBefore(binding) : {}),
    ...(fresh ? { fresh } : {}),
  }
  const claimed = holder === undefined ? source : asClaimed(source, holder)
  const object = pruneTemplate(claimed)
  const isLazy = textAt(holder, 'spec', 'activationPreference') === 'Lazy'
  const digest = isLazy ? digestOf(object) : undefined
  const agreed = agreedSpec(holder === undefined ? requirers : [])
  const policySpec = holder === undefined ? agreed.spec : specInForce(holder, binding, digest)
  const autoscaler = interpreter.replicas(source) === undefined ? undefined : autoscalerOf(source, hub)
  const replicas = interpreter.replicas(source)
  const alongside = completionsOf(object)
  const workload: Workload = {
    object,
    ...(replicas === undefined ? {} : { replicas, revise: (copy, count) => interpreter.revise(copy, count) }),
    ...(autoscaler === undefined ? {} : { autoscaler }),
    ...(alongside === undefined ? {} : { alongside }),
  }
  const overrides = overridesFor(hub, namespace).map(readOverridePolicy)
  const own = holder === undefined ? [] : placements.map((each) => (each === winner ? inForce(each, holder, policySpec) : each))
  const required = withRequired(source, workload, own, winner, requirers, hub, previous)
  const paused = pausedBy(holder, binding, hub)
  return {
    id: federatedId('karmada', source),
    workload,
    policies: { placements: required.placements, overrides },
    previous,
    rules: copyRules({
      source: claimed,
      policySpec,
      ...(binding === undefined ? {} : { binding }),
      autoscaled: autoscaler !== undefined,
    }),
    failover: {
      ...readFailover(
        objectAt(policySpec, 'failover'),
        readSilence(hub.objects(clusterTaintPolicyType), objectsAt(policySpec, 'placement', 'clusterTolerations')),
        (preservation) => readPreserveState(preservation, interpreter),
      ),
      health(live) {
        const health = interpreter.health(live)
        return health === 'Unknown' ? undefined : health === 'Healthy'
      },
    },
    evictions: readEvictions(binding),
    ...namespaceRule(namespace, hub),
    warnings: [...(holder === undefined ? agreed.warnings : warningsOf(policySpec)), ...scriptProblems(source, interpreter)],
    ...(paused === undefined ? {} : { paused }),
    ...(holder === undefined ? {} : { holder }),
    policySpec,
    ...(binding === undefined ? {} : { binding }),
    requirers,
    ...(required.own === undefined ? {} : { own: required.own }),
    ...(asked === undefined ? {} : { rebalanceAsked: asked }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** What no policy selects has no clusters of its own on record: it was where those were that needed it. */
function requiredBefore(binding: KubeObject | undefined): Pick<PreviousPlacement, 'replicas'> {
  const clusters = objectsAt(binding, 'spec', 'requiredBy').flatMap((each) => objectsAt(each, 'clusters'))
  const own = objectsAt(binding, 'spec', 'clusters')
  if (clusters.length === 0) return {}
  return { replicas: Object.fromEntries([...own, ...clusters].map((cluster) => [textAt(cluster, 'name'), 0])) }
}

/** A lazy policy counts as it was when the template last changed. */
function specInForce(holder: KubeObject, binding: KubeObject | undefined, digest: string | undefined): Fields {
  const spec = fieldsOf(holder['spec'])
  if (digest === undefined || binding === undefined) return spec
  if (binding.metadata.annotations?.[annotations.activeTemplate] !== digest) return spec
  const same = ['policyName', 'policyNamespace', 'clusterPolicyName'] as const
  const holderNames = {
    policyName: holder.metadata.name,
    clusterPolicyName: holder.metadata.name,
    policyNamespace: holder.metadata.namespace,
  }
  const held = same.some((key) => binding.metadata.annotations?.[annotations[key]] === holderNames[key])
  return held ? fieldsOf(binding['spec']) : spec
}

function inForce(policy: PlacementPolicy, holder: KubeObject, spec: Fields): PlacementPolicy {
  return spec === holder['spec'] ? policy : { ...policy, placement: readPlacement(spec['placement'], apportionmentOf(holder)) }
}

/**
 * What others need goes wherever they go, beside where its own policy sends it. For what no policy selects, the clusters of those
 * that need it are all there is.
 */
function withRequired(
  source: KubeObject,
  workload: Workload,
  placements: readonly PlacementPolicy[],
  winner: PlacementPolicy | undefined,
  requirers: readonly Requirer[],
  hub: HubFacts,
  previous: PreviousPlacement,
): { readonly placements: PlacementPolicies['placements']; readonly own?: ReadonlySet<string> } {
  if (requirers.length === 0 && winner !== undefined) return { placements }
  let ownClusters: Set<string> | undefined
  const names = new Set(requirers.flatMap(({ clusters }) => clusters.map(({ name }) => name)))
  if (winner !== undefined) {
    const own = decidePlacement(workload, { placements }, hub.clusters, previous)
    if ([...names].every((name) => own.deliveries.some(({ cluster }) => cluster === name))) return { placements }
    // A placement that failed removes nothing: it stays where it was sent before.
    const failed = own.outcome === 'not placed' && own.removals.length === 0
    ownClusters = new Set(failed ? Object.keys(previous.replicas ?? {}) : own.deliveries.map(({ cluster }) => cluster))
    for (const cluster of ownClusters) names.add(cluster)
  }
  const { name, namespace } = winner ?? { name: 'dependencies', namespace: source.metadata.namespace }
  const selectors = [{ apiVersion: source.apiVersion, kind: source.kind, name: source.metadata.name }]
  const placement: Placement =
    names.size === 0
      ? { division: { strategy: 'duplicated' }, nowhere: 'nothing that needs it is in any cluster' }
      : {
          division: { strategy: 'duplicated' },
          groups: [{ name: 'required', names: [...names].sort() }],
          tolerations: [{ operator: 'Exists' }],
        }
  return {
    placements: [
      {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        selectors,
        placement,
        ...(winner?.suspended === undefined ? {} : { suspended: winner.suspended }),
      },
    ],
    ...(ownClusters === undefined ? {} : { own: ownClusters }),
  }
}

/** The HorizontalPodAutoscaler of the hub that targets an object. */
function autoscalerOf(source: KubeObject, hub: HubFacts): string | undefined {
  const { name, namespace = '' } = source.metadata
  return hub.objects(autoscalerType, { namespace }).find((each) => {
    const target = fieldAt(each, 'spec', 'scaleTargetRef')
    return (
      textAt(target, 'kind') === source.kind &&
      textAt(target, 'name') === name &&
      textAt(target, 'apiVersion') === source.apiVersion
    )
  })?.metadata.name
}

function pausedBy(holder: KubeObject | undefined, binding: KubeObject | undefined, hub: HubFacts): string | undefined {
  if (isSuspended(binding)) return `scheduling is suspended in the binding ${binding?.metadata.name ?? ''}`
  // It is decided, and on record, before it is delivered.
  const delivered = objectsAt(binding, 'status', 'aggregatedStatus').some((each) => each['applied'] === true)
  if (holder === undefined || delivered) return undefined
  const there = new Set(overridesFor(hub, holder.metadata.namespace ?? '').map(({ metadata }) => metadata.name))
  const missing = textsAt(holder, 'spec', 'dependentOverrides').filter((name) => !there.has(name))
  return missing.length === 0 ? undefined : `waits for the override policies that it depends on: ${missing.join(', ')}`
}

function warningsOf(spec: Fields): Problem[] {
  const warnings: Problem[] = []
  const ignored = (field: string, why: string) =>
    warnings.push({ reason: 'FieldWithoutEffect', message: `spec.${field} has no effect here: ${why}` })
  const failover = objectAt(spec, 'failover')
  for (const level of ['application', 'cluster']) {
    const behaviour = objectAt(failover, level)
    if (objectAt(behaviour, 'statePreservation') !== undefined && readPurge(textAt(behaviour, 'purgeMode')) !== 'Directly')
      ignored(`failover.${level}.statePreservation`, 'state is carried over with purgeMode: Directly alone; set it')
  }
  if (!['', 'default-scheduler'].includes(textAt(spec, 'schedulerName')))
    ignored('schedulerName', 'there is one scheduler; remove the field')
  if (objectAt(spec, 'schedulePriority') !== undefined)
    ignored('schedulePriority', 'there is no queue in which an object would wait; remove the field')
  return warnings
}

function scriptProblems(source: KubeObject, interpreter: Interpreter): Problem[] {
  return (interpreter.problems?.(source) ?? []).map((message) => ({ reason: 'ScriptFailed', message }))
}

function digestOf(object: KubeObject): string {
  const { labels: own, annotations: _, ...metadata } = object.metadata
  const kept = Object.entries(own ?? {}).filter(([key]) => !claims.has(key))
  return fnv1a(canonicalJson({ ...object, metadata: { ...metadata, labels: Object.fromEntries(kept) } })).toString(16)
}

const claims = new Set<string>([labels.policyId, labels.clusterPolicyId])

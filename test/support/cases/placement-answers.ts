import { spawnSync } from 'node:child_process'
import { messageOf } from '../../../src/base/errors.js'
import type {
  ClusterAffinity,
  ClusterFacts,
  FieldExpression,
  ResourceSelector,
} from '../../../src/delivery/placement/contract.js'
import { bindStrategy, type DivisionRule } from '../../../src/delivery/placement/division/division-rules.js'
import { planKubefed } from '../../../src/delivery/placement/division/kubefed-planner.js'
import { matcherOf } from '../../../src/delivery/placement/match-cluster.js'
import { closestOf } from '../../../src/delivery/placement/match-resource.js'
import { inOrderOfPreference, selectClusters } from '../../../src/delivery/placement/spread/select-clusters.js'
import type { KubeObject } from '../../../src/kube/object/kube-object.js'
import type { KarmadaCandidate, KarmadaCase, KarmadaPlacement, KarmadaSelector, KubefedCase } from './placement-cases.js'
import { buildDeliveryOf } from './placement-delivery.js'

/** A cluster affinity as Karmada writes it. */
export interface KarmadaAffinity {
  readonly clusterNames?: readonly string[]
  readonly exclude?: readonly string[]
  readonly labelSelector?: { readonly matchLabels: Record<string, string> }
  readonly fieldSelector?: {
    readonly matchExpressions: readonly {
      key: FieldExpression['field']
      operator: FieldExpression['operator']
      values?: string[]
    }[]
  }
}

export interface KubefedAnswer {
  readonly plan: Record<string, number>
  readonly overflow: Record<string, number>
}

/** Members that are empty are left out by the peer. */
export interface KarmadaAnswer {
  readonly clusters?: readonly { name: string; replicas: number }[]
  readonly names?: readonly string[]
  readonly object?: unknown
  readonly matches?: boolean
  readonly priority?: number
  readonly error?: string
}

/** Asks a peer: a request is a line of JSON, and so is its answer. */
export function askPeer<T>(program: string, requests: readonly object[]): T[] {
  const input = `${requests.map((each) => JSON.stringify(each)).join('\n')}\n`
  const { status, stdout, stderr } = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`the peer ended with ${status}: ${stderr.slice(-500)}`)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

export function answerKubefed(asked: KubefedCase): KubefedAnswer {
  const clusters = asked.available.map((name) => ({
    name,
    previous: 0,
    ...(asked.current[name] === undefined ? {} : { running: asked.current[name] }),
    ...(asked.capacity[name] === undefined ? {} : { bearable: asked.capacity[name] }),
  }))
  const { plan, overflow } = planKubefed(
    { replicas: asked.totalReplicas, clusters, matches: () => false, key: asked.key, uid: '', fresh: false },
    { strategy: 'kubefed-planner', clusters: asked.clusters, rebalance: asked.rebalance },
  )
  return { plan: Object.fromEntries(plan), overflow: Object.fromEntries(overflow) }
}

export function answerKarmada(asked: KarmadaCase): KarmadaAnswer {
  const { op, clusters = [], previous = [] } = asked
  const had = new Map(previous.map(({ name, replicas }) => [name, replicas]))
  switch (op) {
    case 'assign': {
      const bound = bindStrategy(ruleOf(asked.placement as KarmadaPlacement))
      const matchers = bound.affinities.map(matcherOf)
      const facts = new Map(clusters.map((each) => [each.name, buildCluster(each)]))
      const { replicas, problem } = bound.divide({
        replicas: asked.replicas ?? 0,
        clusters: clusters.map(({ name, free }) => ({ name, free, previous: had.get(name) ?? 0 })),
        matches: (name, index) => matchers[index]?.matches(facts.get(name) as ClusterFacts) === true,
        key: '',
        uid: asked.uid ?? '',
        fresh: asked.fresh === true,
      })
      if (problem !== undefined) return { error: problem }
      return { clusters: [...replicas].map(([name, count]) => ({ name, replicas: count })).filter((each) => each.replicas > 0) }
    }
    case 'select': {
      const placement = asked.placement as KarmadaPlacement
      const candidates = clusters
        .map((each) => ({ facts: buildCluster(each), score: each.score, available: each.free + (had.get(each.name) ?? 0) }))
        .sort(inOrderOfPreference)
      const { selected, problem } = selectClusters({
        candidates,
        constraints: (placement.spreadConstraints ?? []).map(({ spreadByField, ...range }) => ({ by: spreadByField, ...range })),
        replicas: asked.replicas ?? 0,
        divides: placement.replicaScheduling?.replicaSchedulingType === 'Divided',
      })
      return problem === undefined ? { names: selected.map(({ facts }) => facts.name) } : { error: problem }
    }
    case 'override':
      try {
        return { object: buildDeliveryOf(asked) }
      } catch (error) {
        return { error: messageOf(error) }
      }
    case 'matches':
      return { matches: matcherOf(readAffinity(asked.affinity ?? {})).matches(buildCluster(clusters[0] as KarmadaCandidate)) }
    case 'priority':
      return { priority: closestOf((asked.selectors ?? []).map(readSelector), asked.object as unknown as KubeObject) }
  }
}

/** Answers in a form that can be compared: order, where upstream has none; of errors only that there is one. */
export function tidyKarmada(asked: KarmadaCase, answer: KarmadaAnswer): unknown {
  if (answer.error?.startsWith('panic')) return 'panic'
  if (answer.error !== undefined) return 'error'
  switch (asked.op) {
    case 'assign':
      return Object.fromEntries(
        [...(answer.clusters ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1)).map((each) => [each.name, each.replicas]),
      )
    case 'select':
      return answer.names ?? []
    case 'override':
      return answer.object
    case 'matches':
      return answer.matches ?? false
    case 'priority':
      return answer.priority ?? 0
  }
}

export function buildCluster({ name, labels, region, zones, provider }: KarmadaCandidate): ClusterFacts {
  return { name, labels, region, zones, provider }
}

export function readAffinity(affinity: KarmadaAffinity): ClusterAffinity {
  const { clusterNames: names, exclude, labelSelector: labels, fieldSelector } = affinity
  const fields = fieldSelector?.matchExpressions.map(({ key, ...rest }) => ({ field: key, ...rest }))
  return { ...(names && { names }), ...(exclude && { exclude }), ...(labels && { labels }), ...(fields && { fields }) }
}

export function readSelector({ labelSelector, ...rest }: KarmadaSelector): ResourceSelector {
  return { ...rest, ...(labelSelector && { labels: labelSelector }) }
}

function ruleOf({ replicaScheduling }: KarmadaPlacement): DivisionRule {
  if (replicaScheduling === undefined || replicaScheduling.replicaSchedulingType === 'Duplicated')
    return { strategy: 'duplicated' }
  if (replicaScheduling.replicaDivisionPreference === 'Aggregated') return { strategy: 'aggregated' }
  const preference = replicaScheduling.weightPreference
  if (preference?.dynamicWeight !== undefined) return { strategy: 'dynamic-weights' }
  const weights = preference?.staticWeightList?.map(({ targetCluster, weight }) => ({
    clusters: readAffinity(targetCluster),
    weight,
  }))
  return { strategy: 'static-weights', ...(weights && { weights }) }
}

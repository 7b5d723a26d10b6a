import { formatTime } from '../../base/clock.js'
import { formatTaints } from '../../delivery/placement/cluster-marks.js'
import type { ClusterFacts } from '../../delivery/placement/contract.js'
import type { Application } from '../../dialects/argo-cd/kinds/application.js'
import type { Cluster, ClusterState } from '../../inventory/cluster.js'
import { type FleetExplanation, inOrder, Steps, someOf } from './explanation.js'

export interface ClusterExplained {
  readonly cluster: Cluster
  readonly state: ClusterState
  readonly facts: ClusterFacts | undefined
  /** Of its agent, where it has one. */
  readonly agent?: { readonly phase: string; readonly message: string; readonly since: string | undefined }
  /** Applications that point at it. */
  readonly applications: readonly Application[]
  /** Objects of the hub that are placed there: `Deployment shop/web=3`. */
  readonly placed: readonly string[]
}

/** Why a cluster is as it is: where it is known from, how it is reached, how it answers, what may go there, what is there. Pure. */
export function explainCluster({ cluster, state, facts, agent, applications, placed }: ClusterExplained): FleetExplanation {
  const steps = new Steps()
  const { name, source, server, problem } = cluster
  steps.add('dialect', 'known from', problem === undefined ? 'ok' : 'bad', source)
  if (problem !== undefined) {
    steps.add('dialect', 'source', 'bad', `${problem.reason}: ${problem.message}`)
    steps.waits('its source to be mended')
  }
  steps.add(
    'model',
    'connection',
    problem === undefined ? 'ok' : 'bad',
    cluster.isPulled === true ? `by its agent (${server})` : `${server} (${authOf(cluster)})`,
  )
  if (agent !== undefined) {
    const good = agent.phase === 'Connected'
    steps.add(
      'engine',
      'agent',
      good ? 'ok' : agent.phase === 'Denied' ? 'bad' : 'waits',
      `${agent.phase}${agent.message ? `: ${agent.message}` : ''}`,
      agent.since,
    )
    if (agent.phase === 'Pending') steps.waits(`approval: flotilla cluster approve ${name}`)
    else if (!good) steps.waits('its agent')
  }
  const { health, reason, message, since } = state
  const words = [health, reason, message].filter(Boolean).join(': ')
  steps.add(
    'engine',
    'health',
    health === 'Healthy' ? 'ok' : health === 'Degraded' ? 'bad' : 'waits',
    words,
    since > 0 ? formatTime(since) : undefined,
  )
  if (health === 'Pending') steps.waits('its first answer')
  else if (health === 'Unknown') steps.waits('it to answer; until then nothing is concluded from its silence')
  if (facts?.cordoned === true)
    steps.add('model', 'cordoned', 'info', `it keeps what it has and takes nothing new (flotilla cluster uncordon ${name})`)
  if ((facts?.taints ?? []).length > 0) steps.add('model', 'taints', 'info', formatTaints(facts?.taints ?? []))
  const place = [facts?.region, ...(facts?.zones ?? []), facts?.provider].filter((part) => part !== undefined)
  if (place.length > 0) steps.add('model', 'place', 'info', place.join(', '))
  const troubled = applications.filter(({ status }) => status?.sync?.status !== 'Synced' || status.health?.status !== 'Healthy')
  if (applications.length > 0) {
    const names = troubled.map(
      ({ metadata, status }) => `${metadata.name} ${status?.sync?.status ?? 'Unknown'}, ${status?.health?.status ?? 'Unknown'}`,
    )
    const more = troubled.length === 0 ? 'all Synced and Healthy' : `not Synced and Healthy: ${someOf(names, 6)}`
    steps.add('cluster', 'Applications', troubled.length === 0 ? 'ok' : 'bad', `${applications.length}; ${more}`)
  }
  if (placed.length > 0) steps.add('cluster', 'placed', 'ok', `${placed.length}: ${someOf(placed, 8)}`)
  if (applications.length === 0 && placed.length === 0) steps.add('cluster', 'runs', 'info', 'nothing of the hub is meant for it')
  return {
    object: `cluster ${name}`,
    state: `${problem === undefined ? health : 'Degraded'}${facts?.cordoned === true ? ', cordoned' : ''}`,
    steps: inOrder(steps.list),
    waitsFor: steps.waitsFor,
  }
}

function authOf({ connection }: Cluster): string {
  return connection === undefined ? 'no connection' : `credentials: ${connection.auth.kind}`
}

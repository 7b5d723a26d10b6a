import { defineCheck, type Finding } from '../../contract.js'
import type { ClusterIdentity, ClusterTool } from '../../model/cluster-model.js'
import type { FleetModel } from '../../model/fleet-model.js'
import type { Spot } from '../../model/spot.js'

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** What a name must be for the tool; text: why it is refused. */
const rules: Partial<Record<ClusterTool, (name: string) => string | undefined>> = {
  cilium: (name) =>
    name === 'default'
      ? 'Cilium keeps the name default for clusters that are in no mesh'
      : name.length > 32
        ? `Cilium takes at most 32 characters, and it has ${name.length}`
        : label.test(name)
          ? undefined
          : 'Cilium takes lower-case letters, digits and dashes only',
  submariner: (name) => dnsLabel(name, 'Submariner'),
  linkerd: (name) => dnsLabel(name, 'Linkerd'),
  'cluster-profile': (name) => (name.length > 63 ? 'it has more than 63 characters' : undefined),
}

function dnsLabel(name: string, tool: string): string | undefined {
  if (name.length > 63) return `${tool} takes at most 63 characters, and it has ${name.length}`
  return label.test(name) ? undefined : `${tool} makes DNS names of it: lower-case letters, digits and dashes only`
}

export const clusterName = defineCheck({
  id: 'cluster-name',
  topic: 'network',
  severity: 'error',
  title: 'The name of a cluster is one that its network tool refuses, or that of another cluster',
  why: 'Tools make parts of DNS names, keys and labels of a cluster’s name, and refuse to start or to connect with one that does not fit. Two clusters of one name are one for everybody else: endpoints of the one take the place of those of the other.',
  evidence: [
    'Cilium: pkg/clustermesh/types',
    'KEP-1645: DNS names of clusters',
    'submariner-io/submariner-operator: subctl join',
  ],
  fix: 'Take a name of at most 32 lower-case letters, digits and dashes: it fits every tool.',
  *run(model) {
    for (const cluster of model.clusters)
      for (const identity of cluster.identities) {
        const problem = rules[identity.tool]?.(identity.value)
        // Values that are filled in later are known later.
        if (
          problem === undefined ||
          /[${}<>]/.test(identity.value) ||
          (identity.value === 'default' && alone(cluster.identities))
        )
          continue
        yield { message: `${identity.value} cannot be the name of a cluster: ${problem}`, at: [identity.at] }
      }
    for (const tool of ['cilium', 'istio'] as const) for (const mesh of model.meshes(tool)) yield* twice(model, tool, mesh)
    yield* joinedTwice(model)
  },
})

/** Two clusters of one mesh that go by one name there. */
function* twice(model: FleetModel, tool: 'cilium' | 'istio', mesh: readonly string[]): Iterable<Finding> {
  const owners = new Map<string, { cluster: string; at: Spot }>()
  for (const name of mesh)
    for (const { tool: of, value, at } of model.cluster(name)?.identities ?? []) {
      if (of !== tool || /[${}<>]/.test(value)) continue
      const owner = owners.get(value)
      if (owner === undefined) owners.set(value, { cluster: name, at })
      else if (owner.cluster !== name)
        yield {
          message: `${value} is the name of ${owner.cluster} and of ${name}`,
          at: [at, owner.at],
          fix: 'Give each cluster of the mesh a name of its own: endpoints, identities and secrets are told apart by it.',
        }
    }
}

/** `subctl join` from two contexts with one id: the second takes the place of the first. */
function* joinedTwice(model: FleetModel): Iterable<Finding> {
  const seen = new Map<string, { context: string; at: Spot }>()
  for (const call of model.callsOf('subctl', 'join')) {
    const id = call.flag('clusterid')
    const context = call.flag('context') ?? call.flag('kubecontext') ?? call.flag('kubeconfig')
    if (id === undefined || context === undefined || /[${}]/.test(`${id}${context}`)) continue
    // Each page of a manual begins anew, with clusters of its own.
    const key = /\.(md|markdown)$/.test(call.file) ? `${call.file} ${id}` : id
    const first = seen.get(key)
    if (first === undefined) seen.set(key, { context, at: call.at('clusterid') })
    else if (first.context !== context)
      yield {
        message: `${context} and ${first.context} both join as ${id}`,
        at: [call.at('clusterid'), first.at],
        fix: 'Give each cluster an id of its own.',
      }
  }
}

/** The chart's own default, where no mesh is meant. */
function alone(identities: readonly ClusterIdentity[]): boolean {
  return !identities.some(({ tool, value }) => tool === 'cilium-id' && value !== '0')
}

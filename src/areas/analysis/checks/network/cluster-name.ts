import { defineCheck } from '../../contract.js'
import type { ClusterIdentity, ClusterTool } from '../../model/cluster-model.js'

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
  title: 'The name of a cluster is one that its network tool refuses',
  why: 'Tools make parts of DNS names, keys and labels of a cluster’s name, and refuse to start or to connect with one that does not fit.',
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
  },
})

/** The chart's own default, where no mesh is meant. */
function alone(identities: readonly ClusterIdentity[]): boolean {
  return !identities.some(({ tool, value }) => tool === 'cilium-id' && value !== '0')
}

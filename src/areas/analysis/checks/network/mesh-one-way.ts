import { defineCheck } from '../../contract.js'
import type { MeshEdge } from '../../model/cluster-model.js'

const secretsOf: Readonly<Record<MeshEdge['tool'], string>> = {
  cilium: 'an entry for it in clustermesh.config.clusters',
  istio: 'a remote secret for it',
  submariner: 'a join',
  linkerd: 'a Link to it',
  liqo: 'a peering with it',
}

export const meshOneWay = defineCheck({
  id: 'mesh-one-way',
  topic: 'network',
  severity: 'warning',
  title: 'One cluster knows another that does not know it',
  why: 'Connecting is done on both sides. With one side alone, clients of one cluster find endpoints in the other and not the other way round; with Cilium no side gets far, for answers come from addresses without an identity. Every status of the first side is green.',
  evidence: ['istio/istio#44826', 'istio/istio#39930', 'Cilium: cilium clustermesh status ("double check the cluster name")'],
  fix: 'Connect the other direction too, under the name that the cluster calls itself.',
  *run(model) {
    const known = new Map<string, MeshEdge[]>()
    const writers = new Map<string, Set<string>>()
    const nameOf = (name: string) => model.cluster(name)?.name
    for (const edge of model.meshEdges) {
      if (edge.from === undefined) continue
      const from = nameOf(edge.from)
      const to = nameOf(edge.to) ?? edge.to
      if (from === undefined || from === to) continue
      const { tool } = edge
      writers.set(tool, (writers.get(tool) ?? new Set()).add(from))
      known.set(`${tool} ${from} ${to}`, [...(known.get(`${tool} ${from} ${to}`) ?? []), edge])
      if (edge.bidirectional) known.set(`${tool} ${to} ${from}`, [...(known.get(`${tool} ${to} ${from}`) ?? []), edge])
    }
    for (const [key, [edge]] of known) {
      const [tool, from, to] = key.split(' ') as [MeshEdge['tool'], string, string]
      // Linkerd links one way on purpose; and where nothing of the other side was given, nothing is known of it.
      if (edge === undefined || tool === 'linkerd' || known.has(`${tool} ${to} ${from}`)) continue
      const other = model.cluster(to)
      const told = other?.values.some((values) => values.tool === tool) === true || other?.live === true
      if (writers.get(tool)?.has(to) !== true && !told) {
        // A remote secret is mostly written where both directions are: only this one is worth a word.
        if (tool !== 'istio' || edge.bidirectional || model.cluster(from)?.live === true) continue
        yield {
          message: `${from} is told of ${to}; what tells ${to} of ${from} is not among the inputs`,
          at: [edge.at],
          severity: 'note',
        }
        continue
      }
      yield {
        message: `${from} is told of ${to}, but ${to} lacks ${secretsOf[tool]}`
          .replace('for it', `for ${from}`)
          .replace('to it', `to ${from}`)
          .replace('with it', `with ${from}`),
        at: [edge.at],
      }
    }
  },
})

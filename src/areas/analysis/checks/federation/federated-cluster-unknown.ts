import { closest } from '../../../../base/closest.js'
import { defineCheck } from '../../contract.js'
import type { View } from '../../model/view.js'

export const federatedClusterUnknown = defineCheck({
  id: 'federated-cluster-unknown',
  topic: 'federation',
  severity: 'error',
  title: 'A placement or an override names a cluster that has not joined',
  why: 'A name in `placement.clusters` that no KubeFedCluster has is skipped, and an override for it does nothing; both without a word. The copy that was meant to run there does not run anywhere.',
  evidence: [
    'kubernetes-retired/kubefed: pkg/controller/util/placement.go',
    'kubernetes-retired/kubefed: pkg/controller/util/overrides.go',
  ],
  fix: 'Name a cluster that has joined, or join it.',
  *run(model) {
    // What could not be read may hold it.
    if (!model.isWhole) return
    const clusters = model.kinds('core.kubefed.io', 'KubeFedCluster')
    const joins = model.callsOf('kubefedctl', 'join').flatMap(({ verb }) => verb[1] ?? [])
    // Names with variables may be anything, and without any inventory nothing is known.
    if (clusters.length === 0 || joins.some((name) => name.includes('$'))) return
    const known = new Set([...clusters.map(({ name }) => name), ...joins])
    for (const object of model.group('types.kubefed.io')) {
      const named: View[] = [
        ...object.items('spec', 'placement', 'clusters').map((item) => item.view('name')),
        ...object.items('spec', 'overrides').map((item) => item.view('clusterName')),
      ]
      for (const view of named) {
        if (typeof view.value !== 'string' || known.has(view.value)) continue
        const near = closest(view.value, known)
        yield {
          message: `${object.subject} names the cluster ${view.value}, which has not joined${near === undefined ? '' : `: did you mean ${near}?`}`,
          at: [view.at(), ...clusters.slice(0, 3).map((cluster) => cluster.at('metadata', 'name').says('has joined'))],
        }
      }
    }
  },
})

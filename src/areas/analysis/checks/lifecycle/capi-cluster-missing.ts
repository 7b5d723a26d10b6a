import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { Path } from '../../model/spot.js'
import { missingObjects } from '../../references/missing-objects.js'
import { isPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

const owned = ['MachineDeployment', 'MachinePool', 'MachineSet', 'Machine', 'MachineHealthCheck']

export const capiClusterMissing = defineCheck({
  id: 'capi-cluster-missing',
  topic: 'lifecycle',
  severity: 'error',
  title: 'Machines belong to a cluster, or a cluster to a class, that is not there',
  why: 'Cluster API waits for what is named: the machines of a Cluster that does not exist are never made, and neither is a Cluster of an unknown ClusterClass. Nothing fails when it is applied.',
  evidence: [
    'Cluster API: internal/controllers/machinedeployment, util.GetClusterByName',
    'Cluster API: condition TopologyReconciled, ClusterClassNotReconciled',
  ],
  fix: 'Correct the name; both lie in the same namespace.',
  *run(model) {
    const missing = missingObjects(model)
    for (const kind of owned)
      for (const object of model.kinds('cluster.x-k8s.io', kind)) {
        yield* look(object, 'Cluster', ['spec', 'clusterName'])
        const inner = object.text('spec', 'template', 'spec', 'clusterName')
        const outer = object.text('spec', 'clusterName')
        if (inner === undefined || outer === undefined || inner === outer) continue
        yield {
          message: `${object.subject} is of the cluster ${outer}, and its machines of ${inner}`,
          at: [object.at('spec', 'template', 'spec', 'clusterName'), object.at('spec', 'clusterName')],
        }
      }
    for (const cluster of model.kinds('cluster.x-k8s.io', 'Cluster')) {
      yield* look(cluster, 'ClusterClass', ['spec', 'topology', 'class'])
      yield* look(cluster, 'ClusterClass', ['spec', 'topology', 'classRef', 'name'])
    }

    function* look(object: KubeDocument, kind: string, path: Path) {
      const name = object.text(...path)
      if (name === undefined || isPlaceholder(name) || isPart(model, object)) return
      const found = missing.find({ group: 'cluster.x-k8s.io', kind, namespace: object.namespace, name }, object)
      if (found === undefined) return
      yield {
        message: `${object.subject} names the ${kind} ${name}, which is not there${missing.hint(found)}`,
        at: [object.at(...path), ...(found.near === undefined ? [] : [found.near.at('metadata', 'name')])] as const,
      }
    }
  },
})

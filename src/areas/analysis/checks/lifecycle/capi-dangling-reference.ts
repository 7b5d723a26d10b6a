import { isObject } from '../../../../base/json.js'
import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { Path } from '../../model/spot.js'

/** Where objects of Cluster API name others. */
const references: Readonly<Record<string, readonly Path[]>> = {
  Cluster: [
    ['spec', 'controlPlaneRef'],
    ['spec', 'infrastructureRef'],
  ],
  KubeadmControlPlane: [
    ['spec', 'machineTemplate', 'infrastructureRef'],
    ['spec', 'machineTemplate', 'spec', 'infrastructureRef'],
    ['spec', 'infrastructureTemplate'],
  ],
  MachineDeployment: [
    ['spec', 'template', 'spec', 'bootstrap', 'configRef'],
    ['spec', 'template', 'spec', 'infrastructureRef'],
  ],
  MachinePool: [
    ['spec', 'template', 'spec', 'bootstrap', 'configRef'],
    ['spec', 'template', 'spec', 'infrastructureRef'],
  ],
}

export const capiDanglingReference = defineCheck({
  id: 'capi-dangling-reference',
  topic: 'lifecycle',
  severity: 'error',
  title: 'A cluster refers to an object that its bundle does not have',
  why: 'A reference to an object that is not there is no error when it is applied: the controller asks again every thirty seconds (`Could not find DockerCluster, requeuing`), and the Cluster stays Provisioning for ever.',
  evidence: ['Cluster API: internal/controllers/cluster, reconcileExternal', 'Cluster API: order until Ready'],
  fix: 'Define the object in the same namespace, or correct the name.',
  *run(model) {
    // What could not be read may hold it.
    if (!model.isWhole) return
    const all = groups.flatMap((group) => model.group(group))
    const byName = groupBy(all, (object) => `${object.kind} ${object.name}`)
    const byFile = groupBy(all, (object) => object.source)
    for (const [kind, paths] of Object.entries(references)) {
      const group = kind === 'KubeadmControlPlane' ? 'controlplane.cluster.x-k8s.io' : 'cluster.x-k8s.io'
      for (const object of model.kinds(group, kind)) {
        const named = paths.map((path) => object.view(...path)).filter(({ value }) => isObject(value))
        for (const reference of named) {
          const text = `${reference.text('kind') ?? ''} ${reference.text('name') ?? ''}`
          if (text.startsWith(' ') || text.endsWith(' ')) continue
          const namespace = reference.text('namespace') ?? object.namespace
          const isThere = (byName.get(text) ?? []).some(
            (each) =>
              model.mayMeet(each, object) &&
              (each.namespace === undefined || namespace === undefined || each.namespace === namespace),
          )
          // A bundle is complete if it has something else that belongs to this cluster; a lone object tells nothing.
          if (isThere || !(model.clusterOf(object)?.live === true || hasCompany(object, byFile.get(object.source) ?? [])))
            continue
          yield { message: `${object.subject} refers to ${text}, which is not defined here`, at: [reference.at('name')] }
        }
      }
    }
  },
})

const groups = [
  'cluster.x-k8s.io',
  'controlplane.cluster.x-k8s.io',
  'bootstrap.cluster.x-k8s.io',
  'infrastructure.cluster.x-k8s.io',
]

function hasCompany(object: KubeDocument, file: readonly KubeDocument[]): boolean {
  const own = object.kind === 'Cluster' ? object.name : (object.text('spec', 'clusterName') ?? object.name)
  return file.some(
    (each) =>
      each !== object && (each.name.startsWith(own) || own.startsWith(each.name) || each.text('spec', 'clusterName') === own),
  )
}

function groupBy(objects: readonly KubeDocument[], keyOf: (object: KubeDocument) => string): Map<string, KubeDocument[]> {
  const found = new Map<string, KubeDocument[]>()
  for (const object of objects) {
    const known = found.get(keyOf(object))
    if (known === undefined) found.set(keyOf(object), [object])
    else known.push(object)
  }
  return found
}

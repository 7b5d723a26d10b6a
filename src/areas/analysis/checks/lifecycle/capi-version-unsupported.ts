import { defineCheck } from '../../contract.js'
import { minorOf } from '../../model/kubernetes-version.js'
import type { Spot } from '../../model/spot.js'

/** What Cluster API 1.14 manages (docs/book/src/reference/versions.md); the newest at the time of writing. */
const oldest = 31
const newest = 36

export const capiVersionUnsupported = defineCheck({
  id: 'capi-version-unsupported',
  topic: 'lifecycle',
  severity: 'warning',
  title: 'Cluster API does not manage this version of Kubernetes any more',
  why: 'Cluster API 1.14 supports workload clusters from 1.31 to 1.36. An older one may come up, but nobody tests it, and it has to be raised one minor version after the other.',
  evidence: [
    'Cluster API: docs/book/src/reference/versions.md',
    'Cluster API: admission/kubeadmcontrolplane.go, validateVersion',
  ],
  fix: `Plan the chain of minor versions to 1.${oldest} or above, one at a time; new clusters start with a supported one.`,
  *run(model) {
    const found = new Map<string, { version: string; at: [Spot, ...Spot[]]; subject: string }>()
    const tell = (source: string, version: string | undefined, at: Spot, subject: string) => {
      const minor = minorOf(version)
      if (minor === undefined || (minor >= oldest && minor <= newest)) return
      const known = found.get(`${source} ${version}`)
      if (known === undefined) found.set(`${source} ${version}`, { version: version!, at: [at], subject })
      else known.at.push(at)
    }
    for (const object of model.kinds('controlplane.cluster.x-k8s.io', 'KubeadmControlPlane'))
      tell(object.source, object.text('spec', 'version'), object.at('spec', 'version'), object.subject)
    for (const object of model.kinds('cluster.x-k8s.io', 'Cluster'))
      tell(object.source, object.text('spec', 'topology', 'version'), object.at('spec', 'topology', 'version'), object.subject)
    for (const object of model.kinds('cluster.x-k8s.io', 'MachineDeployment'))
      tell(
        object.source,
        object.text('spec', 'template', 'spec', 'version'),
        object.at('spec', 'template', 'spec', 'version'),
        object.subject,
      )
    for (const { version, at, subject } of found.values())
      yield { message: `${subject} is for ${version}, Cluster API supports 1.${oldest} to 1.${newest}`, at }
  },
})

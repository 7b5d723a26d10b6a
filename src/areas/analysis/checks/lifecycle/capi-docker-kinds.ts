import { defineCheck, type Finding } from '../../contract.js'
import type { Spot } from '../../model/spot.js'

const gone = new Set([
  'DockerCluster',
  'DockerClusterTemplate',
  'DockerMachine',
  'DockerMachineTemplate',
  'DockerMachinePool',
  'DockerMachinePoolTemplate',
])

export const capiDockerKinds = defineCheck({
  id: 'capi-docker-kinds',
  topic: 'lifecycle',
  severity: 'note',
  title: 'Kinds of the Docker provider that Cluster API 1.15 removes',
  why: 'DockerCluster and DockerMachine are deprecated since Cluster API 1.13 and gone in 1.15. DevCluster and DevMachine with `spec.backend.docker` take their place.',
  evidence: ['Cluster API: docs/book/src/developer/providers/migrations/v1.12-to-v1.13.md', 'Cluster API: v1.13-to-v1.14.md'],
  fix: 'Stay below Cluster API 1.15, or write DevCluster and DevMachineTemplate.',
  *run(model) {
    const found = model.group('infrastructure.cluster.x-k8s.io').filter(({ kind }) => gone.has(kind))
    const files = new Map<string, Spot[]>()
    for (const object of found) files.set(object.source, [...(files.get(object.source) ?? []), object.at('kind')])
    for (const [first, ...rest] of files.values()) {
      if (first === undefined) continue
      const at: Finding['at'] = [first, ...rest]
      yield {
        message: `${at.length === 1 ? 'this object is' : `${at.length} objects are`} of kinds that end with Cluster API 1.14`,
        at,
      }
    }
  },
})

import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { FleetModel } from '../../model/fleet-model.js'
import { minorOf } from '../../model/kubernetes-version.js'
import type { Fact } from '../../model/view.js'

export const versionSkew = defineCheck({
  id: 'version-skew',
  topic: 'lifecycle',
  severity: 'error',
  title: 'Nodes of a cluster have a version that its control plane does not support',
  why: 'A kubelet must not be newer than the API server, nor more than three minor versions older (two before 1.25). Newer machines do not join (Cluster API holds them back, kubeadm refuses), much older ones lose the APIs that they use.',
  evidence: ['kubernetes.io/releases/version-skew-policy', 'Cluster API: MachineSet preflight checks, KubernetesVersionSkew'],
  fix: 'Raise the control plane first, one minor version at a time, and the nodes behind it.',
  *run(model) {
    for (const { control, nodes, name } of [...capiClusters(model), ...kindClusters(model)]) {
      const controlMinor = minorOf(control.value)
      if (controlMinor === undefined) continue
      for (const node of nodes) {
        const minor = minorOf(node.value)
        if (minor === undefined) continue
        const allowed = minor < 25 ? 2 : 3
        if (minor <= controlMinor && controlMinor - minor <= allowed) continue
        yield {
          message:
            minor > controlMinor
              ? `nodes of ${name} are of ${node.value}, newer than the control plane (${control.value})`
              : `nodes of ${name} are of ${node.value}, ${controlMinor - minor} minor versions behind the control plane (${control.value})`,
          at: [node.at, control.at],
        }
      }
    }
  },
})

interface Versions {
  readonly name: string
  readonly control: Fact<string>
  readonly nodes: readonly Fact<string>[]
}

function* capiClusters(model: FleetModel): Iterable<Versions> {
  const workers = new Map<string, KubeDocument[]>()
  for (const kind of ['MachineDeployment', 'MachinePool', 'MachineSet'])
    for (const object of model.kinds('cluster.x-k8s.io', kind)) {
      const key = `${object.namespace ?? ''}/${object.text('spec', 'clusterName') ?? ''}`
      workers.set(key, [...(workers.get(key) ?? []), object])
    }
  for (const cluster of model.kinds('cluster.x-k8s.io', 'Cluster')) {
    const kind = cluster.text('spec', 'controlPlaneRef', 'kind')
    const name = cluster.text('spec', 'controlPlaneRef', 'name')
    if (kind === undefined || name === undefined) continue
    const found = model
      .group('controlplane.cluster.x-k8s.io')
      .filter(
        (each) =>
          each.kind === kind && each.name === name && each.namespace === cluster.namespace && model.mayMeet(each, cluster),
      )
    // Two of that name are of two environments, and nobody says which one is meant.
    const value = found.length === 1 ? found[0]!.text('spec', 'version') : undefined
    if (value === undefined) continue
    const nodes = (workers.get(`${cluster.namespace ?? ''}/${cluster.name}`) ?? []).flatMap((object) => {
      const version = object.text('spec', 'template', 'spec', 'version')
      return version === undefined || !model.mayMeet(object, cluster)
        ? []
        : [{ value: version, at: object.at('spec', 'template', 'spec', 'version') }]
    })
    yield { name: cluster.subject, control: { value, at: found[0]!.at('spec', 'version') }, nodes }
  }
}

function* kindClusters(model: FleetModel): Iterable<Versions> {
  for (const object of model.kinds('kind.x-k8s.io', 'Cluster')) {
    const images = object.items('nodes').flatMap((node) => {
      const value = /:(v1\.\d+\.\d+)/.exec(node.text('image') ?? '')?.[1]
      return value === undefined ? [] : [{ value, at: node.at('image'), role: node.text('role') }]
    })
    const control = images.find(({ role }) => role === 'control-plane')
    if (control !== undefined) yield { name: 'this kind cluster', control, nodes: images.filter(({ role }) => role === 'worker') }
  }
}

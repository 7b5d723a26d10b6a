import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { FleetModel } from '../../model/fleet-model.js'
import { minorOf } from '../../model/kubernetes-version.js'
import type { Path, Spot } from '../../model/spot.js'

interface Removed {
  readonly component: 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubelet'
  readonly flag: string
  /** The first minor version of Kubernetes 1 that does not start with it. */
  readonly since: number
  readonly instead: string
}

const removed: readonly Removed[] = [
  { component: 'kube-apiserver', flag: 'cloud-provider', since: 33, instead: 'Take it out here; the kubelet keeps it.' },
  {
    component: 'kube-apiserver',
    flag: 'cloud-config',
    since: 33,
    instead: 'Give the configuration to the cloud controller manager.',
  },
  { component: 'kube-apiserver', flag: 'insecure-port', since: 24, instead: 'Take it out: there is no insecure port.' },
  { component: 'kube-apiserver', flag: 'service-account-api-audiences', since: 25, instead: 'Use `api-audiences`.' },
  { component: 'kube-apiserver', flag: 'enable-swagger-ui', since: 21, instead: 'Take it out.' },
  { component: 'kube-controller-manager', flag: 'port', since: 24, instead: 'Take it out: only the secure port is there.' },
  {
    component: 'kube-controller-manager',
    flag: 'experimental-cluster-signing-duration',
    since: 25,
    instead: 'Use `cluster-signing-duration`.',
  },
  { component: 'kube-scheduler', flag: 'port', since: 24, instead: 'Take it out: only the secure port is there.' },
  { component: 'kubelet', flag: 'container-runtime', since: 27, instead: 'Take it out: every runtime is a remote one.' },
  { component: 'kubelet', flag: 'network-plugin', since: 24, instead: 'Take it out: the runtime configures CNI.' },
  { component: 'kubelet', flag: 'cni-bin-dir', since: 24, instead: 'Configure CNI in the runtime.' },
  { component: 'kubelet', flag: 'cni-conf-dir', since: 24, instead: 'Configure CNI in the runtime.' },
  { component: 'kubelet', flag: 'dynamic-config-dir', since: 24, instead: 'Take it out: dynamic configuration is gone.' },
  { component: 'kubelet', flag: 'pod-infra-container-image', since: 35, instead: 'Configure the sandbox image in the runtime.' },
]

export const removedFlag = defineCheck({
  id: 'removed-flag',
  topic: 'lifecycle',
  severity: 'error',
  title: 'A component gets a flag that it no longer has',
  why: 'A component of Kubernetes that is given an unknown flag does not start. In a template this strikes with the next upgrade: the first new control plane machine never joins, and the rollout stands still.',
  evidence: [
    'kubernetes/kubernetes#130162',
    'azimuth-cloud/capi-helm-charts#545',
    'kubernetes-sigs/cluster-api-provider-aws#5865',
  ],
  fix: 'Take the flag out before the version is raised.',
  *run(model) {
    for (const { object, component, path, version } of places(model)) {
      const value = object.get(...path)
      // v1beta2 has a list of name and value, versions before it a map.
      const names = Array.isArray(value)
        ? object.items(...path).map((item) => ({ name: item.text('name'), at: item.at('name') }))
        : object.keys(...path).map((name) => ({ name, at: object.atKey(...path, name) }))
      for (const { name, at } of names) {
        const found = removed.find((each) => each.component === component && each.flag === name)
        if (found === undefined) continue
        const minor = minorOf(version?.value ?? model.kubernetesVersion)
        // Long removed, and nobody says which version this is for: of templates that old nothing is known.
        if (minor === undefined && found.since < 33) continue
        const isGone = minor !== undefined && minor >= found.since
        yield {
          message: `${component} has no --${name} from Kubernetes 1.${found.since} on${minor === undefined ? '' : `; this is for 1.${minor}`}`,
          at: [at, ...(version === undefined ? [] : [version.at])],
          severity: isGone ? 'error' : 'warning',
          fix: found.instead,
          ...(Array.isArray(value) || !isGone
            ? {}
            : { edits: [{ kind: 'remove' as const, view: object, path: [...path, name!] }] }),
        }
      }
    }
  },
})

interface FlagPlace {
  readonly object: KubeDocument
  readonly component: Removed['component']
  readonly path: Path
  readonly version: { readonly value: string; readonly at: Spot } | undefined
}

/** Where arguments of components stand: kubeadm configuration alone, and in templates of Cluster API. */
function* places(model: FleetModel): Iterable<FlagPlace> {
  const kubeadm = (object: KubeDocument, root: Path, version: FlagPlace['version']): FlagPlace[] => [
    { object, version, component: 'kube-apiserver', path: [...root, 'clusterConfiguration', 'apiServer', 'extraArgs'] },
    {
      object,
      version,
      component: 'kube-controller-manager',
      path: [...root, 'clusterConfiguration', 'controllerManager', 'extraArgs'],
    },
    { object, version, component: 'kube-scheduler', path: [...root, 'clusterConfiguration', 'scheduler', 'extraArgs'] },
    { object, version, component: 'kubelet', path: [...root, 'initConfiguration', 'nodeRegistration', 'kubeletExtraArgs'] },
    { object, version, component: 'kubelet', path: [...root, 'joinConfiguration', 'nodeRegistration', 'kubeletExtraArgs'] },
  ]
  const versionAt = (object: KubeDocument, ...path: Path): FlagPlace['version'] => {
    const value = object.text(...path)
    return value === undefined ? undefined : { value, at: object.at(...path) }
  }
  for (const object of model.kinds('controlplane.cluster.x-k8s.io', 'KubeadmControlPlane'))
    yield* kubeadm(object, ['spec', 'kubeadmConfigSpec'], versionAt(object, 'spec', 'version'))
  for (const object of model.kinds('controlplane.cluster.x-k8s.io', 'KubeadmControlPlaneTemplate'))
    yield* kubeadm(object, ['spec', 'template', 'spec', 'kubeadmConfigSpec'], undefined)
  for (const object of model.kinds('bootstrap.cluster.x-k8s.io', 'KubeadmConfigTemplate')) {
    const user = model
      .kinds('cluster.x-k8s.io', 'MachineDeployment')
      .find(
        (each) =>
          each.text('spec', 'template', 'spec', 'bootstrap', 'configRef', 'name') === object.name && model.mayMeet(each, object),
      )
    yield* kubeadm(
      object,
      ['spec', 'template', 'spec'],
      user === undefined ? undefined : versionAt(user, 'spec', 'template', 'spec', 'version'),
    )
  }
  for (const object of model.kinds('kubeadm.k8s.io', 'ClusterConfiguration')) {
    const version = versionAt(object, 'kubernetesVersion')
    yield { object, version, component: 'kube-apiserver', path: ['apiServer', 'extraArgs'] }
    yield { object, version, component: 'kube-controller-manager', path: ['controllerManager', 'extraArgs'] }
    yield { object, version, component: 'kube-scheduler', path: ['scheduler', 'extraArgs'] }
  }
}

import type { KubeDocument } from '../model/document.js'
import type { FleetModel } from '../model/fleet-model.js'
import type { Path, Spot } from '../model/spot.js'

export type Component = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubelet'

/** The arguments that a component of Kubernetes is started with, and the version that it is of, where that is told. */
export interface ComponentFlags {
  readonly object: KubeDocument
  readonly component: Component
  readonly version: { readonly value: string; readonly at: Spot } | undefined
  readonly flags: readonly ComponentFlag[]
}

export interface ComponentFlag {
  readonly name: string
  readonly value: string
  readonly at: Spot
  /** Where it stands, if it can be taken out of there alone. */
  readonly path?: Path
}

/** Of kubeadm configuration alone and in templates of Cluster API, and of static pods. */
export function* componentFlags(model: FleetModel): Iterable<ComponentFlags> {
  for (const { object, component, path, version } of places(model)) {
    const value = object.get(...path)
    // v1beta2 of Cluster API and v1beta4 of kubeadm have a list of name and value, versions before them a map.
    const flags: ComponentFlag[] = Array.isArray(value)
      ? object.items(...path).map((item) => ({
          name: item.text('name') ?? '',
          value: item.text('value') ?? '',
          at: item.at('name'),
        }))
      : object.keys(...path).map((name) => ({
          name,
          value: String(object.get(...path, name) ?? ''),
          at: object.atKey(...path, name),
          path: [...path, name],
        }))
    if (flags.length > 0) yield { object, component, version, flags }
  }
  for (const component of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const)
    for (const { object, container, image, arguments: words } of model.containersOf(component)) {
      const tag = /:(v?1\.\d+\.\d+)/.exec(image)?.[1]
      const flags = words.flatMap(({ text, view }) => {
        const found = /^--([\w-]+)(?:=(.*))?$/s.exec(text)
        return found === null ? [] : [{ name: found[1]!, value: found[2] ?? '', at: view.at() }]
      })
      if (flags.length === 0) continue
      const version = tag === undefined ? undefined : { value: tag, at: container.at('image') }
      yield { object, component, version, flags }
    }
}

interface FlagPlace {
  readonly object: KubeDocument
  readonly component: Component
  readonly path: Path
  readonly version: ComponentFlags['version']
}

/** Where arguments of components stand: kubeadm configuration alone, and in templates of Cluster API. */
function* places(model: FleetModel): Iterable<FlagPlace> {
  const kubeadm = (object: KubeDocument, root: Path, version: ComponentFlags['version']): FlagPlace[] => [
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
  const versionAt = (object: KubeDocument, ...path: Path): ComponentFlags['version'] => {
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

import { defineCheck } from '../../contract.js'
import { componentFlags } from '../../lifecycle/component-flags.js'
import { removedGates } from '../../lifecycle/removed-gates.js'
import { minorOf } from '../../model/kubernetes-version.js'
import type { Spot } from '../../model/spot.js'

export const removedFeatureGate = defineCheck({
  id: 'removed-feature-gate',
  topic: 'lifecycle',
  severity: 'error',
  title: 'A component gets a feature gate that it no longer knows',
  why: 'A component of Kubernetes that is given an unknown feature gate does not start (`unrecognized feature gate`). Gates go two or more releases after their feature is always on, so it strikes with an upgrade: the first new machine never joins.',
  evidence: [
    'kubernetes.io/docs/reference/command-line-tools-reference/feature-gates-removed',
    'kubernetes: component-base/featuregate',
  ],
  fix: 'Take the gate out: the feature is always on, or gone.',
  *run(model) {
    const tell = function* (gate: string, who: string, at: Spot, version: { value: string; at: Spot } | undefined) {
      const since = removedGates.get(gate)
      const minor = minorOf(version?.value ?? model.kubernetesVersion)
      if (since === undefined || minor === undefined || minor < since) return
      yield {
        message: `${who} has no feature gate ${gate}, and this is for 1.${minor}`,
        at: [at, ...(version === undefined ? [] : [version.at])] as [Spot, ...Spot[]],
      }
    }
    for (const { component, flags, version } of componentFlags(model))
      for (const { name, value, at } of flags)
        if (name === 'feature-gates')
          for (const gate of value.split(',')) yield* tell(gate.split('=')[0]!.trim(), component, at, version)
    // They lie beside a ClusterConfiguration, which says what they are for.
    for (const object of model.kinds('kubelet.config.k8s.io', 'KubeletConfiguration')) {
      const beside = model.kinds('kubeadm.k8s.io', 'ClusterConfiguration').find(({ source }) => source === object.source)
      const value = beside?.text('kubernetesVersion')
      const version = value === undefined ? undefined : { value, at: beside!.at('kubernetesVersion') }
      for (const gate of object.keys('featureGates')) yield* tell(gate, 'kubelet', object.atKey('featureGates', gate), version)
    }
    for (const object of model.kinds('kind.x-k8s.io', 'Cluster')) {
      const image = object.items('nodes').find((node) => node.has('image'))
      const value = /:(v1\.\d+\.\d+)/.exec(image?.text('image') ?? '')?.[1]
      const version = value === undefined ? undefined : { value, at: image!.at('image') }
      for (const gate of object.keys('featureGates'))
        yield* tell(gate, 'every component', object.atKey('featureGates', gate), version)
    }
  },
})

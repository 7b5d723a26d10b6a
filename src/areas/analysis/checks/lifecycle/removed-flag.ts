import { defineCheck } from '../../contract.js'
import { type Component, componentFlags } from '../../lifecycle/component-flags.js'
import { minorOf } from '../../model/kubernetes-version.js'

interface Removed {
  readonly component: Component
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
  { component: 'kube-apiserver', flag: 'insecure-bind-address', since: 24, instead: 'Take it out: there is no insecure port.' },
  { component: 'kube-apiserver', flag: 'basic-auth-file', since: 19, instead: 'Use tokens, OIDC or certificates.' },
  { component: 'kube-controller-manager', flag: 'address', since: 24, instead: 'Use `bind-address`.' },
  { component: 'kube-controller-manager', flag: 'pod-eviction-timeout', since: 27, instead: 'Use tolerations with seconds.' },
  { component: 'kube-controller-manager', flag: 'enable-taint-manager', since: 27, instead: 'Take it out: it is always on.' },
  { component: 'kube-scheduler', flag: 'address', since: 24, instead: 'Use `bind-address`.' },
  { component: 'kube-scheduler', flag: 'policy-config-file', since: 23, instead: 'Write a KubeSchedulerConfiguration.' },
  { component: 'kube-scheduler', flag: 'policy-configmap', since: 23, instead: 'Write a KubeSchedulerConfiguration.' },
  { component: 'kubelet', flag: 'docker-endpoint', since: 24, instead: 'Use `container-runtime-endpoint`.' },
  { component: 'kubelet', flag: 'image-pull-progress-deadline', since: 24, instead: 'Take it out: it was of dockershim.' },
  { component: 'kubelet', flag: 'network-plugin-mtu', since: 24, instead: 'Configure CNI in the runtime.' },
  { component: 'kubelet', flag: 'cni-cache-dir', since: 24, instead: 'Configure CNI in the runtime.' },
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
    for (const { object, component, flags, version } of componentFlags(model)) {
      for (const { name, at, path } of flags) {
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
          ...(path !== undefined && isGone ? { edits: [{ kind: 'remove' as const, view: object, path }] } : {}),
        }
      }
    }
  },
})

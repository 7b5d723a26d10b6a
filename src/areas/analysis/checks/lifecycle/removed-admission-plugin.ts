import { defineCheck } from '../../contract.js'
import { componentFlags } from '../../lifecycle/component-flags.js'
import { minorOf } from '../../model/kubernetes-version.js'

/** The first minor version of Kubernetes 1 without them. */
const removed: Readonly<Record<string, { since: number; instead: string }>> = {
  PodSecurityPolicy: { since: 25, instead: 'Take it out and label the namespaces for PodSecurity admission.' },
  SecurityContextDeny: { since: 30, instead: 'Take it out and label the namespaces for PodSecurity admission.' },
}

export const removedAdmissionPlugin = defineCheck({
  id: 'removed-admission-plugin',
  topic: 'lifecycle',
  severity: 'error',
  title: 'The API server is told to use an admission plugin that it no longer has',
  why: 'An API server that is given an unknown admission plugin does not start. In a template this strikes with the next upgrade: the first new control plane machine never joins.',
  evidence: [
    'kubernetes.io/docs/concepts/security/pod-security-policy (removed in 1.25)',
    'kubernetes: apiserver admission plugins, NewFromPlugins',
  ],
  fix: 'Take the plugin out before the version is raised.',
  *run(model) {
    for (const { component, flags, version } of componentFlags(model)) {
      if (component !== 'kube-apiserver') continue
      const minor = minorOf(version?.value ?? model.kubernetesVersion)
      if (minor === undefined) continue
      for (const { name, value, at } of flags) {
        if (name !== 'enable-admission-plugins' && name !== 'admission-control') continue
        for (const plugin of value.split(',').map((each) => each.trim())) {
          const found = Object.hasOwn(removed, plugin) ? removed[plugin]! : undefined
          if (found === undefined) continue
          yield {
            message: `kube-apiserver has no admission plugin ${plugin} from Kubernetes 1.${found.since} on; this is for 1.${minor}`,
            at: [at, ...(version === undefined ? [] : [version.at])],
            severity: minor >= found.since ? 'error' : 'warning',
            fix: found.instead,
          }
        }
      }
    }
  },
})

import { isObject } from '../../../../base/json.js'
import { defineCheck } from '../../contract.js'
import { minorOf } from '../../model/kubernetes-version.js'
import type { Path } from '../../model/spot.js'

/** The minor version of Kubernetes 1 whose kubeadm has it first, and the one whose kubeadm does not read it any more. */
const versions: Readonly<Record<string, { from: number; gone?: number }>> = {
  v1beta1: { from: 13, gone: 22 },
  v1beta2: { from: 15, gone: 27 },
  v1beta3: { from: 22 },
  v1beta4: { from: 31 },
}

const argumentPaths: readonly Path[] = [
  ['apiServer', 'extraArgs'],
  ['controllerManager', 'extraArgs'],
  ['scheduler', 'extraArgs'],
  ['etcd', 'local', 'extraArgs'],
  ['nodeRegistration', 'kubeletExtraArgs'],
]

export const kubeadmApiVersion = defineCheck({
  id: 'kubeadm-api-version',
  topic: 'lifecycle',
  severity: 'error',
  title: 'kubeadm does not read this version of its configuration',
  why: 'kubeadm reads the versions of its own release only, and stops with an error at any other one. From v1beta4 on arguments are lists of `name` and `value`, up to v1beta3 they are maps; the other form is no error that names the field.',
  evidence: ['kubernetes: cmd/kubeadm/app/apis/kubeadm', 'kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4'],
  fix: 'Convert it: `kubeadm config migrate --old-config FILE --new-config FILE`.',
  *run(model) {
    for (const object of model.group('kubeadm.k8s.io')) {
      const known = Object.hasOwn(versions, object.version) ? versions[object.version] : undefined
      if (known === undefined) continue
      const beside =
        object.kind === 'ClusterConfiguration'
          ? object
          : model.kinds('kubeadm.k8s.io', 'ClusterConfiguration').find(({ source }) => source === object.source)
      const value = beside?.text('kubernetesVersion')
      const minor = minorOf(value ?? model.kubernetesVersion)
      const at = value === undefined ? [] : [beside!.at('kubernetesVersion')]
      if (minor !== undefined && known.gone !== undefined && minor >= known.gone)
        yield {
          message: `${object.kind} is ${object.version}, which kubeadm does not read from 1.${known.gone} on; this is for 1.${minor}`,
          at: [object.at('apiVersion'), ...at],
        }
      else if (minor !== undefined && minor < known.from)
        yield {
          message: `${object.kind} is ${object.version}, which kubeadm reads from 1.${known.from} on; this is for 1.${minor}`,
          at: [object.at('apiVersion'), ...at],
        }
      for (const path of argumentPaths) {
        const value = object.get(...path)
        const isList = object.version === 'v1beta4'
        if (isList ? isObject(value) : Array.isArray(value))
          yield {
            message: `${path.join('.')} is a ${isList ? 'map' : 'list'}: ${object.version} has a ${isList ? 'list of name and value' : 'map'}`,
            at: [object.atKey(...path)],
          }
      }
    }
  },
})

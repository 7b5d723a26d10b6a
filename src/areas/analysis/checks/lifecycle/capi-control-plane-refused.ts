import { defineCheck } from '../../contract.js'

export const capiControlPlaneRefused = defineCheck({
  id: 'capi-control-plane-refused',
  topic: 'lifecycle',
  severity: 'error',
  title: 'Cluster API refuses the size of a control plane',
  why: 'With etcd on the control plane machines an even number has no better quorum than one less, so the webhook refuses it, and refuses zero: nothing of the cluster is made.',
  evidence: ['Cluster API: webhooks of KubeadmControlPlane, validateCommon'],
  fix: 'Use 1, 3 or 5 replicas, or an external etcd.',
  *run(model) {
    for (const object of model.kinds('controlplane.cluster.x-k8s.io', 'KubeadmControlPlane')) {
      const replicas = object.get('spec', 'replicas')
      if (typeof replicas !== 'number' || object.has('spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'etcd', 'external'))
        continue
      if (replicas > 0 && replicas % 2 === 1) continue
      yield {
        message: `${object.subject} has ${replicas} replicas: with stacked etcd it has to be an odd number`,
        at: [object.at('spec', 'replicas')],
      }
    }
  },
})

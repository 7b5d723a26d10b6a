import { isObject } from '../../../../base/json.js'
import { defineCheck } from '../../contract.js'

export const kcpInfrastructureTemplate = defineCheck({
  id: 'kcp-infrastructure-template',
  topic: 'lifecycle',
  severity: 'error',
  title: 'A KubeadmControlPlane names its machines as in v1alpha3',
  why: '`spec.infrastructureTemplate` was the field of v1alpha3. From v1alpha4 on it is `spec.machineTemplate.infrastructureRef`, which is required: the API server refuses the object, and the Cluster waits for a control plane that never comes.',
  evidence: ['kubernetes-sigs/cluster-api v0.3.25: KubeadmControlPlaneSpec', 'Cluster API: migration v1alpha3 to v1alpha4'],
  fix: 'Move the reference to `spec.machineTemplate.infrastructureRef` (v1beta2: `spec.machineTemplate.spec.infrastructureRef`).',
  *run(model) {
    for (const object of model.kinds('controlplane.cluster.x-k8s.io', 'KubeadmControlPlane')) {
      const reference = object.get('spec', 'infrastructureTemplate')
      if (object.version === 'v1alpha3' || reference === undefined) continue
      const isFree = !object.has('spec', 'machineTemplate') && isObject(reference) && object.version !== 'v1beta2'
      yield {
        message: `${object.subject} has spec.infrastructureTemplate, which ${object.apiVersion} does not`,
        at: [object.atKey('spec', 'infrastructureTemplate')],
        ...(isFree
          ? {
              edits: [
                { kind: 'remove' as const, view: object, path: ['spec', 'infrastructureTemplate'] },
                {
                  kind: 'add' as const,
                  view: object,
                  path: ['spec'],
                  key: 'machineTemplate',
                  value: { infrastructureRef: reference },
                },
              ],
            }
          : {}),
      }
    }
  },
})

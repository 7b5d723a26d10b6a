import { defineCheck } from '../../contract.js'

export const awsSubnetWithoutId = defineCheck({
  id: 'aws-subnet-without-id',
  topic: 'lifecycle',
  severity: 'error',
  title: 'A subnet of an AWSCluster has no id',
  why: 'In v1beta2 the list of subnets is keyed by `id`, which is required: the API server refuses the object. (v1beta1 had no key.)',
  evidence: ['cluster-api-provider-aws: config/crd, AWSCluster v1beta2, x-kubernetes-list-map-keys'],
  fix: 'Give each subnet an `id`: that of the subnet that is there, or, for one that is to be made, any name that does not begin with `subnet-`.',
  *run(model) {
    for (const kind of ['AWSCluster', 'AWSClusterTemplate', 'AWSManagedControlPlane']) {
      for (const object of [
        ...model.kinds('infrastructure.cluster.x-k8s.io', kind),
        ...model.kinds('controlplane.cluster.x-k8s.io', kind),
      ]) {
        if (object.version === 'v1beta1' || object.version.startsWith('v1alpha')) continue
        const root = kind.endsWith('Template') ? ['spec', 'template', 'spec'] : ['spec']
        const missing = object.items(...root, 'network', 'subnets').filter((subnet) => subnet.text('id') === undefined)
        const [first, ...rest] = missing
        if (first === undefined) continue
        yield {
          message: `${missing.length} of the subnets of ${object.subject} ${missing.length === 1 ? 'has' : 'have'} no id`,
          at: [first.at(), ...rest.map((subnet) => subnet.at())],
        }
      }
    }
  },
})

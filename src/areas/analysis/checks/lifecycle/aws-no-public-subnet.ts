import { defineCheck } from '../../contract.js'

export const awsNoPublicSubnet = defineCheck({
  id: 'aws-no-public-subnet',
  topic: 'lifecycle',
  severity: 'error',
  title: 'A VPC that is to be made has no public subnet',
  why: 'The provider puts NAT gateways and an internet-facing load balancer into public subnets. With none in a VPC that it makes itself it stops with `expected at least 1 public subnet but got 0`.',
  evidence: ['cluster-api-provider-aws: pkg/cloud/services/network/subnets.go'],
  fix: 'Add a subnet with `isPublic: true` for each availability zone, or use a VPC that is there (`vpc.id`).',
  *run(model) {
    for (const object of model.kinds('infrastructure.cluster.x-k8s.io', 'AWSCluster')) {
      const subnets = object.items('spec', 'network', 'subnets')
      // A VPC with an id is there already, and its subnets are looked up.
      if (object.has('spec', 'network', 'vpc', 'id') || subnets.length === 0) continue
      if (subnets.some((subnet) => subnet.flag('isPublic') === true)) continue
      yield {
        message: `none of the ${subnets.length} subnets of ${object.subject} is public`,
        at: [object.atKey('spec', 'network', 'subnets'), ...subnets.map((subnet) => subnet.at('isPublic'))],
      }
    }
  },
})

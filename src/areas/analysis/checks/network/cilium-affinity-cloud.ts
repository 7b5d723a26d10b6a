import { defineCheck } from '../../contract.js'

export const ciliumAffinityCloud = defineCheck({
  id: 'cilium-affinity-cloud',
  topic: 'network',
  severity: 'warning',
  title: 'The mesh’s API server asks for session affinity where the cloud has none',
  why: 'The chart makes the Service of clustermesh-apiserver with session affinity for replicas of it. Load balancers of AWS’s older controller and of some other clouds refuse such a Service, which then never gets an address.',
  evidence: ['cilium/cilium#32646'],
  fix: 'Set `clustermesh.apiserver.service.enableSessionAffinity: Never` there, and run one replica.',
  *run(model) {
    for (const values of model.values('cilium')) {
      const service = ['clustermesh', 'apiserver', 'service'] as const
      const affinity = values.text(...service, 'enableSessionAffinity')
      if (values.text(...service, 'type') !== 'LoadBalancer' || affinity !== 'Always') continue
      const aws =
        values.flag('eni', 'enabled') === true ||
        values.keys(...service, 'annotations').some((key) => key.includes('aws-load-balancer'))
      if (aws)
        yield {
          message: `the Service of clustermesh-apiserver in ${values.cluster ?? 'the cluster'} has session affinity with a load balancer of AWS`,
          at: [values.at(...service, 'enableSessionAffinity')],
        }
    }
  },
})

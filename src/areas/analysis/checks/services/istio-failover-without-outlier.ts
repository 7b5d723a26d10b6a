import { isObject } from '../../../../base/json.js'
import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'

export const istioFailoverWithoutOutlier = defineCheck({
  id: 'istio-failover-without-outlier',
  topic: 'services',
  severity: 'warning',
  title: 'A locality failover has nothing that notices failures',
  why: 'Istio orders endpoints by locality only where outlier detection is on for the host: without it the failover is not written into the proxies at all, and requests go to all regions alike, healthy or not.',
  evidence: [
    'istio.io: tasks/traffic-management/locality-load-balancing/failover',
    'Istio: pilot/pkg/networking/core/loadbalancer/loadbalancer.go',
    'istio/istio#22669',
  ],
  fix: 'Add `trafficPolicy.outlierDetection` (consecutive5xxErrors, interval, baseEjectionTime) to the same rule.',
  *run(model) {
    for (const rule of model.kinds('networking.istio.io', 'DestinationRule')) {
      const setting = ['spec', 'trafficPolicy', 'loadBalancer', 'localityLbSetting'] as const
      if (rule.flag(...setting, 'enabled') === false || watches(rule)) continue
      const key = ['failover', 'failoverPriority'].find((each) => rule.items(...setting, each).length > 0)
      if (key === undefined) continue
      yield {
        message: `${rule.subject} has ${key}, but no outlierDetection`,
        at: [rule.atKey(...setting, key), rule.atKey('spec', 'trafficPolicy')],
      }
    }
  },
})

/** Outlier detection for the host, one of its ports or its subsets: each turns it on somewhere. */
function watches(rule: KubeDocument): boolean {
  const policies = [
    rule.view('spec', 'trafficPolicy'),
    ...rule.items('spec', 'subsets').map((each) => each.view('trafficPolicy')),
  ]
  return policies.some((policy) =>
    [policy, ...policy.items('portLevelSettings')].some((each) => isObject(each.get('outlierDetection'))),
  )
}

import { isObject } from '../../../../base/json.js'
import { defineCheck } from '../../contract.js'
import type { View } from '../../model/view.js'

const prefixes = ['external-dns.alpha.kubernetes.io/', 'external-dns.kubernetes.io/']
const policies = [
  'aws-weight',
  'aws-region',
  'aws-failover',
  'aws-geolocation-continent-code',
  'aws-geolocation-country-code',
  'aws-geolocation-subdivision-code',
  'aws-multi-value-answer',
  'aws-geoproximity-region',
]

export const recordPolicyWithoutId = defineCheck({
  id: 'record-policy-without-id',
  topic: 'traffic',
  severity: 'error',
  title: 'A routing policy of Route 53 has no set identifier',
  why: 'Route 53 takes a weighted, latency, failover or geographic record only with a set identifier. external-dns drops the policy or its change is refused with `InvalidChangeBatch`, and with it every other change of the batch.',
  evidence: ['external-dns: docs/tutorials/aws.md', 'Route 53: ChangeResourceRecordSets, SetIdentifier'],
  fix: 'Add `set-identifier` with a name of its own for each cluster, with the same prefix.',
  *run(model) {
    const maps: View[] = model.objects.map((object) => object.view('metadata', 'annotations'))
    for (const document of model.withRole('fragment')) maps.push(document.view('annotations'))
    for (const annotations of maps) {
      if (!isObject(annotations.value)) continue
      for (const prefix of prefixes) {
        const policy = policies.find((name) => annotations.has(prefix + name))
        if (policy === undefined || annotations.has(`${prefix}set-identifier`)) continue
        yield { message: `${policy} is there without set-identifier`, at: [annotations.atKey(prefix + policy)] }
      }
    }
  },
})

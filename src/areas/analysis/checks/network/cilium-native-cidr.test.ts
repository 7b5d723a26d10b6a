import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { ciliumNativeCidr } from './cilium-native-cidr.js'

const values = (name: string, other: string, pods: string, native: string) => `cluster: {name: ${name}, id: ${name.length}}
routingMode: native
ipv4NativeRoutingCIDR: ${native}
clustermesh: {config: {enabled: true, clusters: {${other}: {ips: [1.2.3.4]}}}}
ipam: {operator: {clusterPoolIPv4PodCIDRList: [${pods}]}}
`
const fleet = (native: string) => ({
  'clusters/a/cilium-values.yaml': values('a', 'bb', '10.1.0.0/16', native),
  'clusters/bb/cilium-values.yaml': values('bb', 'a', '10.2.0.0/16', '10.0.0.0/8'),
})

test('a range of one cluster alone is reported', () => {
  assert.deepEqual(checkTexts(ciliumNativeCidr, fleet('10.1.0.0/16')), [
    'error clusters/a/cilium-values.yaml:3:24 a routes 10.1.0.0/16 natively, which does not hold the pods of bb (10.2.0.0/16)',
  ])
})

test('a range of all is fine', () => {
  assert.deepEqual(checkTexts(ciliumNativeCidr, fleet('10.0.0.0/8')), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseResolvConf, resolvConfOf } from '../../src/apiserver/dns/resolv-conf.js'
import { createResolver } from '../../src/apiserver/dns/resolver-fixture.js'
import { createMemberFixture } from '../../src/apiserver/members/member-fixture.js'
import { dnsServiceAddressOf, networkOfNumber } from '../../src/apiserver/members/network/address-plan.js'
import { boundPort } from '../../src/apiserver/members/network/bound-port.js'
import { detectLoopback } from '../../src/apiserver/members/network/detect-loopback.js'
import { mcsCrds } from '../../src/dialects/mcs/crds.js'

const network = networkOfNumber(1999)!
const abilities = await detectLoopback()
const skip = abilities.addresses ? false : 'only 127.0.0.1 can be bound here'
const nameServer = dnsServiceAddressOf(network)
const port = boundPort(53, abilities)

test("Submariner's names only where they are asked for", { skip }, async () => {
  const name = 'here.api.shop.svc.clusterset.local'
  for (const dnsCompatibility of [undefined, 'lighthouse'] as const) {
    const member = await createMemberFixture({
      network: { networkOf: () => network, abilities, ...(dnsCompatibility === undefined ? {} : { dnsCompatibility }) },
    })
    await member.settle()
    const cluster = member.cluster.name
    await member.apply(
      ...mcsCrds,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'api', namespace: 'shop' },
        spec: { clusterIP: '127.250.1.77', ports: [{ name: 'http', port: 80 }] },
      },
    )
    await member.settle()
    await member.apply(
      {
        apiVersion: 'multicluster.x-k8s.io/v1beta1',
        kind: 'ServiceImport',
        metadata: { name: 'api', namespace: 'shop' },
        spec: { type: 'ClusterSetIP', ips: ['127.250.2.1'], ports: [{ name: 'http', port: 80 }] },
      },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: 'api-here',
          namespace: 'shop',
          labels: {
            'multicluster.kubernetes.io/service-name': 'api',
            'multicluster.kubernetes.io/source-cluster': cluster,
          },
        },
        addressType: 'IPv4',
        endpoints: [],
      },
    )
    await member.settle()
    const config = parseResolvConf(resolvConfOf({ namespace: 'shop', domain: 'cluster.local', nameServer })!, port)
    const resolver = createResolver({ ...config, timeoutMs: 1000 })
    assert.deepEqual(await resolver.lookup('api.shop.svc.clusterset.local.'), ['127.250.2.1'])
    const own = resolver.lookup(`${name.replace('here', cluster)}.`)
    if (dnsCompatibility === undefined) await assert.rejects(own, { code: 'ENOTFOUND' })
    else assert.deepEqual(await own, ['127.250.1.77'])
    member.stop()
  }
})

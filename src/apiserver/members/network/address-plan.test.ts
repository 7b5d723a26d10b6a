import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRange } from '../../registry/allocation/ipv4.js'
import {
  addressAt,
  apiServiceAddressOf,
  clusterNumberOf,
  dnsServiceAddressOf,
  isWithin,
  mostClusters,
  networkOfNumber,
  nodeAddress,
} from './address-plan.js'
import { boundPort } from './bound-port.js'
import { detectLoopback } from './detect-loopback.js'

test('the hub is at 127.0.32.0/19', () => {
  const network = networkOfNumber(0)!
  assert.deepEqual(network, {
    serviceRange: '127.0.32.0/21',
    podRange: '127.0.48.0/20',
    nodeRange: '127.0.40.0/23',
    loadBalancerRange: '127.0.42.0/23',
  })
  assert.equal(apiServiceAddressOf(network), '127.0.32.1')
  assert.equal(dnsServiceAddressOf(network), '127.0.32.10')
  assert.equal(nodeAddress(network, 3), '127.0.40.3')
})

test('no two clusters share an address, and all are loopback addresses outside the first /19', () => {
  let end = parseRange('127.0.0.0/19').first + parseRange('127.0.0.0/19').size
  for (let number = 0; number < mostClusters; number++) {
    const network = networkOfNumber(number)!
    const ranges = Object.values(network)
      .map((range) => parseRange(range))
      .sort((a, b) => a.first - b.first)
    for (const range of ranges) {
      assert.equal(range.first % range.size, 0, 'aligned')
      assert.ok(range.first >= end)
      end = range.first + range.size
    }
    assert.equal(clusterNumberOf(addressAt(network.podRange, 4095)), number)
    assert.equal(clusterNumberOf(addressAt(network.serviceRange, 0)), number)
  }
  assert.equal(end, 2 ** 31)
  assert.equal(networkOfNumber(mostClusters), undefined)
  assert.equal(networkOfNumber(-1), undefined)
  assert.equal(networkOfNumber(0.5), undefined)
})

test('addresses outside the plan are nobody’s', () => {
  for (const address of ['127.0.0.1', '127.0.0.53', '127.0.31.255', '128.0.0.0', '10.244.0.1', '::1', ''])
    assert.equal(clusterNumberOf(address), undefined, address)
})

test('ranges', () => {
  assert.equal(isWithin('127.0.40.0/23', '127.0.41.255'), true)
  assert.equal(isWithin('127.0.40.0/23', '127.0.42.0'), false)
  assert.equal(isWithin('127.0.40.0/23', 'fd00::1'), false)
  assert.throws(() => parseRange('127.0.0.1'), RangeError)
})

test('low ports have substitutes where they cannot be bound', () => {
  assert.equal(boundPort(80, { lowPorts: true }), 80)
  assert.equal(boundPort(80, { lowPorts: false }), 10_080)
  assert.equal(boundPort(8080, { lowPorts: false }), 8080)
})

test('what the machine can do is found out without an error', async () => {
  const abilities = await detectLoopback()
  if (process.platform === 'linux') assert.equal(abilities.addresses, true)
  assert.equal(typeof abilities.lowPorts, 'boolean')
})

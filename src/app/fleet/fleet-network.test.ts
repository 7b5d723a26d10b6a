import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectLoopback } from '../../apiserver/members/network/detect-loopback.js'
import { claimAddresses, createFleetNetwork } from './fleet-network.js'

const abilities = await detectLoopback()
const skip = abilities.addresses ? false : 'only 127.0.0.1 can be bound here'

test('where every cluster is', () => {
  const both = { addresses: true, lowPorts: false }
  const clusters = [
    { name: 'hub', host: '127.0.0.1', port: 7443, number: 0 },
    { name: 'eu', host: '127.0.0.1', port: 7444, number: 1 },
  ]
  const register = { find: (name: string) => clusters.find((each) => each.name === name), all: () => clusters }
  const network = createFleetNetwork(register, both)
  assert.equal(network.networkOf('eu')?.podRange, '127.0.80.0/20')
  assert.equal(network.networkOf('other'), undefined)
  assert.deepEqual(network.apiAddressOf('eu'), { host: '127.0.0.1', port: 7444 })
  assert.deepEqual(network.nameServerOf('eu'), { address: '127.0.64.10', port: 10_053 })
  assert.deepEqual(network.apiServiceAddresses, ['127.0.32.1', '127.0.64.1'])
  const none = createFleetNetwork(register, { addresses: false, lowPorts: false })
  assert.deepEqual([none.networkOf('eu'), none.nameServerOf('eu'), none.apiServiceAddresses], [undefined, undefined, []])
})

test('two fleets do not get the same addresses', { skip }, async () => {
  const [one, two] = await Promise.all([claimAddresses(abilities, undefined), claimAddresses(abilities, undefined)])
  if (one.exclusive && two.exclusive) assert.notEqual(one.start, two.start)
  one.release()
  two.release()
})

test('a fleet that starts again has its addresses, unless another one has them now', { skip }, async () => {
  const start = 1999
  const first = await claimAddresses(abilities, start)
  assert.deepEqual([first.start, first.exclusive], [start, true])
  const second = await claimAddresses(abilities, start)
  assert.deepEqual([second.start, second.exclusive], [start, false])
  first.release()
  second.release()
  const third = await claimAddresses(abilities, start)
  assert.equal(third.exclusive, true)
  third.release()
})

test('a large fleet takes as many places as it needs', { skip }, async () => {
  const start = 1024
  const large = await claimAddresses(abilities, start, 600)
  assert.equal(large.exclusive, true)
  const between = await claimAddresses(abilities, start + 512)
  assert.equal(between.exclusive, false)
  const behind = await claimAddresses(abilities, start + 768)
  assert.equal(behind.exclusive, true)
  for (const claim of [large, between, behind]) claim.release()
  const again = await claimAddresses(abilities, start + 512)
  assert.equal(again.exclusive, true)
  again.release()
})

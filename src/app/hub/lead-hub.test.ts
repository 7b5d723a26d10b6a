import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import { createMemberWorld } from '../../../test/support/worlds/member-world.js'
import { silentLog } from '../../base/log.js'
import { leaseType } from '../../services/leases/source-lease.js'
import { createFaultyClient } from '../chaos/faulty-client.js'
import { type Leadership, leaderLeaseName, leadHub } from './lead-hub.js'
import { passToLeader } from './pass-to-leader.js'

async function createReplicas() {
  const world = await createMemberWorld()
  const { clock, client } = world
  const replica = (identity: string, aheadMs = 0, address = `10.0.0.${identity}`) => {
    const way = createFaultyClient(
      client,
      () => 0.5,
      (delayMs, run) => void clock.after(delayMs, run),
    )
    const stopping = new AbortController()
    const pauses = { ms: aheadMs }
    const watch = leadHub({
      hub: way.client,
      namespace: 'default',
      identity,
      address,
      clock: { now: () => clock.now() + pauses.ms, after: (delayMs, run) => clock.after(delayMs, run) },
      log: silentLog,
      signal: stopping.signal,
    })
    const state: { leads?: Leadership; lost?: string } = {}
    watch.leading.then(
      (leads) => {
        state.leads = leads
        void leads.lost.then((why) => (state.lost = why))
      },
      () => {},
    )
    return { state, way: way.faults, watch, pauses, stop: () => stopping.abort(new Error('stopped')) }
  }
  const lease = async () =>
    (await client.get({ type: leaseType, namespace: 'default', name: leaderLeaseName }))['spec'] as { holderIdentity: string }
  return { world, replica, lease }
}

test('a leader that could do nothing for some seconds leads on, unless somebody else could have led meanwhile', async () => {
  const { world, replica } = await createReplicas()
  const one = replica('1')
  await world.settle(30)
  assert.ok(one.state.leads)
  // As when a chart holds the process up: no timer runs, and then all of them do.
  one.pauses.ms += 10_500
  await world.settle(5)
  assert.equal(one.state.lost, undefined)
  await world.settle(30)
  assert.equal(one.state.lost, undefined)
  // Nobody has the Lease: it is still there for who renews it. Who cannot is not left in doubt.
  one.way.cut()
  one.pauses.ms += 13_000
  await world.settle(3)
  assert.match(one.state.lost ?? '', /could not be renewed for 13 s/)
  one.stop()
  world.stop()
})

test('one replica leads; another takes over at once when it is let, and after 15 s when the first is silent', async () => {
  const { world, replica, lease } = await createReplicas()
  // Clocks of machines differ: what counts is how long a change has been seen.
  const [one, two] = [replica('1'), replica('2', 3_600_000)]
  await world.settle(60)
  const [first, second] = one.state.leads === undefined ? [two, one] : [one, two]
  assert.ok(first.state.leads)
  assert.equal(second.state.leads, undefined)
  assert.equal(second.watch.leaderAddress(), `10.0.0.${(await lease()).holderIdentity}`)
  await first.state.leads.release()
  // Although it is still there, as one that is about to end is.
  await world.settle(3)
  first.stop()
  assert.ok(second.state.leads)
  assert.equal(first.state.lost, undefined)

  const third = replica('3')
  await world.settle(30)
  assert.equal(third.state.leads, undefined)
  second.way.cut()
  await world.settle(7)
  assert.equal(second.state.lost, undefined, 'a short interruption ends nothing')
  second.way.heal()
  await world.settle(30)
  second.way.cut()
  await world.settle(12)
  assert.match(second.state.lost ?? '', /could not be renewed for 10 s/)
  assert.equal(third.state.leads, undefined, 'not before the other has let go')
  await world.settle(8)
  assert.ok(third.state.leads)
  assert.equal((await lease()).holderIdentity, '3')
  // The third one crashes and is started anew at its address: what comes to it is not passed on to itself.
  third.stop()
  const anew = replica('4', 0, '10.0.0.3')
  const other = replica('5')
  await world.settle(3)
  assert.equal(anew.watch.leaderAddress(), undefined)
  assert.equal(other.watch.leaderAddress(), '10.0.0.3')
  second.stop()
  anew.stop()
  other.stop()
  world.stop()
})

test('of several that begin at once exactly one leads, and who was robbed of it knows', async () => {
  const { world, replica } = await createReplicas()
  const all = ['1', '2', '3', '4'].map((identity) => replica(identity))
  await world.settle(20)
  const leading = all.filter(({ state }) => state.leads !== undefined)
  assert.equal(leading.length, 1)
  assert.equal(leading[0]?.watch.leaderAddress(), undefined, 'it is no other replica')
  const target = { type: leaseType, namespace: 'default', name: leaderLeaseName }
  for (let count = 0; count < 20; count++) {
    await world.client.patch(target, { kind: 'merge', body: { metadata: { labels: { edited: `${count}` } } } })
    await world.settle(1)
  }
  assert.equal(leading[0]?.state.lost, undefined, 'an edit of the Lease is no loss of it')
  const body = { spec: { holderIdentity: 'somebody' } }
  await world.client.patch(target, { kind: 'merge', body })
  await world.settle(4)
  assert.equal(leading[0]?.state.lost, 'somebody leads now')
  for (const { stop } of all) stop()
  world.stop()
})

test('a Lease that is deleted by hand ends no leadership, and lets no two lead', async () => {
  const { world, replica, lease } = await createReplicas()
  const one = replica('1')
  await world.settle(10)
  assert.ok(one.state.leads)
  const two = replica('2')
  await world.settle(10)
  const remove = () => world.client.delete({ type: leaseType, namespace: 'default', name: leaderLeaseName })
  // Who has known the Lease, and who comes in the very moment.
  for (const identity of ['3', '4', '5']) {
    await remove()
    const late = replica(identity)
    await world.settle(10)
    assert.equal((await lease()).holderIdentity, '1')
    assert.equal(one.state.lost, undefined)
    assert.equal(late.state.leads, undefined)
    late.stop()
  }
  assert.equal(two.state.leads, undefined)
  // The leader is cut off besides: nobody leads before it has ended itself.
  one.way.cut()
  await remove()
  for (let second = 0; second < 20; second++) {
    await world.settle(1)
    assert.ok(two.state.leads === undefined || one.state.lost !== undefined, `two lead after ${second} s`)
  }
  assert.match(one.state.lost ?? '', /could not be renewed for 10 s/)
  assert.ok(two.state.leads)
  one.stop()
  two.stop()
  world.stop()
})

test('who has made the Lease anew in between is noticed at once', async () => {
  const { world, replica } = await createReplicas()
  const one = replica('1')
  await world.settle(10)
  await world.client.delete({ type: leaseType, namespace: 'default', name: leaderLeaseName })
  await world.client.create(leaseType, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: leaderLeaseName, namespace: 'default' },
    spec: { holderIdentity: 'another program', leaseDurationSeconds: 15 },
  })
  await world.settle(3)
  assert.equal(one.state.lost, 'another program leads now')
  one.stop()
  world.stop()
})

test('connections to one that stands by come to the one that leads', async () => {
  const leader = createServer((socket) => socket.pipe(socket))
  await new Promise<void>((done) => leader.listen(0, '127.0.0.2', done))
  const { port } = leader.address() as AddressInfo
  let address: string | undefined = '127.0.0.2'
  const standing = await passToLeader([{ host: '127.0.0.1', port }], () => address, silentLog)
  const ask = () =>
    new Promise<string>((resolve) => {
      let heard = ''
      const socket = connect({ host: '127.0.0.1', port })
      socket.on('data', (chunk) => {
        heard += chunk.toString()
        socket.end()
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(heard))
      socket.write('hello')
    })
  assert.equal(await ask(), 'hello')
  address = undefined
  assert.equal(await ask(), '', 'nobody leads')
  address = '127.0.0.2'
  const held = connect({ host: '127.0.0.1', port })
  held.on('error', () => {})
  await new Promise<void>((done) => held.once('connect', done))
  const ended = new Promise<void>((done) => held.once('close', () => done()))
  await standing.close()
  await ended
  // The place is free for the hub itself.
  const itself = createServer()
  await new Promise<void>((done) => itself.listen(port, '127.0.0.1', done))
  itself.close()
  leader.close()
})

test('an address that leads back to the replica itself does not go round for ever', async () => {
  const told: string[] = []
  const log = { ...silentLog, error: (message: string) => void told.push(message) }
  const standing = await passToLeader([{ host: '127.0.0.1', port: 0 }], () => undefined, log)
  const [port = 0] = standing.ports
  await standing.close()
  const round = await passToLeader([{ host: '127.0.0.1', port }], () => '127.0.0.1', log)
  for (let count = 0; count < 3; count++) {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    await new Promise<void>((done) => socket.once('close', () => done()))
  }
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /is one of this replica/)
  await round.close()
})

test('who cannot listen holds no port', async () => {
  const other = createServer()
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
  const { port } = other.address() as AddressInfo
  const free = createServer()
  await new Promise<void>((done) => free.listen(0, '127.0.0.1', done))
  const { port: first } = free.address() as AddressInfo
  await new Promise<void>((done) => free.close(() => done()))
  const places = [first, port].map((each) => ({ host: '127.0.0.1', port: each }))
  await assert.rejects(
    passToLeader(places, () => undefined, silentLog),
    /stands by/,
  )
  const again = createServer()
  await new Promise<void>((done) => again.listen(first, '127.0.0.1', done))
  again.close()
  other.close()
})

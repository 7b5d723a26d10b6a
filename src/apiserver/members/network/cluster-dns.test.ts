import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { test } from 'node:test'
import dnsPacket from 'dns-packet'
import type { Answer, DnsHandler, HandlerContext } from '../../dns/handler.js'
import { parseResolvConf, resolvConfOf } from '../../dns/resolv-conf.js'
import { createResolver } from '../../dns/resolver-fixture.js'
import { createMemberFixture, deploymentOf, type MemberFixture } from '../member-fixture.js'
import { dnsServiceAddressOf, networkOfNumber } from './address-plan.js'
import { boundPort } from './bound-port.js'
import { detectLoopback } from './detect-loopback.js'

const network = networkOfNumber(2002)!
const abilities = await detectLoopback()
const skip = abilities.addresses ? false : 'only 127.0.0.1 can be bound here'
const nameServer = dnsServiceAddressOf(network)
const port = boundPort(53, abilities)

function resolverIn(namespace: string) {
  const config = parseResolvConf(resolvConfOf({ namespace, domain: 'cluster.local', nameServer })!, port)
  return createResolver({ ...config, timeoutMs: 500 })
}

async function start(more: object = {}): Promise<MemberFixture> {
  const member = await createMemberFixture({ network: { networkOf: () => network, abilities, ...more } })
  for (let round = 0; round < 200; round++) {
    await member.settle()
    if (await listens()) return member
  }
  throw new Error('no name server came up')
}

function listens(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: nameServer, port }, () => resolve(socket.destroy() && true))
    socket.on('error', () => resolve(false))
  })
}

test('pods find Services by name, search list and all', { skip }, async () => {
  const member = await start()
  const service = member.peek('services', 'kube-system/kube-dns')!
  assert.equal(service.spec['clusterIP'], nameServer)
  await member.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { clusterIP: '127.250.96.77', ports: [{ port: 80 }] } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'many' },
      spec: { clusterIP: 'None', selector: { app: 'many' }, ports: [{ name: 'http', port: 80 }] },
    },
    deploymentOf('many', { replicas: 120 }),
  )
  await member.settle(5)
  const resolver = resolverIn('default')
  assert.deepEqual(await resolver.lookup('web'), ['127.250.96.77'])
  assert.deepEqual(await resolver.lookup('web.default'), ['127.250.96.77'])
  assert.deepEqual(await resolver.lookup('web.default.svc.cluster.local.'), ['127.250.96.77'])
  assert.deepEqual(await resolver.lookup('kubernetes'), [member.peek('services', 'default/kubernetes')!.spec['clusterIP']])
  assert.deepEqual(await resolverIn('shop').lookup('web.default'), ['127.250.96.77'])
  await assert.rejects(resolverIn('shop').lookup('web'), { code: 'EAI_AGAIN' }, 'outside names are refused, so nobody knows')
  await assert.rejects(resolver.lookup('web.shop.svc.cluster.local.'), { code: 'ENOTFOUND' })
  // Too many for a datagram of 512 octets.
  const many = await resolver.lookup('many')
  assert.equal(new Set(many).size, 120)
  const [first] = many
  const reverse = await resolver.query(`${first!.split('.').reverse().join('.')}.in-addr.arpa`, 'PTR')
  const target = (reverse.answers?.[0] as { data?: string } | undefined)?.data
  assert.equal(target, `${first!.replaceAll('.', '-')}.many.default.svc.cluster.local`)
  // What changes shows at once.
  await member.apply(deploymentOf('many', { replicas: 1 }))
  await member.settle(5)
  assert.equal((await resolver.lookup('many')).length, 1)
  await member.remove('services', 'default/many')
  await member.settle()
  await assert.rejects(resolver.lookup('many.default.svc.cluster.local.'), { code: 'ENOTFOUND' })
  assert.deepEqual(member.warnings, [])
  member.stop()
  assert.equal(await listens(), false)
})

test('who deletes the Service turns the name server off', { skip }, async () => {
  const member = await start()
  await member.remove('services', 'kube-system/kube-dns')
  for (let round = 0; round < 100 && (await listens()); round++) await member.settle()
  assert.equal(await listens(), false)
  assert.equal(member.peek('services', 'kube-system/kube-dns'), undefined)
  member.stop()
})

test('several questions in one connection, and what is no question', { skip }, async () => {
  const member = await start()
  const ask = (name: string, id: number) => {
    const packet = dnsPacket.encode({ type: 'query', id, questions: [{ type: 'A', name }] })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(packet.length)
    return Buffer.concat([length, packet])
  }
  const received = await new Promise<Buffer>((resolve, reject) => {
    const parts: Buffer[] = []
    const socket = connect({ host: nameServer, port })
    socket.on('data', (part) => parts.push(part))
    socket.on('close', () => resolve(Buffer.concat(parts)))
    socket.on('error', reject)
    const questions = Buffer.concat([
      ask('kubernetes.default.svc.cluster.local', 1),
      ask('example.com', 2),
      Buffer.from([0, 1, 7]),
    ])
    // In pieces that are cut anywhere.
    socket.write(questions.subarray(0, 9))
    setTimeout(() => socket.write(questions.subarray(9)), 20)
  })
  const first = dnsPacket.decode(received.subarray(2, 2 + received.readUInt16BE(0)))
  const second = dnsPacket.decode(received.subarray(4 + received.readUInt16BE(0))) as dnsPacket.DecodedPacket & { rcode: string }
  assert.deepEqual([first.id, first.answers?.length], [1, 1])
  assert.deepEqual([second.id, second.rcode], [2, 'REFUSED'])
  member.stop()
})

test('links of other rooms have their place in the chain, and say when their answers have changed', { skip }, async () => {
  let address = '127.250.96.1'
  let changed = () => {}
  const handlersOf = (cluster: string, context: HandlerContext): DnsHandler[] => {
    changed = context.changed
    const records = (name: string): Answer => ({
      code: 0,
      authoritative: true,
      answers: [{ name, ttl: 5, type: 'A', address }],
    })
    return [
      { name: 'late', answer: ({ name }) => (name === 'a.example' ? records(name) : undefined) },
      { name: 'early', order: 1, answer: ({ name }) => (name === `${cluster}.svc.cluster.local` ? records(name) : undefined) },
    ]
  }
  const member = await start({ handlersOf })
  const resolver = resolverIn('default')
  assert.deepEqual(await resolver.lookup('a.example.'), [address])
  assert.deepEqual(await resolver.lookup('m1.svc.cluster.local.'), [address], 'before the zone that would say no')
  const old = address
  address = '127.250.96.2'
  assert.deepEqual(await resolver.lookup('a.example.'), [old], 'remembered')
  changed()
  assert.deepEqual(await resolver.lookup('a.example.'), [address])
  member.stop()
})

test('a cluster whose power comes back has one name server, at once', { skip }, async (t) => {
  const member = await start()
  t.after(() => member.stop())
  for (let round = 0; round < 5; round++) {
    member.restart()
    let isBack = false
    for (let turn = 0; turn < 200 && !isBack; turn++) {
      await member.settle(0)
      isBack = await listens()
    }
    assert.ok(isBack)
  }
  await member.settle()
  assert.deepEqual(member.warnings, [])
  member.stop()
  assert.equal(await listens(), false)
})

test('names outside go on to another name server when there is one', { skip }, async () => {
  const outside = createSocket('udp4')
  outside.on('message', (message, from) => {
    const { id = 0, questions = [] } = dnsPacket.decode(message)
    const [question] = questions
    const answers = [{ type: 'A' as const, name: question!.name, data: '192.0.2.7' }]
    outside.send(dnsPacket.encode({ type: 'response', id, questions, answers }), from.port, from.address)
  })
  await new Promise<void>((resolve) => outside.bind(0, '127.0.0.1', resolve))
  const member = await start({ forwardNamesTo: { address: '127.0.0.1', port: outside.address().port } })
  assert.deepEqual(await resolverIn('default').lookup('example.com'), ['192.0.2.7'])
  member.stop()
  outside.close()
})

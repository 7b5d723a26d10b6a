import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Loose } from '../member-fixture.js'
import { inSteps, podOf, startProcessBench as start } from './process-pod-fixture.js'

test('a pod on its node\u2019s network is at an address of the cluster\u2019s nodes, whatever the status of its node says', async () => {
  const { member, launcher } = await start()
  const node = member.all('nodes')[0] as Loose
  const type = member.cluster.api.catalogue().forName('nodes')!
  const at = (address: string) =>
    member.client.patch(
      { type, name: node.metadata.name, subresource: 'status' },
      { kind: 'merge', body: { status: { addresses: [{ type: 'InternalIP', address }] } } },
    )
  for (const address of ['127.0.0.1', '127.9.16.7', '127.9.8.999', '127.9.8.1 ']) {
    await at(address).catch(() => {})
    await member.apply(podOf({ hostNetwork: true, nodeName: node.metadata.name }))
    await member.settle(2)
    for (const { wish } of launcher.containers) {
      assert.ok(wish.kind === 'built-in' && wish.spec.address.startsWith('127.9.'), `${address}: a container is at another`)
      assert.notEqual(wish.spec.address, address)
    }
    await member.remove('pods', 'default/p')
    await member.settle(40)
  }
})

test('names that a backup brings back lead to no other directory', async () => {
  const { member, launcher, directory, pods } = await start()
  const precious = join(directory, 'precious', 'root')
  mkdirSync(precious, { recursive: true })
  writeFileSync(join(precious, 'file'), 'kept')
  const up = '../../../precious'
  const metadata = (name: string, uid: string) => ({ name, namespace: 'default', uid, creationTimestamp: '2026-01-01T00:00:00Z' })
  const pod = (name: string, uid: string, spec: object) => ({
    resource: 'pods',
    key: `default/${name}`,
    object: {
      ...podOf({ nodeName: 'node-1', restartPolicy: 'Always', ...spec }),
      metadata: metadata(name, uid),
    } as unknown as Loose,
  })
  const mounts = [{ name: `../${up}`, mountPath: '/data' }]
  const objects = [
    pod('uid', up, {}),
    pod('container', 'good-1', { containers: [{ name: `../${up}`, image: 'busybox' }] }),
    pod('volume', 'good-2', {
      containers: [{ name: 'c', image: 'busybox', volumeMounts: mounts }],
      volumes: [{ name: `../${up}`, emptyDir: {} }],
    }),
  ]
  await member.cluster.restore({ cluster: 'm1', revision: 1, objects })
  await member.settle(5)
  assert.equal(launcher.containers.length, 0)
  pods.forget('m1')
  await member.settle(5)
  assert.equal(readFileSync(join(precious, 'file'), 'utf8'), 'kept')
  assert.ok(existsSync(join(directory, 'pods')))
})

test('Events say what is wrong with files, not where they are on this machine', async () => {
  const { member, reasons, directory, pod } = await start()
  const volumeMounts = [{ name: 'v', mountPath: '/etc/hostname/x' }]
  await member.apply(
    podOf({ containers: [{ name: 'c', image: 'busybox', volumeMounts }], volumes: [{ name: 'v', emptyDir: {} }] }),
  )
  const path = 'x'.repeat(300)
  const volumes = [{ name: 'v', downwardAPI: { items: [{ path, fieldRef: { fieldPath: 'metadata.name' } }] } }]
  await member.apply(podOf({ volumes }, { name: 'long' }))
  await member.settle(2)
  assert.equal(pod().containerStatuses[0]?.state.waiting?.reason, 'CreateContainerConfigError')
  const texts = [...reasons(), JSON.stringify(pod()), JSON.stringify(pod('long'))]
  assert.ok(
    texts.some((text) => text.includes('FailedMount: ENAMETOOLONG: name too long')),
    reasons().join('\n'),
  )
  assert.deepEqual(
    texts.filter((text) => text.includes(directory)),
    [],
  )
})

test('the last words of a container are read from its own file alone, and not more than they may be', async () => {
  const { member, launcher, directory, pod } = await start()
  await member.apply(
    podOf({ restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', terminationMessagePath: '/tmp/a' }] }),
  )
  await member.apply(
    podOf(
      { restartPolicy: 'Never', containers: [{ name: 'd', image: 'busybox', terminationMessagePath: '/tmp/sub/a' }] },
      { name: 'linked' },
    ),
  )
  await member.settle(2)
  const rootOf = (name: string) => {
    const { wish } = launcher.last(name)
    assert.ok(wish.kind === 'built-in')
    return wish.spec.root
  }
  writeFileSync(join(rootOf('c'), 'tmp', 'a'), `${'x'.repeat(1_000_000)}end`)
  mkdirSync(join(directory, 'outside'))
  writeFileSync(join(directory, 'outside', 'a'), 'hidden')
  symlinkSync(join(directory, 'outside'), join(rootOf('d'), 'tmp', 'sub'))
  launcher.last('c').end(1)
  launcher.last('d').end(1)
  await member.settle(2)
  const message = pod().containerStatuses[0]?.state.terminated?.message ?? ''
  assert.equal(message.length, 4096)
  assert.ok(message.endsWith('xend'))
  assert.equal(pod('linked').containerStatuses[0]?.state.terminated?.message, undefined)
})

test('a client that has attached and does not read is sent away', async () => {
  const { member, launcher, pods } = await start()
  await member.apply(podOf({}))
  await member.settle(2)
  const pod = member.peek('pods', 'default/p')!
  const options = { container: 'c', stdin: false, stdout: true, stderr: false, tty: false }
  const session = await pods.attach('m1', pod, options)
  const { stdout } = launcher.last('c')
  for (let count = 0; count < 40; count++) stdout.emit('data', Buffer.alloc(1024 * 1024))
  assert.deepEqual(await session.ended, { code: 0 })
  const held = session.stdout!.readableLength
  assert.ok(held < 20 * 1024 * 1024, `${held} bytes`)
})

test('a probe that says something else each time does not fill the cluster with Events', async () => {
  const { member, launcher } = await start()
  const readinessProbe = { exec: { command: ['x'] }, periodSeconds: 1 }
  await member.apply(podOf({ containers: [{ name: 'c', image: 'busybox', readinessProbe }] }))
  let count = 0
  launcher.execCode = 1
  launcher.execOutput = () => `failed at ${count++}`
  await inSteps(member, 120)
  const told = member.all('events').filter((event) => event['reason'] === 'Unhealthy').length
  assert.ok(count > 100, `${count} probes`)
  assert.ok(told >= 10 && told <= 26, `${told} Events`)
})

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import { freePorts } from '../../../test/support/peers/free-ports.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import { hostPortsOf, openHostPorts } from './host-ports.js'
import type { Pod } from './pod-types.js'

const address = '127.0.0.1'

function podWith(ports: readonly object[], more: object = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', ports }], ...more },
  } as unknown as Pod
}

test('the ports of a node that a pod asks for: on its address, of its own network', () => {
  const ports = [
    { containerPort: 80, hostPort: 8080 },
    { containerPort: 53, hostPort: 53, protocol: 'UDP', hostIP: '127.0.40.1' },
    { containerPort: 81, hostPort: 81, hostIP: '127.0.0.1' },
    { containerPort: 82 },
    { containerPort: 83, hostPort: 83, protocol: 'SCTP' },
  ]
  assert.deepEqual(hostPortsOf(podWith(ports), '127.0.40.1'), [
    { protocol: 'TCP', hostPort: 8080, containerPort: 80 },
    { protocol: 'UDP', hostPort: 53, containerPort: 53 },
  ])
  assert.deepEqual(hostPortsOf(podWith(ports, { hostNetwork: true }), '127.0.40.1'), [])
})

test('what comes in at a port of the node goes to the pod and back', async () => {
  const pod = createServer((socket) => socket.end('hello'))
  await new Promise<void>((resolve) => pod.listen(0, address, resolve))
  const talker = createSocket('udp4')
  await new Promise<void>((resolve) => talker.bind(0, address, resolve))
  talker.on('message', (data, from) => talker.send(`heard ${data}`, from.port, from.address))
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, address, resolve))
  const [free = 0] = await freePorts(1)
  const failures: string[] = []
  let told = () => {}
  const failed = new Promise<void>((resolve) => (told = resolve))
  const close = openHostPorts({
    ports: [
      { protocol: 'TCP', hostPort: free, containerPort: (pod.address() as AddressInfo).port },
      { protocol: 'UDP', hostPort: free, containerPort: talker.address().port },
      { protocol: 'TCP', hostPort: (taken.address() as AddressInfo).port, containerPort: 1 },
    ],
    from: address,
    to: address,
    boundPort: (port) => port,
    clock: new VirtualClock({ idle: async () => {} }),
    failed: (_port, error) => {
      failures.push((error as NodeJS.ErrnoException).code ?? '')
      told()
    },
  })
  try {
    await failed
    assert.deepEqual(failures, ['EADDRINUSE'])
    const text = await new Promise<string>((resolve, reject) => {
      let got = ''
      connect(free, address)
        .on('data', (data) => (got += data))
        .once('end', () => resolve(got))
        .once('error', reject)
    })
    assert.equal(text, 'hello')
    const asker = createSocket('udp4')
    const answer = new Promise<string>((resolve) => asker.once('message', (data) => resolve(String(data))))
    asker.send('you', free, address)
    assert.equal(await answer, 'heard you')
    asker.close()
  } finally {
    close()
    talker.close()
    pod.close()
    taken.close()
  }
})

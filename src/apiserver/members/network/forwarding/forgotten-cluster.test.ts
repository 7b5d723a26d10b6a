import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../../../../app/system/system-ports.js'
import { silentLog } from '../../../../base/log.js'
import { addressAt, networkOfNumber } from '../address-plan.js'
import { detectLoopback } from '../detect-loopback.js'
import { createForwarding, type Forwarding } from './forwarding.js'

const network = networkOfNumber(2023)!
const skip = (await detectLoopback()).addresses ? false : 'only 127.0.0.1 can be bound here'

test('a cluster that goes while a Service is opened leaves no listener behind', { skip, timeout: 5000 }, async () => {
  const at = addressAt(network.serviceRange, 40)
  const ports = [80, 81].map((port) => ({ name: `p${port}`, port, protocol: 'TCP' }))
  const service = { metadata: { namespace: 'default', name: 'web' }, spec: { clusterIP: at, clusterIPs: [at], ports } }
  const slice = {
    metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [addressAt(network.podRange, 9)] }],
    ports: ports.map(({ name }) => ({ name, port: 8080, protocol: 'TCP' })),
  }
  let asked = 0
  const forwarding: Forwarding = createForwarding({
    clusters: { get: () => undefined },
    networkOf: () => network,
    abilities: {
      addresses: true,
      // Asked three times for each port: now the first is open, and the second is about to be.
      get lowPorts() {
        if (++asked === 4) forwarding.controller.forget!('gone')
        return false
      },
    },
    clock: systemClock,
    random: { number: () => 0 } as never,
    log: silentLog,
  })
  const { controller } = forwarding
  const cluster = { name: 'gone', peek: (kind: string) => (kind === 'services' ? service : slice) }
  const keys: string[] = []
  const change = { cluster: 'gone', type: 'ADDED', object: slice } as never
  controller.watches['endpointslices.discovery.k8s.io']!(change, { add: (key: string) => keys.push(key) } as never)
  assert.deepEqual(keys, ['default/web'])
  const write = { warn: async () => {}, update: async () => service, patch: async () => service }
  await controller.reconcile({ cluster, key: 'default/web', write, nowText: () => '' } as never)
  assert.ok(asked > 4, `${asked}`)
  for (const { port } of ports) assert.equal(await answers(at, port + 10_000), false, `port ${port}`)
  assert.equal(forwarding.openCount, 0)
  forwarding.stop()
})

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port })
    socket.on('connect', () => done(socket.destroy() && true))
    socket.on('error', () => done(false))
  })
}

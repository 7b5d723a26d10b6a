import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError } from '../../../kube/object/status-error.js'
import { createClusterFixture } from '../../logical/cluster-fixture.js'

const isInvalid = (error: unknown) => error instanceof StatusError && error.httpCode === 422
const service = (name: string, spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { ports: [{ port: 80 }], ...spec },
})

test('a refused Service gives back what it took, and nothing of another', async () => {
  const { client, type } = await createClusterFixture()
  const address = '10.96.0.77'
  const ports = [{ port: 80, nodePort: 30_077 }]
  await client.create(type('svc'), service('holder', { type: 'NodePort', clusterIP: address, ports }))
  const other = await client.create(type('svc'), service('other', {}))
  const refusals: object[] = [
    { clusterIPs: [address] },
    { clusterIP: '10.96.0.78', clusterIPs: ['10.96.0.78', address] },
    { type: 'ExternalName', externalName: 'a.example', clusterIP: address },
    { type: 'ClusterIP', ports },
    { type: 'LoadBalancer', healthCheckNodePort: 30_077 },
  ]
  for (const spec of refusals) {
    await assert.rejects(client.create(type('svc'), service('bad', spec)), isInvalid, JSON.stringify(spec))
    const changed = { ...other, spec: { ...(other['spec'] as object), ...spec } }
    await client.update(type('svc'), changed).catch(() => undefined)
    await assert.rejects(client.create(type('svc'), service('thief', { clusterIP: address })), isInvalid, JSON.stringify(spec))
    await assert.rejects(
      client.create(type('svc'), service('thief', { type: 'NodePort', ports })),
      isInvalid,
      JSON.stringify(spec),
    )
  }
  const dryRun = { dryRun: true }
  await client.create(type('svc'), service('dry', { clusterIP: '10.96.0.78' }), dryRun)
  await client.create(type('svc'), service('wet', { clusterIP: '10.96.0.78' }))
})

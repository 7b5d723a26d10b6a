import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { createEmbeddedCluster } from './command.js'

const options = { name: 'a', profile: 'member', address: 'port', labels: {}, dryRun: true, timeoutSeconds: 1 }

test('versions whose kinds are not known are refused before anything happens', async () => {
  const created: unknown[] = []
  const hub = { create: async (_type: unknown, object: { spec: { version?: string } }) => created.push(object.spec.version) }
  const make = (version: string) => createEmbeddedCluster(hub as unknown as KubeClient, { ...options, version })
  for (const version of ['1.30', 'v1.37', '1.34.1', '1', 'latest', '']) {
    await assert.rejects(
      make(version),
      /: embedded clusters are of Kubernetes 1\.33; this build knows the kinds of no other minor/,
    )
  }
  assert.deepEqual(created, [])
  for (const version of ['1.33', 'v1.33', '1.33.2']) await make(version)
  assert.deepEqual(created, ['1.33', '1.33', '1.33'])
})

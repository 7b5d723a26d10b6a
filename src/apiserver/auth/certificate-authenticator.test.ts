import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogicalCluster } from '../contract.js'
import { certificateAuthenticator, clusterUnitOf } from './certificate-authenticator.js'

const clusterOf = (name: string, uid: string) =>
  ({
    name,
    peek: (resource: string, key: string) =>
      resource === 'namespaces' && key === 'kube-system' ? { metadata: { name: key, uid } } : undefined,
  }) as unknown as LogicalCluster

test('what a cluster has issued counts there alone, also where another has taken over the uid of its namespace', async () => {
  const hub = clusterOf('hub', 'u1')
  const issued = (by: LogicalCluster) => ({
    peerCertificate: { commonName: 'eve', organizations: ['system:masters'], organizationalUnits: ['ops', clusterUnitOf(by)] },
  })
  assert.equal((await certificateAuthenticator.authenticate(hub, issued(hub)))?.name, 'eve')
  for (const other of [clusterOf('member', 'u2'), clusterOf('member', 'u1'), clusterOf('hub', 'u0')]) {
    assert.equal(await certificateAuthenticator.authenticate(hub, issued(other)), undefined)
  }
})

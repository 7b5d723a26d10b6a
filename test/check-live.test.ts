import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readLiveClusters } from '../src/app/check/read-live-clusters.js'
import { runCheck } from '../src/app/check/run-check.js'
import { createKubeconfig } from '../src/kube/client/create-kubeconfig.js'
import { adminToken, type EmbeddedApi, startEmbeddedApi, userTokens } from './support/worlds/embedded-api.js'

// Running clusters as inputs of `flotilla check`: read over HTTP like any other, and never taken for clean when they are not read.

let api: EmbeddedApi
let folder: string
let kubeconfig: string

before(async () => {
  api = await startEmbeddedApi()
  folder = mkdtempSync(join(tmpdir(), 'flotilla-check-live-'))
  kubeconfig = join(folder, 'kubeconfig')
  const server = `https://127.0.0.1:${api.port}`
  const connection = (token: string) => ({
    server,
    tls: { insecure: false, caPem: api.ca.certPem },
    auth: { kind: 'bearer' as const, token },
  })
  writeFileSync(
    kubeconfig,
    createKubeconfig([
      { name: 'prod-us', connection: connection(adminToken) },
      { name: 'as-jane', connection: connection(userTokens.jane) },
    ]),
  )
  const secret = (name: string, labels: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, labels },
    stringData: { key: 'secret text' },
  })
  for (const body of [secret('plain', {}), secret('remote', { 'istio/multiCluster': 'true' })])
    assert.equal((await api.ask('POST', '/api/v1/namespaces/default/secrets', { body })).code, 201)
})
after(async () => {
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a cluster is read under the name of its context; Secrets of others stay closed', async () => {
  const { clusters, unreadable } = await readLiveClusters({ contexts: ['prod-us'], allContexts: false, kubeconfig, env: {} })
  assert.deepEqual(unreadable, [])
  const objects = clusters[0]!.objects as { apiVersion: string; kind: string; metadata: { name: string }; data?: unknown }[]
  const secrets = objects.filter(({ kind }) => kind === 'Secret')
  assert.deepEqual(secrets.map(({ metadata, data, apiVersion }) => [apiVersion, metadata.name, data !== undefined]).sort(), [
    ['v1', 'plain', false],
    ['v1', 'remote', true],
  ])
  assert.ok(objects.some(({ kind, apiVersion }) => kind === 'ClusterRole' && apiVersion === 'rbac.authorization.k8s.io/v1'))
})

test('what may not be listed is said, and so is a context that is not there', async () => {
  const { unreadable } = await readLiveClusters({ contexts: ['as-jane'], allContexts: false, kubeconfig, env: {} })
  assert.ok(unreadable.some(({ message, severity }) => message.startsWith('secrets may not be read') && severity === 'warning'))
  await assert.rejects(readLiveClusters({ contexts: ['nowhere'], allContexts: false, kubeconfig, env: {} }), /nowhere/)
})

test('files and a running cluster in one model', async () => {
  const text = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n'
  const report = await runCheck({
    paths: ['-'],
    contexts: ['prod-us'],
    allContexts: false,
    kubeconfig,
    fix: false,
    env: {},
    readStdin: async () => text,
  })
  assert.equal(report.summary.clusters, 1)
  assert.ok(report.summary.documents > 50)
  assert.deepEqual(
    report.findings.map(({ check, message }) => `${check.id}: ${message}`),
    ['istio-remote-secret: Secret default/remote is not in the namespace of istiod'],
  )
})

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { FakeKubeClient } from '../../../test/support/fakes/fake-kube-client.js'
import { secretType } from '../system/core-types.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import { answerExecCredential, type CredentialRequest } from './credential-plugin.js'

const v1 = 'client.authentication.k8s.io/v1'

async function ask(
  request: Partial<CredentialRequest>,
  config: object = { bearerToken: 'T0KEN' },
  server = 'https://east.example:6443',
) {
  const hub = new FakeKubeClient({ types: [secretType] })
  await hub.create(secretType, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'cluster-east', namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'cluster' } },
    stringData: { name: 'east', server, config: JSON.stringify(config) },
  })
  const whole = { execInfo: undefined, ttlSeconds: 900, ...request }
  return answerExecCredential(whole, { hub, namespace: 'argocd' }, createSystemClientPorts({}))
}

const info = (cluster: object, apiVersion = v1) =>
  JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false, cluster } })

test('a caller gets the credential of the cluster that it names, in the version that it speaks', async () => {
  const server = 'https://east.example:6443/'
  const wanted = { kind: 'ExecCredential', apiVersion: v1, status: { token: 'T0KEN' } }
  assert.deepEqual(await ask({ execInfo: info({ server, config: { clusterName: 'east' } }) }), wanted)
  assert.deepEqual(await ask({ execInfo: info({ server }) }), wanted, 'by its server')
  assert.deepEqual(await ask({ cluster: 'east' }), wanted, 'by hand')
  const beta = await ask({ execInfo: info({ server }, 'client.authentication.k8s.io/v1beta1') })
  assert.equal(beta['apiVersion'], 'client.authentication.k8s.io/v1beta1')
})

test('a caller that wants to reach another server than the hub knows gets nothing', async () => {
  const stolen = info({ server: 'https://evil.example', config: { clusterName: 'east' } })
  await assert.rejects(ask({ execInfo: stolen }), /cluster east is at https:\/\/east\.example:6443, and the caller wants/)
  await assert.rejects(ask({ execInfo: info({ server: 'https://other.example' }) }), /there is no cluster at https:\/\/other/)
})

test('what cannot be answered is told with its fix', async () => {
  await assert.rejects(ask({}), /does not say which cluster/)
  await assert.rejects(ask({ execInfo: '{' }), /KUBERNETES_EXEC_INFO is no JSON/)
  await assert.rejects(ask({ execInfo: info({}, 'v2') }), /asks for apiVersion "v2"/)
  await assert.rejects(ask({ cluster: 'east', serviceAccount: 'reader' }), /is not NAMESPACE\/NAME/)
  await assert.rejects(ask({ cluster: 'east' }, { username: 'u', password: 'p' }), /reached with a password/)
})

test('an account that the cluster does not have is named with its cluster', async () => {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'NotFound', code: 404 }
  const api = createServer((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ ...status, message: 'not found' }))
  })
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done))
  const server = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  try {
    await assert.rejects(ask({ cluster: 'east', serviceAccount: 'team/reader' }, { bearerToken: 'T0KEN' }, server), {
      message: 'cluster east has no service account team/reader',
      fix: 'Make it there: kubectl create serviceaccount reader -n team',
    })
  } finally {
    api.close()
    api.closeAllConnections()
  }
})

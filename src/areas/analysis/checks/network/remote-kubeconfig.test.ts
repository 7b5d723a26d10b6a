import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { remoteKubeconfig } from './remote-kubeconfig.js'

const secret = (server: string, authority: string, user: string) => `apiVersion: v1
kind: Secret
metadata:
  name: istio-remote-secret-b
  namespace: istio-system
  labels: {istio/multiCluster: "true"}
stringData:
  b: |
    apiVersion: v1
    kind: Config
    clusters:
    - name: b
      cluster: {server: "${server}", ${authority}}
    users:
    - name: b
      user: ${user}
`

test('loopback, programs and missing authorities are reported', () => {
  assert.deepEqual(
    checkTexts(remoteKubeconfig, {
      'a.yaml': secret('https://127.0.0.1:6443', 'certificate-authority-data: eA==', '{token: t}'),
    }),
    [
      'error a.yaml:8:6 Secret istio-system/istio-remote-secret-b: the server of b is https://127.0.0.1:6443, which from a pod is the pod itself',
    ],
  )
  assert.equal(
    checkTexts(remoteKubeconfig, {
      'a.yaml': secret('https://b.example:6443', 'certificate-authority: /ca', '{exec: {command: aws}}'),
    }).length,
    2,
  )
})

test('a server that can be reached, with a token and an authority, is fine', () => {
  assert.deepEqual(
    checkTexts(remoteKubeconfig, {
      'a.yaml': secret('https://b.example:6443', 'certificate-authority-data: eA==', '{token: t}'),
    }),
    [],
  )
})

test('what is no kubeconfig is left alone', () => {
  const broken =
    'apiVersion: v1\nkind: Secret\nmetadata: {name: s, labels: {istio/multiCluster: "true"}}\ndata: {b: "!!", c: eA==}\nstringData: {d: "a: [", e: "clusters: 5"}\n'
  assert.deepEqual(checkTexts(remoteKubeconfig, { 'a.yaml': broken }), [])
})

test('a token that ends is reported', () => {
  const token = ['e30', Buffer.from('{"sub":"a","exp":1900000000}').toString('base64url'), 'c2ln'].join('.')
  const files = { 'a.yaml': secret('https://b.example:6443', 'certificate-authority-data: eA==', `{token: ${token}}`) }
  assert.match(
    checkTexts(remoteKubeconfig, files, { nowMs: 1_800_000_000_000 })[0] ?? '',
    /^warning .* ends at 2030-03-17T17:46Z, and nothing renews it/,
  )
  assert.match(checkTexts(remoteKubeconfig, files, { nowMs: 2_000_000_000_000 })[0] ?? '', /^error .* ended at 2030-03-17T17:46Z/)
  assert.deepEqual(checkTexts(remoteKubeconfig, files), [])
})

test('secrets of Linkerd and of Argo CD are read too', () => {
  const linkerd = secret('https://localhost:6443', 'certificate-authority-data: eA==', '{token: t}')
    .replace('labels: {istio/multiCluster: "true"}', 'labels: {}')
    .replace('stringData:', 'type: mirror.linkerd.io/remote-kubeconfig\nstringData:')
  assert.equal(checkTexts(remoteKubeconfig, { 'a.yaml': linkerd }).length, 1)
  const argo = (server: string) =>
    `apiVersion: v1\nkind: Secret\nmetadata: {name: c, namespace: argocd, labels: {argocd.argoproj.io/secret-type: cluster}}\nstringData: {name: c, server: "${server}", config: "{}"}\n`
  assert.deepEqual(checkTexts(remoteKubeconfig, { 'a.yaml': argo('https://127.0.0.1:6443') }), [
    'error a.yaml:4:31 Secret argocd/c: the server is https://127.0.0.1:6443, which from a pod is the pod itself',
  ])
  for (const fine of ['https://kubernetes.default.svc', 'https://k8s.example.com', 'https://localhost.example.com'])
    assert.deepEqual(checkTexts(remoteKubeconfig, { 'a.yaml': argo(fine) }), [], fine)
})

test('a running hub without Argo CD’s controller reads its Secrets itself', () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'c', namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'cluster' } },
    stringData: { name: 'c', server: 'https://127.0.0.1:6443', config: '{}' },
  }
  const controller = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'argocd-application-controller', namespace: 'argocd' },
  }
  const run = (objects: readonly unknown[]) =>
    checkTexts(remoteKubeconfig, {}, { live: [{ source: 'context hub', cluster: 'hub', objects }] })
  assert.deepEqual(run([secret]), [])
  assert.equal(run([secret, controller]).length, 1)
})

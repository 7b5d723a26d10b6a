import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { accessChecks } from './index.generated.js'

const good = `issuer: https://dex.example.com
storage:
  type: memory
web:
  http: 0.0.0.0:5556
connectors:
  - type: oidc
    id: corp
    config:
      issuer: https://login.example.com
      clientSecret: $CORP_SECRET
      scopes: [openid, groups]
      insecureEnableGroups: true
staticClients:
  - id: kubernetes
    secretEnv: CLIENT_SECRET
    redirectURIs:
      - https://argocd.example.com/auth/callback
`
const apiServer = (issuer: string) => `apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver}
spec:
  containers:
    - name: kube-apiserver
      image: registry.k8s.io/kube-apiserver:v1.33.0
      command: [kube-apiserver, --oidc-issuer-url=${issuer}]
`
const checkDex = (text: string, more: Record<string, string> = {}) => checkTexts(accessChecks, { 'dex.yaml': text, ...more })

test('a configuration that works', () => {
  assert.deepEqual(checkDex(good, { 'api.yaml': apiServer('https://dex.example.com') }), [])
})

test('groups: Google has none, others are dropped', () => {
  assert.deepEqual(checkDex(good.replace('https://login.example.com', 'https://accounts.google.com')), [
    'error dex.yaml:12:24 the connector corp asks https://accounts.google.com for the scope groups, which it does not have',
  ])
  assert.deepEqual(checkDex(good.replace('      insecureEnableGroups: true\n', '')), [
    'warning dex.yaml:12:24 the connector corp asks for groups and does not pass them on',
  ])
})

test('no listener', () => {
  assert.deepEqual(checkDex(good.replace('web:\n  http: 0.0.0.0:5556\n', '')), [
    'error dex.yaml:1:1 there is no web.http and no web.https',
  ])
})

test('a variable for a secret', () => {
  assert.deepEqual(checkDex(good.replace('secretEnv: CLIENT_SECRET', 'secret: $CLIENT_SECRET')), [
    'error dex.yaml:16:13 the secret of the client kubernetes is the text $CLIENT_SECRET: variables are not replaced here',
  ])
})

test("Argo CD's own callback", () => {
  assert.deepEqual(checkDex(good.replace('/auth/callback', '/api/dex/callback')), [
    'warning dex.yaml:18:9 the client kubernetes redirects to https://argocd.example.com/api/dex/callback, while the issuer is https://dex.example.com',
  ])
})

test('an issuer with a slash more', () => {
  assert.deepEqual(checkDex(good, { 'api.yaml': apiServer('https://dex.example.com/') }), [
    'error api.yaml:8:33 the API server trusts https://dex.example.com/, Dex signs as https://dex.example.com',
  ])
  assert.deepEqual(checkDex(good, { 'api.yaml': apiServer('https://other.example.com') }), [])
})

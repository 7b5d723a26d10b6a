import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { podReferenceMissing } from './pod-reference-missing.js'

const deployment = (env: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web:1
${env}
`
const config = (name: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: shop\ndata:\n  level: debug\n`
const from = (name: string, more = '') =>
  deployment(`          envFrom:\n            - configMapRef:\n                name: ${name}${more}`)
const key = (name: string) =>
  deployment(
    `          env:\n            - name: LEVEL\n              valueFrom: {configMapKeyRef: {name: web-settings, key: ${name}}}`,
  )

test('a name that is mistyped, and a key that is not there', () => {
  assert.deepEqual(
    checkTexts(podReferenceMissing, { 'a/web.yaml': from('web-setings'), 'a/config.yaml': config('web-settings') }),
    ['error a/web.yaml:16:23 Deployment shop/web needs ConfigMap web-setings, which is not there: did you mean web-settings?'],
  )
  assert.deepEqual(checkTexts(podReferenceMissing, { 'a/web.yaml': key('levle'), 'a/config.yaml': config('web-settings') }), [
    'error a/web.yaml:16:70 Deployment shop/web needs the key levle of ConfigMap web-settings, which has level',
  ])
})

test('a running cluster that does not have it', () => {
  const object = (kind: string, more: object) => ({ apiVersion: 'v1', kind, metadata: { name: 'a', namespace: 'shop' }, ...more })
  const pod = object('Pod', { spec: { containers: [{ name: 'a', envFrom: [{ secretRef: { name: 'gone' } }] }] } })
  const live = (objects: object[]) => ({ live: [{ source: 'context prod', cluster: 'prod', objects }] })
  assert.deepEqual(checkTexts(podReferenceMissing, {}, live([pod, object('Secret', {})])), [
    'error context prod:0:0 Pod shop/a needs Secret gone, which is not there',
  ])
  // Secrets could not be read.
  assert.deepEqual(checkTexts(podReferenceMissing, {}, live([pod])), [])
})

test('what others bring, what is optional, what is of another application, what is there', () => {
  const good: Record<string, string>[] = [
    { 'a/web.yaml': from('web-settings'), 'a/config.yaml': config('web-settings') },
    { 'a/web.yaml': from('vault-made'), 'a/config.yaml': config('web-settings') },
    { 'a/web.yaml': from('web-setings', '\n                optional: true'), 'a/config.yaml': config('web-settings') },
    { 'a/web.yaml': from('web-setings'), 'b/config.yaml': config('web-settings') },
    { 'a/web.yaml': from('db-1-conf'), 'a/config.yaml': config('db-2-conf') },
    { 'a/web.yaml': key('level'), 'a/config.yaml': config('web-settings') },
  ]
  for (const fleet of good) assert.deepEqual(checkTexts(podReferenceMissing, fleet), [])
})

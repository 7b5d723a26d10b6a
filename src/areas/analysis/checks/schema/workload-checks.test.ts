import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { budgetBlocksDrain } from '../lifecycle/budget-blocks-drain.js'
import { budgetSelectsNothing } from './budget-selects-nothing.js'
import { objectTwice } from './object-twice.js'
import { probePortUnknown } from './probe-port-unknown.js'
import { statefulServiceMissing } from './stateful-service-missing.js'

const workload = (port: string, probe: string, replicas = 2) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: ${replicas}
  template:
    metadata: {labels: {app: checkout}}
    spec:
      containers:
        - name: web
          ports: [${port}]
          readinessProbe: {httpGet: {path: /, port: ${probe}}}
`
const budget = (spec: string, app = 'checkout') =>
  `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web, namespace: shop}\nspec: {selector: {matchLabels: {app: ${app}}}, ${spec}}\n`

test('probes of ports that are not there', () => {
  assert.deepEqual(checkTexts(probePortUnknown, { 'a.yaml': workload('{name: http, containerPort: 80}', 'htpp') }), [
    'error a.yaml:12:53 Deployment shop/web probes the port htpp of container web, which has http',
  ])
  for (const probe of ['http', '8080', '"${PORT}"'])
    assert.deepEqual(checkTexts(probePortUnknown, { 'a.yaml': workload('{name: http, containerPort: 80}', probe) }), [])
})

test('budgets that protect nothing, and those that let nothing go', () => {
  const pods = workload('{containerPort: 80}', '80')
  const run = (text: string) => checkTexts([budgetSelectsNothing, budgetBlocksDrain], { 'a.yaml': pods, 'b.yaml': text })
  assert.deepEqual(run(budget('maxUnavailable: 1', 'chekcout')), [
    'warning b.yaml:4:38 PodDisruptionBudget shop/web selects app=chekcout, and the pods of Deployment shop/web have app=checkout',
  ])
  assert.deepEqual(run(budget('maxUnavailable: 0')), ['warning b.yaml:4:66 PodDisruptionBudget shop/web has maxUnavailable 0'])
  assert.deepEqual(run(budget('minAvailable: 2')), [
    'warning b.yaml:4:64 PodDisruptionBudget shop/web wants 2 pods of Deployment shop/web, which has 2',
  ])
  for (const spec of ['maxUnavailable: 1', 'minAvailable: 1', 'minAvailable: 50%']) assert.deepEqual(run(budget(spec)), [])
  assert.deepEqual(run(budget('maxUnavailable: 1', 'somebody')), [])
})

test('objects that are written twice', () => {
  const map = (value: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: ${value}}\n`
  assert.deepEqual(checkTexts(objectTwice, { 'a.yaml': `${map('one')}---\n${map('two')}` }), [
    'warning a.yaml:8:18 ConfigMap a is written twice, with different contents',
  ])
  assert.deepEqual(checkTexts(objectTwice, { 'a.yaml': `${map('one')}---\n${map('one')}` }), [])
  assert.deepEqual(checkTexts(objectTwice, { 'dev/a.yaml': map('one'), 'prod/a.yaml': map('two') }), [])
})

test('the Service of a StatefulSet', () => {
  const run = (name: string) =>
    checkTexts(statefulServiceMissing, {
      'a.yaml': `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec: {serviceName: ${name}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: database}\nspec: {clusterIP: None}\n`,
    })
  assert.deepEqual(run('databsae'), [
    'error a.yaml:4:21 StatefulSet a names the Service databsae, which is not there: did you mean database?',
  ])
  assert.deepEqual(run('database'), [])
  assert.deepEqual(run('another'), [])
})

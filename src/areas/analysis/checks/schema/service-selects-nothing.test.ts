import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { serviceSelectsNothing } from './service-selects-nothing.js'

const service = (name: string, selector: string) =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\nspec:\n  selector: ${selector}\n  ports: [{port: 80}]\n`
const workload = (name: string, labels: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\nspec:\n  selector: {matchLabels: ${labels}}\n  template:\n    metadata:\n      labels: ${labels}\n    spec:\n      containers: [{name: a, image: a:1}]\n`
const run = (a: string, b: string) => checkTexts(serviceSelectsNothing, { 'app/service.yaml': a, 'app/workload.yaml': b })

test('labels that are not those of the pods', () => {
  assert.deepEqual(run(service('web', '{app: web}'), workload('web', '{app: webapp}')), [
    'error app/service.yaml:6:19 Service web selects app=web, and the pods of Deployment web have app=webapp',
  ])
  assert.deepEqual(run(service('front', '{app: checkout, tier: api}'), workload('checkout', '{app: chekcout, tier: api}')), [
    'error app/service.yaml:6:19 Service front selects app=checkout, and the pods of Deployment checkout have app=chekcout',
  ])
})

test('pods that are there, that others make, that get the label at run time', () => {
  for (const [a, b] of [
    [service('web', '{app: web}'), workload('web', '{app: web, tier: api}')],
    [service('db', '{cluster: db}'), workload('web', '{app: web}')],
    [service('pg', '{app: pg, role: master}'), workload('pg', '{app: pg}')],
    [service('web', '{app: "${APP}"}'), workload('web', '{app: other}')],
    [service('web-0', '{statefulset.kubernetes.io/pod-name: web-0}'), workload('web-0', '{app: web}')],
  ] as const)
    assert.deepEqual(run(a, b), [])
})

test('pods of experiments have labels of their own', () => {
  const rollout = (steps: string) => `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: preview}
spec:
  selector: {matchLabels: {app: production}}
  template: {metadata: {labels: {app: production}}, spec: {containers: [{name: a, image: b}]}}
  strategy: {canary: {steps: [${steps}]}}
---
apiVersion: v1
kind: Service
metadata: {name: preview}
spec: {selector: {app: preview}, ports: [{port: 80}]}
`
  assert.equal(checkTexts(serviceSelectsNothing, { 'a.yaml': rollout('{setWeight: 20}') }).length, 1)
  const experiment = '{experiment: {templates: [{name: a, specRef: canary, metadata: {labels: {app: preview}}}]}}'
  assert.deepEqual(checkTexts(serviceSelectsNothing, { 'a.yaml': rollout(experiment) }), [])
})

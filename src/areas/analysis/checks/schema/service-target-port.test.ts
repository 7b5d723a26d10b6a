import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { serviceTargetPort } from './service-target-port.js'

const service = (target: string) =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  ports:\n    - port: 80\n      targetPort: ${target}\n`
const workload = (name: string, port: string, label = 'web') =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\nspec:\n  template:\n    metadata:\n      labels: {app: ${label}}\n    spec:\n      containers: [{name: a, image: a:1, ports: [${port}]}]\n`
const run = (...texts: string[]) =>
  checkTexts(serviceTargetPort, Object.fromEntries(texts.map((text, index) => [`app/${index}.yaml`, text])))

test('a name that no container has', () => {
  assert.deepEqual(run(service('http'), workload('web', '{name: web, containerPort: 80}')), [
    'error app/0.yaml:9:19 Service web sends to the port http, and the containers of Deployment web have web',
  ])
  assert.deepEqual(run(service('http'), workload('web', '{containerPort: 80}')), [
    'warning app/0.yaml:9:19 Service web sends to the port http, and the containers of Deployment web have no named ports',
  ])
})

test('one port of several', () => {
  const two = service('http').replace('  ports:\n', '  ports:\n    - {name: b, port: 81, targetPort: web}\n')
  assert.deepEqual(run(two, workload('web', '{name: web, containerPort: 80}')), [
    'warning app/0.yaml:10:19 Service web sends to the port http, and the containers of Deployment web have web',
  ])
})

test('a number, a name that one of the pods has, pods that are not here', () => {
  assert.deepEqual(run(service('8080'), workload('web', '{name: web, containerPort: 80}')), [])
  assert.deepEqual(
    run(service('http'), workload('web', '{name: web, containerPort: 80}'), workload('b', '{name: http, containerPort: 80}')),
    [],
  )
  assert.deepEqual(run(service('http'), workload('web', '{name: web, containerPort: 80}', 'other')), [])
})

test('examples in different folders, which only their names hold together', () => {
  const texts = (at: string) => ({
    'docs/a/service.yaml': service('http'),
    [`${at}/pods.yaml`]: workload('web', '{containerPort: 80}'),
  })
  assert.deepEqual(checkTexts(serviceTargetPort, texts('e2e/b')), [])
  assert.equal(checkTexts(serviceTargetPort, { ...texts('docs/b'), 'e2e/c/a.yaml': service('80') }).length, 1)
  const byKind = { 'services/a.yaml': service('http'), 'deployments/a.yaml': workload('web', '{containerPort: 80}') }
  assert.equal(checkTexts(serviceTargetPort, byKind).length, 1)
})

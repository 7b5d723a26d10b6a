import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { backendMissing } from './backend-missing.js'

const service = `apiVersion: v1\nkind: Service\nmetadata:\n  name: checkout\n  namespace: shop\nspec:\n  ports: [{name: http, port: 80, targetPort: 8080}]\n`
const ingress = (backend: string) =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  rules:\n    - http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend:\n              service: ${backend}\n`
const route = (backend: string) =>
  `apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  rules:\n    - backendRefs: [${backend}]\n`
const run = (text: string, folder = 'app') =>
  checkTexts(backendMissing, { 'app/route.yaml': text, [`${folder}/service.yaml`]: service })

test('the port of the pods, a port that is not there, a name that is mistyped', () => {
  assert.deepEqual(run(ingress('{name: checkout, port: {number: 8080}}')), [
    'error app/route.yaml:13:56 Ingress shop/web sends to port 8080 of Service checkout, which has 80 http; 8080 is the port of its pods',
  ])
  assert.deepEqual(run(ingress('{name: chekcout, port: {number: 80}}')), [
    'error app/route.yaml:13:31 Ingress shop/web sends to Service chekcout, which is not there: did you mean checkout?',
  ])
  assert.deepEqual(run(route('{name: checkout, port: 81}')), [
    'error app/route.yaml:8:44 HTTPRoute shop/web sends to port 81 of Service checkout, which has 80 http',
  ])
})

test('what fits, and what is not known', () => {
  for (const text of [
    ingress('{name: checkout, port: {number: 80}}'),
    ingress('{name: checkout, port: {name: http}}'),
    ingress('{name: checkout, port: {name: use-annotation}}'),
    ingress('{name: payment, port: {number: 80}}'),
    ingress('{name: "${NAME}", port: {number: 80}}'),
    route('{name: checkout, port: 80}'),
    route('{name: checkout, namespace: other, port: 81}'),
    route('{name: checkout, kind: ServiceImport, group: multicluster.x-k8s.io, port: 81}'),
  ])
    assert.deepEqual(run(text), [], text)
  assert.deepEqual(run(ingress('{name: chekcout, port: {number: 80}}'), 'elsewhere'), [])
})

test('a Service of that name in another folder is another one, unless a namespace says the same', () => {
  const texts = (text: string) => ({ 'docs/a/route.yaml': text, 'e2e/a/service.yaml': service })
  const wrong = route('{name: checkout, port: 81}')
  assert.deepEqual(checkTexts(backendMissing, texts(wrong.replace('  namespace: shop\n', ''))), [])
  assert.equal(checkTexts(backendMissing, texts(wrong)).length, 1)
})

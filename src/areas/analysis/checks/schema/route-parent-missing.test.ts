import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { routeParentMissing } from './route-parent-missing.js'

const gateway =
  'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: public, namespace: infra}\nspec: {listeners: [{name: https, port: 443, protocol: HTTPS}]}\n'
const run = (parent: string) =>
  checkTexts(routeParentMissing, {
    'a.yaml': `apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web, namespace: shop}\nspec:\n  parentRefs: [${parent}]\n`,
    'b.yaml': gateway,
  })

test('a Gateway that is mistyped, and a listener that it does not have', () => {
  assert.deepEqual(run('{name: pubilc, namespace: infra}'), [
    'error a.yaml:5:23 HTTPRoute shop/web belongs to Gateway pubilc, which is not there: did you mean public?',
  ])
  assert.deepEqual(run('{name: public, namespace: infra, sectionName: http}'), [
    'error a.yaml:5:62 HTTPRoute shop/web belongs to the listener http of Gateway public, which has https',
  ])
})

test('parents that are there, and those of others', () => {
  for (const parent of [
    '{name: public, namespace: infra}',
    '{name: public, namespace: infra, sectionName: https}',
    '{name: internal, namespace: infra, sectionName: http}',
    '{name: pubilc, kind: Service, group: ""}',
  ])
    assert.deepEqual(run(parent), [], parent)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { ciliumGlobalOneSide } from './cilium-global-one-side.js'

const service = (annotation: string) => `apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop, annotations: {team: shop${annotation}}}
spec: {ports: [{port: 80}]}
`
const fleet = (annotation: string) => ({
  'mesh.sh': 'cilium clustermesh connect --context a --destination-context b\n',
  'clusters/a/api.yaml': service(', service.cilium.io/global: "true"'),
  'clusters/b/api.yaml': service(annotation),
})

test('the side without the annotation is reported', () => {
  assert.deepEqual(checkTexts(ciliumGlobalOneSide, fleet('')), [
    'warning clusters/b/api.yaml:3:18 Service shop/api is global in a, but not in b',
  ])
})

test('either spelling on the other side is fine', () => {
  assert.deepEqual(checkTexts(ciliumGlobalOneSide, fleet(', io.cilium/global-service: "true"')), [])
})

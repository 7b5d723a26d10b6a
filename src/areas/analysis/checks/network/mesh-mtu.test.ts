import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { meshMtu } from './mesh-mtu.js'

const values = (name: string, mtu: number) =>
  `cluster: {name: ${name}, id: ${name.length}}\nMTU: ${mtu}\nipam: {mode: kubernetes}\n`
const fleet = (mtu: number) => ({
  'mesh.sh': 'cilium clustermesh connect --context a --destination-context bb\n',
  'clusters/a/cilium-values.yaml': values('a', 9001),
  'clusters/bb/cilium-values.yaml': values('bb', mtu),
})

test('different sizes in one mesh are reported', () => {
  assert.deepEqual(checkTexts(meshMtu, fleet(1500)), [
    'warning clusters/bb/cilium-values.yaml:2:6 the MTU is 1500 in bb, and 9001 in a',
  ])
})

test('the same size is fine', () => {
  assert.deepEqual(checkTexts(meshMtu, fleet(9001)), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { ciliumMeshSettingsDiffer } from './cilium-mesh-settings-differ.js'

const values = (name: string, other: string, more: string) => `cluster: {name: ${name}, id: ${name.length}}
clustermesh:
  useAPIServer: true
  config:
    enabled: true
    clusters:
      ${other}: {ips: [10.0.0.1]}
${more}`

const fleet = (more: string) => ({
  'clusters/a/cilium-values.yaml': values('a', 'bb', ''),
  'clusters/bb/cilium-values.yaml': values('bb', 'a', more),
})

test('different routing is reported on the side that says it', () => {
  assert.deepEqual(checkTexts(ciliumMeshSettingsDiffer, fleet('routingMode: native\n')), [
    'error clusters/bb/cilium-values.yaml:8:14 routingMode is native in bb, and tunnel in a',
  ])
})

test('a default that is written out is no difference', () => {
  assert.deepEqual(checkTexts(ciliumMeshSettingsDiffer, fleet('routingMode: tunnel\ntunnelProtocol: vxlan\n')), [])
})

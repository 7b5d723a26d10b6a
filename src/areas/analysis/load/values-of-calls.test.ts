import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../check-texts.js'
import { ciliumClusterId } from '../checks/network/cilium-cluster-id.js'
import { clusterName } from '../checks/network/cluster-name.js'
import { loadFleet } from './load-fleet.js'

const values = (script: string, file = 'install.sh') => {
  const { model } = loadFleet([{ path: file, text: script }])
  return (['cilium', 'istio', 'external-dns'] as const).flatMap((tool) =>
    model.values(tool).map(({ value, cluster, chartVersion }) => ({ tool, value, cluster, chartVersion })),
  )
}

test('values that helm, cilium and istioctl are given', () => {
  assert.deepEqual(
    values(
      'helm upgrade --install cilium cilium/cilium --version 1.18.0 --kube-context a --set cluster.name=a,cluster.id=1 --set-string x=1 --set pods={a,b}\n',
    ),
    [
      {
        tool: 'cilium',
        value: { cluster: { name: 'a', id: 1 }, x: '1', pods: ['a', 'b'] },
        cluster: 'a',
        chartVersion: '1.18.0',
      },
    ],
  )
  assert.deepEqual(values('cilium install --set cluster.name=b --set routingMode=native\n'), [
    { tool: 'cilium', value: { cluster: { name: 'b' }, routingMode: 'native' }, cluster: 'b', chartVersion: undefined },
  ])
  assert.deepEqual(values('istioctl install -y --set values.global.meshID=m --set meshConfig.trustDomain=a.b\n'), [
    {
      tool: 'istio',
      value: { global: { meshID: 'm' }, meshConfig: { trustDomain: 'a.b' } },
      cluster: undefined,
      chartVersion: undefined,
    },
  ])
})

test('charts of others, parts of values, variables and documentation say nothing', () => {
  for (const script of [
    'helm install web bitnami/nginx --set cluster.id=1\n',
    'helm install cilium cilium/cilium -f values.yaml --set cluster.id=1\n',
    'helm upgrade cilium cilium/cilium --reuse-values --set cluster.id=1\n',
    'cilium install --set cluster.id=$ID\n',
    'cilium status --set cluster.id=1\n',
    'helm install cilium cilium/cilium --set __proto__.x=1 --set list[0]=1\n',
  ])
    assert.deepEqual(values(script), [], script)
  assert.deepEqual(values('```sh\ncilium install --set cluster.id=1\n```\n', 'README.md'), [])
})

test('braces without end take no time', () => {
  const from = performance.now()
  const [found] = values(`cilium install --set cluster.id=1 --set x=${'{'.repeat(200_000)}\n`)
  assert.ok(found)
  assert.deepEqual((found.value as Record<string, unknown>)['cluster'], { id: 1 })
  assert.ok(performance.now() - from < 2000)
})

test('findings point at the word', () => {
  const script = 'cilium install --set cluster.name=Prod_A --set cluster.id=300\n'
  assert.deepEqual(checkTexts([ciliumClusterId, clusterName], { 'a.sh': script }), [
    'error a.sh:1:22 Prod_A cannot be the name of a cluster: Cilium takes lower-case letters, digits and dashes only',
    'error a.sh:1:48 cluster id 300 is not in 1 to 255',
  ])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { istioEastWestGateway } from './istio-east-west-gateway.js'

const gateway = (port: number, mode: string) => `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: cross-network-gateway, namespace: istio-system}
spec:
  selector: {istio: eastwestgateway}
  servers:
    - port: {number: ${port}, name: tls, protocol: TLS}
      tls: {mode: ${mode}}
      hosts: ["*.local"]
`
const cluster = (name: string, other: string) => ({
  [`clusters/${name}/istio-values.yaml`]: `global: {meshID: m, multiCluster: {clusterName: ${name}}, network: net-${name}}\nmeshConfig: {}\n`,
  [`clusters/${name}/secret.yaml`]: `apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: istio-system, labels: {istio/multiCluster: "true"}}\nstringData: {${other}: x}\n`,
})

test('a gateway that ends TLS is reported', () => {
  assert.deepEqual(checkTexts(istioEastWestGateway, { 'g.yaml': gateway(15443, 'MUTUAL') }), [
    'error g.yaml:8:19 Gateway istio-system/cross-network-gateway listens on 15443 with the mode MUTUAL, not AUTO_PASSTHROUGH',
  ])
})

test('a network without a way in is reported, where its gateways were given', () => {
  const fleet = { ...cluster('a', 'b'), ...cluster('b', 'a'), 'clusters/a/g.yaml': gateway(15443, 'AUTO_PASSTHROUGH') }
  assert.deepEqual(checkTexts(istioEastWestGateway, fleet), [])
  assert.deepEqual(checkTexts(istioEastWestGateway, { ...fleet, 'clusters/b/g.yaml': gateway(443, 'SIMPLE') }), [
    'error clusters/b/istio-values.yaml:1:62 b is in the network net-b, but has no east-west gateway on port 15443',
  ])
})

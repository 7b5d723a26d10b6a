import type { Part } from './part.js'

const regions = { east: 'us-east-1', west: 'us-west-2', north: 'eu-north-1' } as const
type Name = keyof typeof regions
const names = Object.keys(regions) as Name[]
const others = (name: Name) => names.filter((other) => other !== name)
const index = (name: Name) => names.indexOf(name) + 1

const cilium = (name: Name) => `cluster:
  name: ${name}
  id: ${index(name)}
routingMode: native
ipv4NativeRoutingCIDR: 10.0.0.0/8
kubeProxyReplacement: true
clustermesh:
  useAPIServer: true
  apiserver:
    service: {type: LoadBalancer, enableSessionAffinity: HAOnly}
    tls: {auto: {enabled: true, method: cronJob}}
  config:
    enabled: true
    clusters:
${others(name)
  .map((other) => `      - {name: ${other}, address: ${other}.mesh.example.com, port: 2379}\n`)
  .join('')}ipam:
  mode: cluster-pool
  operator:
    clusterPoolIPv4PodCIDRList: [10.${index(name)}.0.0/16]
eni: {enabled: true}
tls: {ca: {cert: x, key: y}}
`

const istio = (name: Name) => `global:
  meshID: fleet
  multiCluster: {clusterName: ${name}}
  network: net-${name}
meshConfig:
  trustDomain: fleet.example
`

const remote = (other: Name) => `apiVersion: v1
kind: Secret
metadata:
  name: istio-remote-secret-${other}
  namespace: istio-system
  labels: {istio/multiCluster: "true"}
stringData:
  ${other}: |
    apiVersion: v1
    kind: Config
    clusters:
      - name: ${other}
        cluster: {server: "https://${other}.example.com:6443", certificate-authority-data: eA==}
    users:
      - name: ${other}
        user: {token: abc}
    contexts:
      - name: ${other}
        context: {cluster: ${other}, user: ${other}}
    current-context: ${other}
`

const gateway = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: cross-network-gateway, namespace: istio-system}
spec:
  selector: {istio: eastwestgateway}
  servers:
    - port: {number: 15443, name: tls, protocol: TLS}
      tls: {mode: AUTO_PASSTHROUGH}
      hosts: ["*.local"]
`

const policy = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
`

const submariner = (name: string, octet: number) => `apiVersion: submariner.io/v1
kind: Cluster
metadata: {name: ${name}}
spec:
  cluster_id: ${name}
  cluster_cidr: [10.${octet}.0.0/16]
  service_cidr: [100.${octet}.0.0/16]
`

const node = (name: string, labels: string) => `---
apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {${labels}}}
`

const texts: Record<string, string> = {}
for (const name of names) {
  texts[`clusters/${name}/cilium-values.yaml`] = cilium(name)
  texts[`clusters/${name}/istio-values.yaml`] = istio(name)
  for (const other of others(name)) texts[`clusters/${name}/remote-${other}.yaml`] = remote(other)
  texts[`clusters/${name}/gateway.yaml`] = gateway
  texts[`clusters/${name}/policy.yaml`] = policy
  texts[`clusters/${name}/node.yaml`] = `apiVersion: v1
kind: Node
metadata: {name: node-1, labels: {topology.kubernetes.io/region: ${regions[name]}}}
`
}

const values = /cilium-values/
const istioValues = /istio-values/
const secrets = /remote-/

export const meshPart: Part = {
  name: 'mesh',
  texts,
  faults: [
    { check: 'cilium-cluster-id', in: values, from: / {2}id: [12]\n/, to: '  id: 3\n' },
    { check: 'cilium-cluster-id', in: values, from: / {2}id: 3\n/, to: '  id: 1\n' },
    { check: 'cilium-cluster-id', in: values, from: / {2}id: \d\n/, to: '  id: 256\n' },
    { check: 'cilium-cluster-id', in: values, from: / {2}id: \d\n/, to: '  id: 0\n' },
    { check: 'cilium-cluster-id', in: values, from: / {2}id: \d\n/, to: '  id: 130\n' },
    { check: 'pod-cidr-overlap', in: values, from: /10\.[12]\.0\.0\/16/, to: '10.3.128.0/17' },
    { check: 'pod-cidr-overlap', in: values, from: /10\.3\.0\.0\/16/, to: '10.1.0.0/20' },
    { check: 'cilium-native-cidr', in: values, from: '10.0.0.0/8', to: '10.64.0.0/12' },
    { check: 'cilium-affinity-cloud', in: values, from: 'HAOnly', to: 'Always' },
    {
      check: 'cilium-helm-certificates',
      in: values,
      from: 'method: cronJob',
      to: 'method: helm, certValidityDuration: 365',
    },
    { check: 'cilium-mesh-not-exposed', in: values, from: 'type: LoadBalancer, ', to: '' },
    {
      check: 'cilium-mesh-settings-differ',
      in: values,
      from: 'routingMode: native\nipv4NativeRoutingCIDR: 10.0.0.0/8\n',
      to: 'routingMode: tunnel\n',
    },
    { check: 'cilium-removed-value', in: values, from: 'routingMode: native\n', to: 'routingMode: native\ntunnel: disabled\n' },
    { check: 'mesh-one-way', in: values, from: / {6}- \{name: .*\n/, to: '' },
    { check: 'istio-mesh-differs', in: istioValues, from: 'meshID: fleet', to: 'meshID: fleeet' },
    { check: 'istio-trust-domain', in: istioValues, from: 'fleet.example', to: 'cluster.local' },
    { check: 'istio-remote-secret', in: secrets, from: 'istio/multiCluster: "true"', to: 'istio/multicluster: "true"' },
    { check: 'istio-remote-secret', in: secrets, from: 'namespace: istio-system', to: 'namespace: default' },
    { check: 'istio-east-west-gateway', in: /gateway/, from: 'AUTO_PASSTHROUGH', to: 'MUTUAL' },
    { check: 'istio-east-west-gateway', in: /gateway/, from: '15443', to: '443' },
    { check: 'istio-plain-across-networks', in: /policy/, from: 'STRICT', to: 'DISABLE' },
    { check: 'remote-kubeconfig', in: secrets, from: /https:\/\/\w+\.example\.com/, to: 'https://127.0.0.1' },
    { check: 'remote-kubeconfig', in: secrets, from: /https:\/\/\w+\.example\.com/, to: 'https://localhost' },
    {
      check: 'remote-kubeconfig',
      in: secrets,
      from: 'certificate-authority-data: eA==',
      to: 'certificate-authority: /etc/ca.crt',
    },
    {
      check: 'remote-kubeconfig',
      in: secrets,
      from: '{token: abc}',
      to: '{exec: {command: aws, apiVersion: client.authentication.k8s.io/v1}}',
    },
    { check: 'mesh-one-way', in: secrets, from: /^[\s\S]*$/, to: '' },
    {
      check: 'cluster-name',
      in: /(east|west)\/cilium-values/,
      from: /(cluster:\n {2}name: )\w+/,
      to: '$1north',
      follows: ['mesh-one-way'],
    },
    {
      check: 'cluster-name',
      in: istioValues,
      from: /clusterName: (east|west)/,
      to: 'clusterName: north',
      follows: ['istio-remote-secret', 'mesh-one-way'],
    },
    { check: 'cluster-name', in: values, from: / {2}name: (\w+)/, to: '  name: Prod_$1' },
  ],
}

export const submarinerPart: Part = {
  name: 'submariner',
  texts: {
    'submariner/broker.yaml':
      'apiVersion: submariner.io/v1alpha1\nkind: Broker\nmetadata: {name: submariner-broker, namespace: submariner-k8s-broker}\nspec:\n  globalnetEnabled: false\n',
    'submariner/a.yaml': submariner('edge-a', 41),
    'submariner/b.yaml': submariner('edge-b', 42),
    'submariner/c.yaml': submariner('edge-c', 43),
    'clusters/edge-a/nodes.yaml':
      node('edge-1', 'submariner.io/gateway: "true"') + node('edge-2', 'submariner.io/gateway: "true"'),
    'clusters/edge-a/proxy.yaml': 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n',
    'clusters/edge-a/pool.yaml':
      'apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: edge-b}\nspec: {cidr: 10.42.0.0/16, disabled: true, natOutgoing: false}\n',
    'submariner/join.sh':
      'subctl join broker-info.subm --clusterid edge-a\nsubctl join broker-info.subm --clusterid edge-b\nsubctl join broker-info.subm --clusterid edge-c\n',
  },
  faults: [
    { check: 'service-cidr-overlap', in: /submariner\/[ab]/, from: /100\.\d+\.0\.0\/16/, to: '100.43.0.0/24' },
    { check: 'pod-cidr-overlap', in: /submariner\/[ab]/, from: /10\.4[12]\.0\.0\/16/, to: '10.43.0.0/24' },
    { check: 'submariner-prerequisites', in: /nodes/, from: 'submariner.io/gateway: "true"', to: 'role: edge', place: 'all' },
    { check: 'submariner-prerequisites', in: /proxy/, from: 'iptables', to: 'ipvs' },
    { check: 'submariner-prerequisites', in: /pool/, from: 'natOutgoing: false', to: 'natOutgoing: true' },
    { check: 'pod-cidr-overlap', in: /pool/, from: 'disabled: true', to: 'disabled: false' },
    {
      check: 'globalnet-range',
      in: /submariner\/[bc]/,
      from: /service_cidr/,
      to: 'global_cidr: [10.41.0.0/20]\n  service_cidr',
    },
    {
      check: 'globalnet-range',
      in: /broker/,
      from: 'globalnetEnabled: false',
      to: 'globalnetEnabled: true\n  globalnetCIDRRange: 10.0.0.0/8',
    },
    {
      check: 'globalnet-range',
      in: /broker/,
      from: 'globalnetEnabled: false',
      to: 'globalnetEnabled: true\n  globalnetCIDRRange: 100.0.0.0/8',
    },
  ],
}

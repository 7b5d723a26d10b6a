import type { Part } from './part.js'

const names = ['tr-a', 'tr-b'] as const
type Name = (typeof names)[number]
const other = (name: Name): Name => (name === 'tr-a' ? 'tr-b' : 'tr-a')
const index = (name: Name) => names.indexOf(name) + 1

// Two authorities of the same name. Valid from 2026-11-21 to 2126-10-28.
const root =
  'MIIBhDCCASugAwIBAgIUSMyvcmJmde69eAcjY5wLVQk8OkkwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjEyMzExNDFaGA8yMTI2MTAyODIzMTE0MVowDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA8fBadsRz6Ej5UFEUtcSB+rEIGMWKJZTHobM/eI6MIIH9ZOqliFzkSBgURUhRTt/1knMn7/4mIxZyvawkVlPHOjYzBhMB0GA1UdDgQWBBT+aMhIGoh8WNNYuMlO1sKB1l+f/zAfBgNVHSMEGDAWgBT+aMhIGoh8WNNYuMlO1sKB1l+f/zAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAKBggqhkjOPQQDAgNHADBEAiBeNn8zTQSCuQwJMpC05I5JTzEFBP4R4TPB5fnMUc4zmQIgFlq02wfHpKE4KLxuYh/wuMe0ZVUk/RXOh+ATiyzJXmY='
const stranger =
  'MIIBhDCCASugAwIBAgIUcnayRsLWkiMyOI1rEZDtPiEim1QwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjEyMzExNDFaGA8yMTI2MTAyODIzMTE0MVowDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI/fppPFSrvLL3zrilLFYn3/wF+/vF1c4debjqi6A+Y6Bavigpr6t7PhS1/fhlSeIMiK7+H8XZcCODgGc+m81M6jYzBhMB0GA1UdDgQWBBS5IwN679Hm8AzWGNIqBUpIQhZtezAfBgNVHSMEGDAWgBS5IwN679Hm8AzWGNIqBUpIQhZtezAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAKBggqhkjOPQQDAgNHADBEAiAEMY/YBnXbKq4Bmur8cjTsOnYUbzb07dxGcSY3YGaS9AIgIvVWYbJQoWqCOpt673G8T4Pwb+PEMQOF5P+R9auRB8c='

const cilium = (name: Name) => `cluster: {name: ${name}, id: ${20 + index(name)}}
MTU: 1400
clustermesh:
  useAPIServer: true
  apiserver:
    service: {type: LoadBalancer}
    tls: {auto: {enabled: true, method: cronJob}}
  config: {enabled: true, clusters: {${other(name)}: {ips: [192.0.2.${index(name)}]}}}
ipam: {mode: cluster-pool, operator: {clusterPoolIPv4PodCIDRList: [10.12${index(name)}.0.0/16]}}
tls: {ca: {cert: x, key: y}}
`

const istio = (name: Name) => `global: {meshID: trust, multiCluster: {clusterName: ${name}}, network: net-${name}}
meshConfig: {trustDomain: trust.example}
`

const system = (name: Name) => `apiVersion: v1
kind: Namespace
metadata: {name: istio-system, labels: {topology.istio.io/network: net-${name}}}
---
apiVersion: v1
kind: Secret
metadata: {name: istio-remote-secret-${other(name)}, namespace: istio-system, labels: {istio/multiCluster: "true"}}
stringData: {${other(name)}: x}
---
apiVersion: v1
kind: Secret
metadata: {name: cacerts, namespace: istio-system}
stringData:
  root-cert.pem: |
    -----BEGIN CERTIFICATE-----
    ${root}
    -----END CERTIFICATE-----
---
apiVersion: v1
kind: Service
metadata: {name: istio-eastwestgateway, namespace: istio-system}
spec: {type: LoadBalancer, selector: {istio: eastwestgateway}, ports: [{name: tls, port: 15443}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: gateway, namespace: istio-system}
spec:
  podSelector: {matchLabels: {istio: eastwestgateway}}
  ingress: [{ports: [{port: 15443}]}]
`

const dns = `apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    .:53 {
        kubernetes cluster.local
        forward . /etc/resolv.conf
    }
    clusterset.local:53 {
        multicluster clusterset.local
    }
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      containers: [{name: coredns, image: "registry.k8s.io/coredns/coredns:v1.12.2"}]
`

const exported = `apiVersion: v1
kind: Namespace
metadata: {name: orders}
---
apiVersion: v1
kind: Service
metadata: {name: ledger, namespace: orders}
spec: {clusterIP: None, selector: {app: ledger}, ports: [{name: sql, port: 5432}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ledger, namespace: orders}
spec:
  serviceName: ledger
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec: {containers: [{name: db, image: "postgres:17"}]}
---
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata: {name: ledger, namespace: orders}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ledger, namespace: orders}
spec:
  host: ledger.orders.svc.cluster.local
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5, interval: 10s, baseEjectionTime: 30s}
    loadBalancer: {localityLbSetting: {failover: [{from: eu-north-1, to: us-east-1}]}}
`

/** Two clusters in one ambient mesh, with a service that both share. */
const ambient = (name: string) => `global: {meshID: ambient, multiCluster: {clusterName: ${name}}, network: ambient}
pilot: {env: {AMBIENT_ENABLE_MULTI_NETWORK: "true"}}
`
const global = `apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop, labels: {istio.io/global: "true"}}
spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}
`

const texts: Record<string, string> = {}
for (const name of names) {
  texts[`clusters/${name}/cilium-values.yaml`] = cilium(name)
  texts[`clusters/${name}/istio-values.yaml`] = istio(name)
  texts[`clusters/${name}/system.yaml`] = system(name)
  texts[`clusters/${name}/dns.yaml`] = dns
  texts[`clusters/${name}/orders.yaml`] = exported
}
for (const name of ['am-a', 'am-b']) {
  texts[`clusters/${name}/istio-values.yaml`] = ambient(name)
  texts[`clusters/${name}/cart.yaml`] = global
}

const own = /tr-.*system/
const orders = /orders/

/** What clusters of a mesh have to agree on beside names and ranges: certificates, sizes, ways in, names in DNS. */
export const trustPart: Part = {
  name: 'trust',
  texts,
  faults: [
    { check: 'mesh-root-differs', in: own, from: root, to: stranger },
    { check: 'mesh-certificate-time', in: own, from: '', to: '', nowMs: Date.parse('2127-01-01T00:00:00Z') },
    { check: 'mesh-certificate-time', in: own, from: '', to: '', nowMs: Date.parse('2126-10-10T00:00:00Z') },
    { check: 'mesh-certificate-time', in: own, from: '', to: '', nowMs: Date.parse('2026-11-20T00:00:00Z') },
    { check: 'mesh-mtu', in: /cilium-values/, from: 'MTU: 1400', to: 'MTU: 1500' },
    { check: 'cilium-ca-not-shared', in: /cilium-values/, from: 'tls: {ca: {cert: x, key: y}}\n', to: '', place: 'all' },
    { check: 'mesh-port-closed', in: own, from: 'type: LoadBalancer', to: 'type: ClusterIP' },
    {
      check: 'mesh-port-closed',
      in: own,
      from: 'port: 15443}]}\n---',
      to: 'port: 443}]}\n---',
      place: 'all',
    },
    { check: 'mesh-port-closed', in: own, from: '[{ports: [{port: 15443}]}]', to: '[{ports: [{port: 15021}]}]' },
    { check: 'mesh-port-closed', in: own, from: '  ingress: [{ports: [{port: 15443}]}]\n', to: '  policyTypes: [Ingress]\n' },
    { check: 'istio-network-label', in: own, from: /, labels: \{topology.*\}\}/, to: '}' },
    { check: 'istio-network-label', in: own, from: /network: net-\S+\}\}/, to: 'network: other}}' },
    { check: 'coredns-clusterset-zone', in: /dns\.yaml/, from: /\n {4}clusterset\.local:53 \{[^}]*\}/, to: '' },
    {
      check: 'coredns-clusterset-zone',
      in: /dns\.yaml/,
      from: '    clusterset.local:53 {',
      to: '    clusterset.local:53 {\n        forward . 10.96.0.20\n    }\n    other:53 {',
    },
    { check: 'coredns-clusterset-zone', in: /dns\.yaml/, from: 'v1.12.2', to: 'v1.11.3' },
    {
      check: 'import-without-namespace',
      in: orders,
      from: 'kind: Namespace\nmetadata: {name: orders}',
      to: 'kind: Namespace\nmetadata: {name: order}',
    },
    {
      check: 'service-name-too-long',
      in: orders,
      from: 'kind: StatefulSet\nmetadata: {name: ledger',
      to: `kind: StatefulSet\nmetadata: {name: ${'ledger'.repeat(10)}ed`,
    },
    { check: 'istio-failover-without-outlier', in: orders, from: / {4}outlierDetection: .*\n/, to: '' },
    { check: 'istio-ambient-scope', in: /cart/, from: ', labels: {istio.io/global: "true"}', to: '' },
    { check: 'istio-ambient-scope', in: /cart/, from: ', labels: {istio.io/global: "true"}', to: '', place: 'all' },
  ],
}

import type { Part } from './part.js'

const places = [
  { name: 'dns-a', region: 'us-east-1', weight: 70 },
  { name: 'dns-b', region: 'eu-west-1', weight: 30 },
]

const controller = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: external-dns, namespace: kube-system}
spec:
  selector: {matchLabels: {app: external-dns}}
  template:
    metadata: {labels: {app: external-dns}}
    spec:
      containers:
        - name: external-dns
          image: registry.k8s.io/external-dns/external-dns:v0.22.0
          args:
            - --provider=aws
            - --source=service
            - --policy=upsert-only
            - --txt-owner-id=fleet-${name}
            - --domain-filter=example.com
`

const balanced = (weight: number, name: string) => `apiVersion: v1
kind: Service
metadata:
  name: front
  namespace: shop
  annotations:
    external-dns.kubernetes.io/hostname: front.example.com
    external-dns.kubernetes.io/set-identifier: ${name}
    external-dns.kubernetes.io/aws-weight: "${weight}"
spec:
  type: LoadBalancer
  selector: {app: front}
  ports: [{name: http, port: 80}]
`

const batch = `{"Changes":[
{"Action":"UPSERT","ResourceRecordSet":{"Name":"api.example.com","Type":"A","SetIdentifier":"us","Weight":70,"AliasTarget":{"DNSName":"lb-1.us-east-1.elb.amazonaws.com","HostedZoneId":"Z35SXDOTRQ7X7K","EvaluateTargetHealth":true}}},
{"Action":"UPSERT","ResourceRecordSet":{"Name":"api.example.com","Type":"A","SetIdentifier":"eu","Weight":30,"AliasTarget":{"DNSName":"lb-2.us-east-1.elb.amazonaws.com","HostedZoneId":"Z35SXDOTRQ7X7K","EvaluateTargetHealth":true}}},
{"Action":"UPSERT","ResourceRecordSet":{"Name":"www.example.com","Type":"A","TTL":60,"ResourceRecords":[{"Value":"192.0.2.1"}]}}
]}
`

const gke = `apiVersion: networking.gke.io/v1
kind: MultiClusterIngress
metadata:
  name: api
  namespace: shop
  annotations:
    networking.gke.io/static-ip: 203.0.113.7
spec:
  template:
    spec:
      backend: {serviceName: api, servicePort: 8080}
---
apiVersion: networking.gke.io/v1
kind: MultiClusterService
metadata: {name: api, namespace: shop}
spec: {template: {spec: {selector: {app: api}, ports: [{name: http, protocol: TCP, port: 8080, targetPort: 8080}]}}}
`

const istio = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: api, namespace: shop}
spec:
  host: api.shop.svc.cluster.local
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5}
    loadBalancer:
      localityLbSetting:
        enabled: true
        failover: [{from: us-east-1, to: eu-west-1}]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: pay, namespace: shop}
spec:
  hosts: [pay.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: DNS
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: gateway.west.example.com}]
`

const texts: Record<string, string> = { 'route53/batch.json': batch, 'gke/ingress.yaml': gke, 'istio/rules.yaml': istio }
for (const { name, region, weight } of places) {
  texts[`clusters/${name}/external-dns.yaml`] = controller(name)
  texts[`clusters/${name}/front.yaml`] = balanced(weight, name)
  texts[`clusters/${name}/node.yaml`] =
    `apiVersion: v1\nkind: Node\nmetadata: {name: node-1, labels: {topology.kubernetes.io/region: ${region}}}\n`
}

const dns = /external-dns\.yaml/
const front = /front\.yaml/
const records = /batch\.json/

export const trafficPart: Part = {
  name: 'traffic',
  texts,
  faults: [
    { check: 'external-dns-owner-shared', in: /dns-a\/external/, from: 'fleet-dns-a', to: 'fleet-dns-b' },
    { check: 'external-dns-owner-shared', in: /dns-b\/external/, from: 'fleet-dns-b', to: 'fleet-dns-a' },
    { check: 'external-dns-policy-missing', in: dns, from: '            - --policy=upsert-only\n', to: '' },
    {
      check: 'external-dns-prefix',
      in: front,
      from: 'external-dns.kubernetes.io/hostname',
      to: 'external-dns.alpha.kubernetes.io/hostname',
    },
    { check: 'external-dns-refused', in: dns, from: '--policy=upsert-only', to: '--policy=upsert' },
    {
      check: 'external-dns-refused',
      in: dns,
      from: '            - --source=service\n',
      to: '            - --source=service\n            - --txt-prefix=a-\n            - --txt-suffix=-a\n',
    },
    {
      check: 'record-owned-twice',
      in: front,
      from: /\n {4}external-dns.kubernetes.io\/set-identifier: .*\n {4}external-dns.kubernetes.io\/aws-weight: .*/,
      to: '',
      place: 'all',
    },
    { check: 'record-policies-differ', in: front, from: /"[73]0"/, to: '"700"' },
    { check: 'record-policies-differ', in: front, from: /aws-weight: "\d+"/, to: 'aws-region: eu-west-1' },
    { check: 'record-policies-differ', in: /dns-a\/front/, from: 'set-identifier: dns-a', to: 'set-identifier: dns-b' },
    { check: 'record-policy-without-id', in: front, from: / {4}external-dns.kubernetes.io\/set-identifier: .*\n/, to: '' },
    { check: 'route53-record-refused', in: records, from: /"Weight":\d+/, to: '"Weight":300' },
    { check: 'route53-record-refused', in: records, from: '"Action":"UPSERT"', to: '"Action":"REPLACE"' },
    { check: 'route53-record-refused', in: records, from: '"TTL":60,', to: '' },
    { check: 'route53-alias-zone', in: records, from: /lb-\d\.us-east-1/, to: 'lb-1.eu-west-1' },
    { check: 'route53-policy-set', in: records, from: '"SetIdentifier":"us",', to: '' },
    { check: 'route53-policy-set', in: records, from: '"SetIdentifier":"us"', to: '"SetIdentifier":"eu"' },
    { check: 'route53-policy-set', in: records, from: '"Weight":30', to: '"Region":"eu-west-1"' },
    { check: 'multi-cluster-ingress-backend', in: /gke/, from: 'serviceName: api', to: 'serviceName: apj' },
    { check: 'multi-cluster-ingress-backend', in: /gke/, from: 'servicePort: 8080', to: 'servicePort: 80' },
    { check: 'multi-cluster-ingress-address', in: /gke/, from: '203.0.113.7', to: 'my-address' },
    {
      check: 'istio-refused',
      in: /istio\/rules/,
      from: '        failover:',
      to: '        distribute: [{from: us-east-1/*, to: {"us-east-1/*": 80, "eu-west-1/*": 20}}]\n        failover:',
    },
    { check: 'istio-locality-unknown', in: /istio\/rules/, from: 'to: eu-west-1', to: 'to: eu-west' },
    {
      check: 'service-entry-points-at-itself',
      in: /istio\/rules/,
      from: 'gateway.west.example.com',
      to: 'pay.shop.svc.cluster.local',
    },
  ],
}

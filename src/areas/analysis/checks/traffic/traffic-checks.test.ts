import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { externalDnsPrefix } from './external-dns-prefix.js'
import { trafficChecks } from './index.generated.js'

const run = (texts: Record<string, string>) => checkTexts(trafficChecks, texts)
const object = (apiVersion: string, kind: string, rest: string, metadata = '') =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: a\n  namespace: prod\n${metadata}${rest}`

test('Istio refuses distribute with failover', () => {
  const rule = (locality: string) =>
    object(
      'networking.istio.io/v1',
      'DestinationRule',
      `spec:\n  host: a.prod.svc.cluster.local\n  trafficPolicy:\n    outlierDetection: {consecutive5xxErrors: 5}\n    loadBalancer:\n      localityLbSetting:\n${locality}`,
    )
  const distribute = '        distribute: [{from: us-east-1/*, to: {"us-east-1/*": 80, "us-west-2/*": 20}}]\n'
  const failover = '        failover: [{from: us-east-1, to: us-west-2}]\n'
  assert.deepEqual(run({ 'a.yaml': rule(distribute + failover) }), [
    "error a.yaml:11:7 DestinationRule prod/a: can not simultaneously specify 'distribute' and 'failover'",
  ])
  assert.deepEqual(run({ 'a.yaml': rule(failover) }), [])
})

test('a ServiceEntry that points at itself', () => {
  const entry = (address: string) =>
    object(
      'networking.istio.io/v1',
      'ServiceEntry',
      `spec:\n  hosts: [pay.prod.svc.cluster.local]\n  location: MESH_INTERNAL\n  resolution: DNS\n  ports: [{number: 80, name: http, protocol: HTTP}]\n  endpoints:\n    - address: ${address}\n`,
    )
  assert.deepEqual(run({ 'a.yaml': entry('pay.prod.svc.cluster.local') }), [
    "warning a.yaml:12:16 the endpoint pay.prod.svc.cluster.local is the entry's own host",
  ])
  assert.deepEqual(run({ 'a.yaml': entry('gateway.west.example.com') }), [])
  const filled = entry('${WEST_IP}').replace('resolution: DNS', 'resolution: STATIC')
  assert.deepEqual(run({ 'a.yaml': filled }), [])
  assert.deepEqual(
    run({ 'a.yaml': filled.replace('${WEST_IP}', 'west.example.com').replace(/\n$/, '\n      ports: {http: "${PORT}"}\n') }),
    ['error a.yaml:12:7 ServiceEntry prod/a: endpoint address "west.example.com" is not a valid IP address'],
  )
})

test('IstioOperator: a file of its own is for istioctl', () => {
  const operator = 'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: a}\nspec: {}\n'
  const other = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n'
  assert.deepEqual(run({ 'a.yaml': `${operator}---\n${other}` }), [
    'note a.yaml:2:7 IstioOperator a is in one file with Namespace b',
  ])
  assert.deepEqual(run({ 'a.yaml': operator, 'b.yaml': other }), [])
  const page = `\`\`\`bash\ncat <<EOF | kubectl apply -f -\n${other}EOF\ncat <<EOF | istioctl install -f -\n${operator}EOF\n\`\`\`\n`
  assert.deepEqual(run({ 'a.md': page }), [])
})

test('istioctl x', () => {
  assert.deepEqual(
    run({
      'a.sh': 'istioctl x create-remote-secret --name a\nistioctl create-remote-secret --name b\nistioctl x describe pod a\n',
    }),
    ['error a.sh:1:10 istioctl x create-remote-secret is istioctl create-remote-secret now'],
  )
})

const annotated = (...annotations: string[]) =>
  object(
    'v1',
    'Service',
    'spec: {type: LoadBalancer, ports: [{port: 80}]}\n',
    `  annotations:\n${annotations.map((each) => `    ${each}\n`).join('')}`,
  )

test('external-dns: policies have identifiers', () => {
  const weight = 'external-dns.kubernetes.io/aws-weight: "50"'
  assert.deepEqual(run({ 'a.yaml': annotated(weight), 'b.yaml': `annotations:\n  ${weight}\n` }), [
    'error a.yaml:7:5 aws-weight is there without set-identifier',
    'error b.yaml:2:3 aws-weight is there without set-identifier',
  ])
  assert.deepEqual(run({ 'a.yaml': annotated(weight, 'external-dns.kubernetes.io/set-identifier: us-east') }), [])
})

test('external-dns: the prefix that is read', () => {
  const controller = (version: string, args = '[]') =>
    object(
      'apps/v1',
      'Deployment',
      `spec:\n  template:\n    spec:\n      containers:\n        - name: external-dns\n          image: registry.k8s.io/external-dns/external-dns:${version}\n          args: ${args}\n`,
    )
  const service = annotated('external-dns.alpha.kubernetes.io/hostname: a.example.com')
  const check = (texts: Record<string, string>) => checkTexts(externalDnsPrefix, texts)
  assert.deepEqual(check({ 'a.yaml': service, 'd.yaml': controller('v0.22.0') }), [
    'warning a.yaml:7:5 external-dns.alpha.kubernetes.io/hostname is not read by registry.k8s.io/external-dns/external-dns:v0.22.0',
  ])
  assert.deepEqual(
    check({ 'a.yaml': service, 'b.yaml': service.replace('name: a\n', 'name: b\n'), 'd.yaml': controller('v0.14.0') }),
    ['note a.yaml:7:5 this annotation, like 1 more, is read by external-dns before 0.22 only'],
  )
  assert.deepEqual(
    check({ 'a.yaml': service, 'd.yaml': controller('v0.22.0', '[--annotation-prefix=external-dns.alpha.kubernetes.io/]') }),
    [],
  )
})

test('GKE wants an address', () => {
  const ingress = (value: string) =>
    object(
      'networking.gke.io/v1',
      'MultiClusterIngress',
      'spec: {}\n',
      `  annotations:\n    networking.gke.io/static-ip: ${value}\n`,
    )
  assert.deepEqual(run({ 'a.yaml': ingress('my-address') }), [
    'warning a.yaml:7:34 networking.gke.io/static-ip is "my-address", which is no address',
  ])
  assert.deepEqual(run({ 'a.yaml': ingress('203.0.113.7') }), [])
})

test('Ingress: hashing and class', () => {
  const ingress = (annotations: string, spec = '{}') =>
    object('networking.k8s.io/v1', 'Ingress', `spec: ${spec}\n`, annotations === '' ? '' : `  annotations:\n    ${annotations}\n`)
  assert.deepEqual(run({ 'a.yaml': ingress('nginx.ingress.kubernetes.io/upstream-hash-by: ip_hash') }), [
    'warning a.yaml:7:51 upstream-hash-by is "ip_hash", which is the same for every request',
  ])
  assert.deepEqual(run({ 'a.yaml': ingress('nginx.ingress.kubernetes.io/upstream-hash-by: $binary_remote_addr') }), [])
  assert.deepEqual(run({ 'a.yaml': ingress('kubernetes.io/ingress.class: nginx') }), [
    'warning a.yaml:7:34 the class nginx is given by kubernetes.io/ingress.class',
  ])
  // GKE's controller looks at nothing else.
  assert.deepEqual(run({ 'a.yaml': ingress('kubernetes.io/ingress.class: gce-internal') }), [])
  assert.deepEqual(run({ 'a.yaml': ingress('kubernetes.io/ingress.class: nginx', '{ingressClassName: other}') }), [
    'error a.yaml:7:34 the class is given twice: nginx by kubernetes.io/ingress.class, and other',
  ])
  assert.deepEqual(run({ 'a.yaml': ingress('', '{ingressClassName: nginx}') }), [])
})

test('Route 53: aliases lie in their zone, and policies make a set', () => {
  const record = (rest: string) =>
    `{"Action":"UPSERT","ResourceRecordSet":{"Name":"a.example.com","Type":"A",${rest}${rest.includes('Alias') ? '' : ',"TTL":60,"ResourceRecords":[{"Value":"192.0.2.1"}]'}}}`
  const batch = (...records: string[]) => ({ 'a.json': `{"Changes":[\n${records.map(record).join(',\n')}\n]}` })
  const alias = (name: string) =>
    `"SetIdentifier":"x","Weight":1,"AliasTarget":{"DNSName":"${name}","EvaluateTargetHealth":true,"HostedZoneId":"Z35SXDOTRQ7X7K"}`
  assert.deepEqual(run(batch(alias('lb.amazonaws.com'))), [
    'error a.json:2:131 lb.amazonaws.com is not in the zone Z35SXDOTRQ7X7K, which is us-east-1.elb.amazonaws.com',
  ])
  assert.deepEqual(run(batch(alias('lb-123.us-east-1.elb.amazonaws.com.'))), [])
  assert.deepEqual(run(batch('"SetIdentifier":"x","Weight":1', '"SetIdentifier":"x","Weight":2')).length, 1)
  assert.deepEqual(run(batch('"SetIdentifier":"x","Weight":1', '"SetIdentifier":"y","Region":"eu-west-1"')).length, 1)
  assert.deepEqual(run(batch('"Weight":1')).length, 1)
  assert.deepEqual(run(batch('"SetIdentifier":"x","Failover":"PRIMARY"')).length, 1)
  assert.deepEqual(run(batch('"SetIdentifier":"x","Weight":1', '"SetIdentifier":"y","Weight":2')), [])
})

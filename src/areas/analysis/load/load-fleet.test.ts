import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadFleet } from './load-fleet.js'

const load = (texts: Record<string, string>) => loadFleet(Object.entries(texts).map(([path, text]) => ({ path, text })))

test('places are exact, in every document of a file and below a ConfigMap', () => {
  const { model } = load({
    'a.yaml': `# first
apiVersion: v1
kind: Service
metadata: {name: a, namespace: x}
spec:
  ports:
    - port: 80
---

apiVersion: v1
kind: ConfigMap
metadata:
  name: dex
data:
  config.yaml: |
    issuer: https://dex
    storage:
      type: memory
    staticClients:
      - id: one
`,
  })
  const [service, configMap] = model.objects
  assert.deepEqual(service!.place('spec', 'ports', 0, 'port'), { file: 'a.yaml', line: 7, column: 13, endLine: 7, endColumn: 15 })
  assert.equal(service!.atKey('spec').place().line, 5)
  assert.equal(service!.at('spec', 'selector').place().line, 5)
  assert.equal(configMap!.place('metadata', 'name').line, 13)
  const [dex] = model.dexConfigs
  assert.deepEqual(dex!.place('staticClients', 0, 'id'), { file: 'a.yaml', line: 20, column: 13, endLine: 20, endColumn: 16 })
})

test('calls: continuation lines, pipes, comments and heredocs', () => {
  const { model } = load({
    'lab.sh': `cat <<EOF > a.yaml
apiVersion: v1
kind: Namespace
metadata:
  name: one
EOF
# Connect: cilium clustermesh connect --context a --destination-context b
istioctl x create-remote-secret \\
  --context east --name "east" | kubectl apply --context west -f - > out
eksctl create cluster is a sentence # eksctl create cluster
`,
  })
  assert.equal(model.objects[0]!.place('metadata', 'name').line, 5)
  const [remote] = model.callsOf('istioctl')
  assert.equal(remote!.flag('name'), 'east')
  assert.equal(remote!.at('name').place().line, 9)
  assert.equal(remote!.pipedTo?.flag('context'), 'west')
  assert.equal(remote!.pipedTo?.redirect?.to, 'out')
  const [connect] = model.callsOf('cilium', 'clustermesh', 'connect')
  assert.deepEqual(connect!.at('destination-context').place(), { file: 'lab.sh', line: 7, column: 51, endLine: 7, endColumn: 72 })
  assert.deepEqual(
    model.meshEdges.map(({ tool, from, to, bidirectional }) => [tool, from, to, bidirectional]),
    [
      ['istio', 'west', 'east', false],
      ['cilium', 'a', 'b', true],
    ],
  )
})

test('clusters: values, Cluster API, names of tools are other names of one cluster', () => {
  const { model } = load({
    'clusters/use1/cilium.yaml':
      'cluster: {name: us-east, id: 1}\nipam: {mode: cluster-pool, operator: {clusterPoolIPv4PodCIDRList: [10.1.0.0/16]}}\n',
    'istio.yaml':
      'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec:\n  meshConfig: {trustDomain: x}\n  values: {global: {meshID: m, network: n, multiCluster: {clusterName: us-east}}}\n',
  })
  assert.deepEqual(
    model.clusters.map(({ name, aliases }) => [name, aliases]),
    [['use1', ['us-east']]],
  )
  const cluster = model.cluster('us-east')!
  assert.deepEqual(
    cluster.podCidrs.map(({ value }) => value),
    ['10.1.0.0/16'],
  )
  const [istio] = model.values('istio')
  assert.equal(istio!.text('meshConfig', 'trustDomain'), 'x')
  assert.equal(istio!.place('meshConfig', 'trustDomain').line, 4)
  assert.equal(istio!.place('global', 'network').line, 5)
})

test('a document that cannot be read is said, the others are there', () => {
  const { model, unreadable } = load({ 'a.yaml': 'kind: X\n  a: [\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n' })
  assert.equal(model.objects.length, 1)
  assert.equal(unreadable[0]!.file, 'a.yaml')
  assert.ok(unreadable[0]!.line >= 1)
})

test('the same object in a script and in a file is one with two places', () => {
  const text = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: one\n'
  const { model } = load({ 'a.yaml': text, 'b.sh': `cat <<EOF > a.yaml\n${text}EOF\n` })
  assert.equal(model.objects.length, 1)
  assert.deepEqual(
    model.objects[0]!.at('metadata', 'name').copies!().map(({ file, line }) => [file, line]),
    [['b.sh', 5]],
  )
})

test('values of a chart that are written as text in an Application', () => {
  const { model } = load({
    'a.yaml': `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: cilium}
spec:
  source:
    chart: cilium
    helm:
      values: |
        cluster:
          name: us-east
          id: 300
        clustermesh: {useAPIServer: true}
`,
  })
  const [values] = model.values('cilium')
  assert.equal(values!.cluster, 'us-east')
  assert.deepEqual([values!.place('cluster', 'id').line, values!.place('cluster', 'id').column], [11, 15])
})

test('a template is no YAML yet: that is a note, once for each file', () => {
  const { unreadable } = load({
    'a.yaml': '{{- if .x }}\nkind: A\n{{ end }}\n---\n{{- range .y }}\na: b\n{{- end }}\n',
    'b.yaml': 'a: [\n',
  })
  assert.deepEqual(
    unreadable.map(({ file, severity }) => [file, severity]),
    [
      ['a.yaml', 'note'],
      ['b.yaml', undefined],
    ],
  )
})

test('texts for people in scripts are no YAML, and two keys in values are a warning', () => {
  const script =
    'cat <<EOF\nUsage:\nPROJECT: your project\nhttps://example.com: [\nEOF\nkubectl apply -f - <<EOF\napiVersion: v1\nkind: [\nEOF\n'
  const { unreadable } = loadFleet([{ path: 'a.sh', text: script }])
  assert.deepEqual(
    unreadable.map(({ line }) => line),
    [9],
  )
  const values = 'cluster: {name: a, id: 1}\nipam: {mode: kubernetes}\nroutingMode: native\nroutingMode: tunnel\n'
  const twice = loadFleet([{ path: 'cilium-values.yaml', text: values }])
  assert.deepEqual(
    twice.unreadable.map(({ line, severity }) => [line, severity]),
    [[4, 'warning']],
  )
  assert.equal(twice.model.values('cilium')[0]?.text('routingMode'), 'tunnel')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { gitopsChecks } from './index.generated.js'

const run = (texts: Record<string, string>) => checkTexts(gitopsChecks, texts)

const set = (spec: string, template: string) => `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps, namespace: argocd}
spec:
${spec}  generators:
    - clusters: {selector: {matchLabels: {region: us-east-1}}}
  template:
    metadata: {name: '${template}'}
    spec:
      project: default
      source: {repoURL: https://example.com/a.git, path: a}
      destination: {server: '{{server}}', namespace: a}
`

test('an ApplicationSet as it should be', () => {
  assert.deepEqual(run({ 'a.yaml': set('', 'app-{{name}}') }), [])
})

test('no project', () => {
  assert.deepEqual(run({ 'a.yaml': set('', 'app-{{name}}').replace('      project: default\n', '') }), [
    'error a.yaml:9:5 ApplicationSet argocd/apps has no spec.template.spec.project',
  ])
})

test('what is missing becomes "<no value>"', () => {
  const go = set('  goTemplate: true\n', '{{ .metadata.labels.region }}').replace('{{server}}', '{{ .server }}')
  assert.deepEqual(run({ 'a.yaml': go }), [
    'warning a.yaml:5:15 ApplicationSet argocd/apps uses .metadata.labels.region and does not say what happens where it is missing',
  ])
  assert.deepEqual(
    run({ 'a.yaml': go.replace('  goTemplate: true\n', '  goTemplate: true\n  goTemplateOptions: ["missingkey=error"]\n') }),
    [],
  )
})

test('values that every generator gives are not missing', () => {
  const clusters = (values: string, more = '') => `clusters: {${more}values: {${values}}}`
  const apps = (...generators: string[]) =>
    set('  goTemplate: true\n', '{{ .values.chart }}-{{ .values.version }}')
      .replace('{{server}}', '{{ .server }}')
      .replace(/ {4}- clusters.*\n/, generators.map((each) => `    - ${each}\n`).join(''))
  const merge = (first: string, second: string) => `merge: {mergeKeys: [server], generators: [{${first}}, {${second}}]}`
  const both = 'chart: a, version: "1"'
  assert.deepEqual(run({ 'a.yaml': apps(merge(clusters(both), clusters('version: "2"'))) }), [])
  assert.deepEqual(run({ 'a.yaml': apps(clusters(both), clusters(both)) }), [])
  const missing = (name: string) => [
    `warning a.yaml:5:15 ApplicationSet argocd/apps uses .values.${name} and does not say what happens where it is missing`,
  ]
  assert.deepEqual(run({ 'a.yaml': apps(merge(clusters('chart: a'), clusters('version: "2"'))) }), missing('version'))
  assert.deepEqual(run({ 'a.yaml': apps(clusters(both), clusters('version: "1"')) }), missing('chart'))
})

test('the two forms of templates', () => {
  assert.deepEqual(run({ 'a.yaml': set('', 'app-{{ .name }}') }), [
    'error a.yaml:8:22 {{ .name }} is not replaced: goTemplate is off, where it is {{name}}',
  ])
  assert.deepEqual(run({ 'a.yaml': set('  goTemplate: true\n', 'a') }), [
    'error a.yaml:13:29 {{server}} is not replaced: goTemplate is on, where it is {{ .server }}',
  ])
})

const secret = (config: string, region = 'us-east-1') => `apiVersion: v1
kind: Secret
metadata:
  name: cluster-a
  namespace: argocd
  labels:
    argocd.argoproj.io/secret-type: cluster
    region: ${region}
stringData:
  name: prod-a
  server: https://a.example.com
  config: '${config}'
`

test('a cluster Secret that cannot be read', () => {
  assert.deepEqual(run({ 'a.yaml': secret('{"bearerToken": "x", "tlsClientConfig": {"insecure": false}}') }), [])
  const [found] = run({ 'a.yaml': secret('{"tlsClientConfig": {"caData": "LS0t..."}}') })
  assert.match(found!, /^error a.yaml:12:3 Secret argocd\/cluster-a: .*base64/)
})

test('a selector that nearly matches', () => {
  const cluster = secret('{"bearerToken": "x"}')
  const fleet = 'targetCustomizations:\n  - name: us\n    clusterSelector:\n      matchLabels:\n        region: us-east\n'
  assert.deepEqual(run({ 'a.yaml': cluster, 'fleet.yaml': fleet }), [
    'warning fleet.yaml:5:17 no cluster has region=us-east; prod-a has region=us-east-1',
  ])
  assert.deepEqual(run({ 'a.yaml': cluster, 'fleet.yaml': fleet.replace('us-east', 'eu-west') }), [])
  assert.deepEqual(run({ 'a.yaml': cluster, 'b.yaml': set('', 'app-{{name}}') }), [])
})

test('a resource of Azure', () => {
  const found = run({
    'a.yaml': 'apiVersion: microsoft.kubernetes/fluxConfigurations\nmetadata: {name: a}\nspec: {scope: cluster}\n',
  })
  assert.deepEqual(found, ['error a.yaml:1:13 microsoft.kubernetes/fluxConfigurations is a type of Azure Resource Manager'])
})

test('a destination with a slip of the pen', () => {
  const application = (name: string) =>
    `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  destination:\n    name: ${name}\n`
  const cluster = secret('{"bearerToken": "x"}')
  assert.deepEqual(run({ 'a.yaml': cluster, 'b.yaml': application('pord-a') }), [
    'warning b.yaml:6:11 there is no cluster pord-a: did you mean prod-a?',
  ])
  assert.deepEqual(run({ 'a.yaml': cluster, 'b.yaml': application('prod-a') }), [])
  assert.deepEqual(run({ 'a.yaml': cluster, 'b.yaml': application('elsewhere') }), [])
})

test('clusters that the chart of Argo CD is given are known by name and by label', () => {
  const values = `configs:
  params: {}
  clusterCredentials:
    prod-east: {server: "https://east.example.com", labels: {region: us-east-1}, config: {bearerToken: x}}
`
  const application = (name: string) =>
    `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\nspec:\n  project: default\n  source: {repoURL: https://example.com/a.git, path: a}\n  destination: {name: ${name}, namespace: a}\n`
  assert.deepEqual(run({ 'argo-cd-values.yaml': values, 'a.yaml': application('prod-esat') }), [
    'warning a.yaml:7:23 there is no cluster prod-esat: did you mean prod-east?',
  ])
  assert.deepEqual(
    run({ 'argo-cd-values.yaml': values, 'a.yaml': application('prod-east'), 'b.yaml': set('', 'app-{{name}}') }),
    [],
  )
  assert.equal(
    run({ 'argo-cd-values.yaml': values, 'b.yaml': set('', 'app-{{name}}').replace('us-east-1', 'us-east') }).length,
    1,
  )
})

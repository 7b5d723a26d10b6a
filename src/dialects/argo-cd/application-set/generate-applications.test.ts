import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  problemsOf,
  testApplicationSet,
  testCluster,
  testPorts,
  testRepository,
} from '../../../../test/support/cases/application-set-facts.js'
import { parseYamlDocuments } from '../../../formats/yaml/parse-yaml.js'
import type { ApplicationSet } from '../kinds/application-set.js'
import { generateApplications } from './generate-applications.js'

const production = [
  testCluster('prod-east', { env: 'production', region: 'us-east-1', tier: 'primary' }),
  testCluster('prod-west', { env: 'production', tier: 'standby' }),
  testCluster('stage', { env: 'staging' }),
]
const generate = (spec: string, facts = { clusters: production }) =>
  generateApplications(testApplicationSet(spec), testPorts(facts))

const platformServices = `
goTemplate: true
generators:
  - clusters: {selector: {matchLabels: {env: production}}}
template:
  metadata: {name: "platform-{{ .name }}"}
  spec:
    project: platform
    source: {repoURL: "${testRepository}", targetRevision: main, path: "platform/overlays/{{ .metadata.labels.region }}"}
    destination: {server: "{{ .server }}", namespace: platform}
    syncPolicy: {automated: {prune: true, selfHeal: true}}
`

test('an application for each production cluster, with Go templates', async () => {
  const { applications, problems, warnings } = await generate(platformServices)
  assert.deepEqual(problems, [])
  assert.deepEqual(applications[0], {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'platform-prod-east', namespace: 'argocd', finalizers: ['resources-finalizer.argocd.argoproj.io'] },
    spec: {
      project: 'platform',
      destination: { server: 'https://prod-east.example.com', namespace: 'platform' },
      source: { repoURL: testRepository, targetRevision: 'main', path: 'platform/overlays/us-east-1' },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    },
  })
  // A label that is not there prints as upstream prints it, and is worth a warning.
  assert.equal(applications[1]!.spec.source!.path, 'platform/overlays/<no value>')
  assert.match(warnings.join('\n'), /application platform-prod-west: spec\.source\.path contains <no value>/)
})

test('missingkey=error makes a missing label an error of the whole set', async () => {
  const generation = await generate(`goTemplateOptions: ["missingkey=error"]\n${platformServices}`)
  assert.match(
    problemsOf(generation).join(),
    /spec\.generators\[0\], parameters 2 of 2 \(prod-west\): template: base:1:.*map has no entry for key "region"/,
  )
  assert.equal(generation.problems[0]!.reason, 'RenderTemplateParamsError')
})

test('values by cluster end up inside kustomize patches', async () => {
  const { applications, problems } = await generate(`
goTemplate: true
generators:
  - clusters:
      selector: {matchLabels: {env: production}}
      values:
        dns_zone: "{{ .metadata.labels.region }}.example.com"
        replicas: '{{ if eq .metadata.labels.tier "primary" }}5{{ else }}3{{ end }}'
template:
  metadata: {name: "api-{{ .name }}"}
  spec:
    source:
      repoURL: ${testRepository}
      path: apps/api/base
      kustomize:
        patches:
          - target: {kind: Deployment}
            patch: |
              - op: replace
                path: /spec/replicas
                value: {{ .values.replicas }}
          - target: {kind: Ingress}
            patch: "- {op: replace, path: /spec/rules/0/host, value: api.{{ .values.dns_zone }}}"
    destination: {server: "{{ .server }}", namespace: production}
`)
  assert.deepEqual(problems, [])
  const patches = applications.map((application) => application.spec.source!.kustomize!.patches!)
  assert.match(patches[0]![0]!.patch!, /value: 5\n/)
  assert.match(patches[1]![0]!.patch!, /value: 3\n/)
  assert.match(patches[0]![1]!.patch!, /api\.us-east-1\.example\.com/)
  assert.deepEqual(patches[0]![0]!.target, { kind: 'Deployment' })
  assert.equal(applications[0]!.spec.project, '')
})

test('fasttemplate: known keys are replaced, unknown ones stay and are warned of', async () => {
  const { applications, warnings } = await generate(`
generators: [{clusters: {selector: {matchLabels: {env: staging}}}}]
template:
  metadata: {name: "myapp-{{name}}", labels: {"{{metadata.labels.env}}": "{{ metadata.labels.env }}"}}
  spec:
    project: default
    source: {repoURL: x, path: "{{unknown}}"}
    destination: {server: "{{server}}", namespace: myapp}
`)
  assert.equal(applications[0]!.metadata.name, 'myapp-stage')
  assert.deepEqual(applications[0]!.metadata.labels, { staging: 'staging' })
  assert.equal(applications[0]!.spec.source!.path, '{{unknown}}')
  assert.match(warnings.join(), /spec\.source\.path still has a template in it/)
})

test('a matrix of clusters and files', async () => {
  const spec = `
goTemplate: true
generators:
  - matrix:
      generators:
        - clusters: {selector: {matchLabels: {env: production}}}
        - git: {repoURL: "${testRepository}", revision: HEAD, files: [{path: "apps/*/config.json"}]}
template:
  metadata: {name: "{{ .name }}-{{ .path.basename }}"}
  spec: {project: default, source: {repoURL: x, path: "{{ .path.path }}"}, destination: {name: "{{ .name }}", namespace: "{{ .namespace }}"}}
`
  const files = { 'apps/a/config.json': '{"namespace": "ns-a"}', 'apps/b/config.json': '{"namespace": "ns-b"}' }
  const generation = await generateApplications(testApplicationSet(spec), testPorts({ clusters: production, files }))
  assert.deepEqual(
    generation.applications.map(({ metadata, spec: { destination } }) => `${metadata.name} ${destination.namespace}`),
    ['prod-east-a ns-a', 'prod-east-b ns-b', 'prod-west-a ns-a', 'prod-west-b ns-b'],
  )
  assert.equal(generation.recheckSeconds, 180)
})

test('a template of a generator wins, the common one fills what it leaves empty', async () => {
  const { applications } = await generate(`
goTemplate: true
generators:
  - list:
      elements: [{id: a}]
      template: {metadata: {name: "own-{{ .id }}", labels: {own: "1"}}, spec: {destination: {namespace: own}}}
  - list: {elements: [{id: b}]}
template:
  metadata: {name: "common-{{ .id }}", labels: {own: "2", common: "3"}}
  spec: {project: p, source: {repoURL: x, path: y}, destination: {server: s, namespace: common}}
`)
  assert.deepEqual(
    applications.map(({ metadata, spec }) => [metadata.name, metadata.labels, spec.project, spec.destination]),
    [
      ['own-a', { own: '1', common: '3' }, 'p', { server: 's', namespace: 'own' }],
      ['common-b', { own: '2', common: '3' }, 'p', { server: 's', namespace: 'common' }],
    ],
  )
})

test('finalizers: added unless the template has some or resources are preserved', async () => {
  const spec = (more: string, finalizers = '') => `
goTemplate: true
${more}
generators: [{list: {elements: [{id: a}]}}]
template: {metadata: {name: "{{ .id }}"${finalizers}}, spec: {project: p, destination: {}}}
`
  const of = async (text: string) => (await generate(text)).applications[0]!.metadata.finalizers
  assert.deepEqual(await of(spec('')), ['resources-finalizer.argocd.argoproj.io'])
  assert.deepEqual(await of(spec('', ', finalizers: [mine]')), ['mine'])
  assert.equal(await of(spec('syncPolicy: {preserveResourcesOnDeletion: true}')), undefined)
})

test('an empty set of parameters renders nothing and adds no finalizer, as upstream', async () => {
  const { applications } = await generate(
    'goTemplate: true\ngenerators: [{list: {elements: [{}]}}]\ntemplate: {metadata: {name: "x-{{ .id }}"}, spec: {project: p, destination: {}}}',
  )
  assert.equal(applications[0]!.metadata.name, 'x-{{ .id }}')
  assert.equal(applications[0]!.metadata.finalizers, undefined)
})

test('templatePatch adds what templates cannot: booleans, lists, objects; never a project', async () => {
  const { applications, problems } = await generate(`
goTemplate: true
generators: [{list: {elements: [{id: a, auto: true, files: [v1.yaml, v2.yaml]}, {id: b}]}}]
template:
  metadata: {name: "{{ .id }}", annotations: {kept: "1"}}
  spec: {project: p, source: {repoURL: x, path: y, helm: {releaseName: r, valueFiles: [old.yaml]}}, destination: {}}
templatePatch: |
  metadata:
    annotations: {patched: "{{ .id }}"}
    finalizers: [own]
  spec:
    project: other
    source:
      helm:
        valueFiles:
        {{- range $file := .files }}
          - {{ $file }}
        {{- end }}
    {{- if .auto }}
    syncPolicy: {automated: {prune: true}}
    {{- end }}
`)
  assert.deepEqual(problems, [])
  assert.deepEqual(applications[0]!.metadata.annotations, { kept: '1', patched: 'a' })
  assert.deepEqual(new Set(applications[0]!.metadata.finalizers), new Set(['resources-finalizer.argocd.argoproj.io', 'own']))
  assert.equal(applications[0]!.spec.project, 'p')
  assert.deepEqual(applications[0]!.spec.source!.helm, { releaseName: 'r', valueFiles: ['v1.yaml', 'v2.yaml'] })
  assert.deepEqual(applications[0]!.spec.syncPolicy, { automated: { prune: true } })
  assert.equal(applications[1]!.spec.syncPolicy, undefined)
})

test('a templatePatch that is no object is an error', async () => {
  const spec = (patch: string) =>
    `goTemplate: true\ngenerators: [{list: {elements: [{id: a}]}}]\ntemplate: {metadata: {name: a}, spec: {project: p, destination: {}}}\ntemplatePatch: '${patch}'`
  assert.match(problemsOf(await generate(spec('- a'))).join(), /invalid templatePatch: expected an object/)
  assert.match(problemsOf(await generate(spec('a: ['))).join(), /invalid templatePatch/)
  assert.match(problemsOf(await generate(spec('spec: null'))).join(), /takes away/)
  assert.deepEqual(problemsOf(await generate(spec(''))), [])
})

test('an error of one generator leaves the others’ applications visible but says that the set is not known', async () => {
  const generation = await generate(`
goTemplate: true
generators:
  - git: {repoURL: "https://gone.example.com/x.git", directories: [{path: "*"}]}
  - list: {elements: [{id: a}]}
template: {metadata: {name: "{{ .id }}"}, spec: {project: p, destination: {}}}
`)
  assert.match(
    problemsOf(generation).join(),
    /spec\.generators\[0\]: repository https:\/\/gone\.example\.com\/x\.git cannot be read/,
  )
  assert.equal(generation.applications.length, 1)
})

test('wrong options and malformed templates are problems, not exceptions', async () => {
  assert.match(
    problemsOf(await generate(`goTemplateOptions: [missingkey=maybe]\n${platformServices}`)).join(),
    /unrecognized option.*missingkey=maybe/,
  )
  const broken = platformServices.replace('{{ .server }}', '{{ .server')
  assert.match(problemsOf(await generate(broken)).join(), /template: base:1: unclosed action/)
  assert.deepEqual(
    (await generateApplications({ ...testApplicationSet(platformServices), spec: {} as never }, testPorts())).applications,
    [],
  )
})

test('the same facts give the same applications in the same order', async () => {
  const reversed = await generate(platformServices, { clusters: [...production].reverse() })
  assert.deepEqual(reversed.applications, (await generate(platformServices)).applications)
})

const inputs = process.env['FLOTILLA_INPUTS'] && join(process.env['FLOTILLA_INPUTS'], 'seeds')
test('every ApplicationSet of the given inputs generates', { skip: inputs === undefined }, async () => {
  let count = 0
  for (const name of readdirSync(inputs!).filter((file) => file.endsWith('.yaml'))) {
    const documents = parseYamlDocuments(readFileSync(join(inputs!, name), 'utf8')).map((document) => document.value)
    for (const document of documents) {
      const set = document as unknown as ApplicationSet | null
      if (set?.kind !== 'ApplicationSet') continue
      const clusters = [testCluster('one', { env: 'production', environment: 'production', region: 'eu', tier: 'primary' })]
      const { applications, problems } = await generateApplications(set, testPorts({ clusters }))
      assert.deepEqual(problems, [], name)
      assert.equal(applications.length, 1, name)
      count++
    }
  }
  assert.ok(count > 0)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runTestGenerator, testCluster } from '../../../../../test/support/cases/application-set-facts.js'

const clusters = [
  testCluster('west_1', { env: 'prod', 'a/b': 'x' }, { annotations: { note: 'n' }, project: 'platform' }),
  testCluster('east', { env: 'dev' }),
]
const names = async (yaml: string, facts = clusters) =>
  (await runTestGenerator(yaml, { clusters: facts })).map((params) => params['name'])

test('clusters come by name, the local one last and without metadata', async () => {
  assert.deepEqual(await runTestGenerator('clusters: {}', { clusters }), [
    {
      name: 'east',
      nameNormalized: 'east',
      server: 'https://east.example.com',
      project: '',
      metadata: { labels: { env: 'dev' } },
    },
    {
      name: 'west_1',
      nameNormalized: 'west-1',
      server: 'https://west_1.example.com',
      project: 'platform',
      metadata: { annotations: { note: 'n' }, labels: { env: 'prod', 'a/b': 'x' } },
    },
    { name: 'in-cluster', nameNormalized: 'in-cluster', server: 'https://kubernetes.default.svc', project: '' },
  ])
})

test('a selector leaves the local cluster out, and so does a Secret with its server', async () => {
  assert.deepEqual(await names('clusters: {selector: {matchLabels: {env: prod}}}'), ['west_1'])
  assert.deepEqual(await names('clusters: {selector: {matchExpressions: [{key: env, operator: Exists}]}}'), ['east', 'west_1'])
  const local = testCluster('hub', {}, { server: 'https://kubernetes.default.svc' })
  assert.deepEqual(await names('clusters: {}', [...clusters, local]), ['east', 'hub', 'west_1'])
})

test('a selector that matches nothing is said aloud; one that is malformed is an error', async () => {
  const warnings: string[] = []
  assert.deepEqual(await runTestGenerator('clusters: {selector: {matchLabels: {env: production}}}', { clusters, warnings }), [])
  assert.match(warnings.join(), /matches none of the 2 clusters now: no cluster has .*env/)
  await assert.rejects(
    runTestGenerator('clusters: {selector: {matchExpressions: [{key: env, operator: In}]}}', { clusters }),
    /values set can't be empty/,
  )
})

test('fasttemplate gets dotted keys, with slashes as they are', async () => {
  const [west] = await runTestGenerator('clusters: {selector: {matchLabels: {env: prod}}}', { clusters, goTemplate: false })
  assert.deepEqual(west, {
    name: 'west_1',
    nameNormalized: 'west-1',
    server: 'https://west_1.example.com',
    project: 'platform',
    'metadata.annotations.note': 'n',
    'metadata.labels.env': 'prod',
    'metadata.labels.a/b': 'x',
  })
})

test('values see the cluster and never each other', async () => {
  const go = `clusters: {selector: {matchLabels: {env: prod}}, values: {dns: "{{ .metadata.labels.env }}.example.com", other: "{{ .values }}"}}`
  const [params] = await runTestGenerator(go, { clusters })
  assert.deepEqual(params!['values'], { dns: 'prod.example.com', other: '<no value>' })
  const fast = 'clusters: {selector: {matchLabels: {env: prod}}, values: {a: "{{metadata.labels.a/b}}", b: "{{values.a}}"}}'
  const [flat] = await runTestGenerator(fast, { clusters, goTemplate: false })
  assert.equal(flat!['values.a'], 'x')
  assert.equal(flat!['values.b'], '{{values.a}}')
})

test('flatList gives one set with all clusters', async () => {
  const sets = await runTestGenerator(
    'clusters: {selector: {matchExpressions: [{key: env, operator: Exists}]}, flatList: true}',
    { clusters },
  )
  assert.equal(sets.length, 1)
  assert.deepEqual(
    (sets[0]!['clusters'] as { name: string }[]).map(({ name }) => name),
    ['east', 'west_1'],
  )
})

test('of two clusters with one name the last counts, with a warning', async () => {
  const warnings: string[] = []
  const twins = [testCluster('a', { twin: '1' }), testCluster('a', { twin: '2' }, { server: 'https://other' })]
  const sets = await runTestGenerator('clusters: {selector: {matchExpressions: [{key: twin, operator: Exists}]}}', {
    clusters: twins,
    warnings,
  })
  assert.deepEqual(
    sets.map((params) => params['server']),
    ['https://other'],
  )
  assert.match(warnings[0]!, /several clusters are named "a"/)
})

test('a Secret for the local cluster stands in for it, a slash at the end or not', async () => {
  const local = testCluster('hub', {}, { server: 'https://kubernetes.default.svc/' })
  assert.deepEqual(await names('clusters: {}', [local]), ['hub'])
})

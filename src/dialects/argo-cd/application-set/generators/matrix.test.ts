import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runTestGenerator, testCluster, testRepository } from '../../../../../test/support/cases/application-set-facts.js'

const clusters = [testCluster('east', { env: 'prod' }), testCluster('west', { env: 'prod' })]
const files = { 'apps/a/config.json': '{"app": "a"}', 'apps/b/config.json': '{"app": "b", "name": "other"}' }
const prodClusters = 'clusters: {selector: {matchLabels: {env: prod}}}'

test('every set of the first with every set of the second', async () => {
  const yaml = `matrix: {generators: [{${prodClusters}}, {list: {elements: [{app: x}, {app: z}]}}]}`
  const sets = await runTestGenerator(yaml, { clusters })
  assert.deepEqual(
    sets.map((params) => `${params['name']}/${params['app']}`),
    ['east/x', 'east/z', 'west/x', 'west/z'],
  )
})

test('the second generator is rendered with what the first gave', async () => {
  const git = `git: {repoURL: ${testRepository}, revision: HEAD, files: [{path: "apps/{{ .app }}/config.json"}], values: {from: "{{ .app }}", own: "{{ .path.basename }}"}}`
  const sets = await runTestGenerator(`matrix: {generators: [{list: {elements: [{app: b}]}}, {${git}}]}`, { files })
  assert.equal(sets.length, 1)
  // `own` needs what only the git generator knows: it is rendered by it.
  assert.deepEqual(sets[0]!['values'], { from: 'b', own: 'b' })
})

test('a clash of keys: Go templates merge deeply and the first wins, fasttemplate refuses', async () => {
  const yaml =
    'matrix: {generators: [{list: {elements: [{k: first, m: {a: "1"}}]}}, {list: {elements: [{k: second, m: {a: "2", b: "3"}}]}}]}'
  assert.deepEqual(await runTestGenerator(yaml), [{ k: 'first', m: { a: '1', b: '3' } }])
  const flat = 'matrix: {generators: [{list: {elements: [{k: first}]}}, {list: {elements: [{k: second}]}}]}'
  await assert.rejects(
    runTestGenerator(flat, { goTemplate: false }),
    /found duplicate key k with different value, a: first ,b: second/,
  )
  const same = 'matrix: {generators: [{list: {elements: [{k: v, a: "1"}]}}, {list: {elements: [{k: v, b: "2"}]}}]}'
  assert.deepEqual(await runTestGenerator(same, { goTemplate: false }), [{ k: 'v', a: '1', b: '2' }])
})

test('clusters with files, as the documentation of upstream has it', async () => {
  const yaml = (path: string) =>
    `matrix: {generators: [{${prodClusters}}, {git: {repoURL: ${testRepository}, revision: HEAD, files: [{path: "${path}"}]}}]}`
  const fast = await runTestGenerator(yaml('apps/a/config.json'), { clusters, files, goTemplate: false })
  assert.deepEqual(
    fast.map((params) => `${params['name']} ${params['app']} ${params['path.basename']}`),
    ['east a a', 'west a a'],
  )
  // The second file names itself `other`, the cluster has another name.
  await assert.rejects(
    runTestGenerator(yaml('apps/*/config.json'), { clusters, files, goTemplate: false }),
    /found duplicate key name/,
  )
  const go = await runTestGenerator(yaml('apps/*/config.json'), { clusters, files })
  assert.deepEqual(
    go.map((params) => params['name']),
    ['east', 'east', 'west', 'west'],
  )
})

test('an empty child is legal, a missing or doubled one is not', async () => {
  assert.deepEqual(await runTestGenerator('matrix: {generators: [{list: {elements: []}}, {list: {elements: [{a: "1"}]}}]}'), [])
  await assert.rejects(runTestGenerator('matrix: {generators: [{list: {elements: []}}]}'), /exactly two generators, found 1/)
  await assert.rejects(
    runTestGenerator('matrix: {generators: [{}, {list: {elements: []}}]}'),
    /expected a generator in each entry/,
  )
  await assert.rejects(
    runTestGenerator('matrix: {generators: [{list: {elements: [{a: b}]}}, {list: {elements: []}, clusters: {}}]}'),
    /expected one generator in each entry, found 2/,
  )
})

test('selectors of children count, and combining generators nest once', async () => {
  const child = 'list: {elements: [{e: dev}, {e: prod}]}, selector: {matchLabels: {e: prod}}'
  const sets = await runTestGenerator(`matrix: {generators: [{${child}}, {list: {elements: [{a: "1"}]}}]}`)
  assert.deepEqual(sets, [{ e: 'prod', a: '1' }])
  const leaf = '{list: {elements: [{a: "1"}]}}'
  const two = `{matrix: {generators: [${leaf}, {list: {elements: [{b: "1"}]}}]}}`
  const merged = await runTestGenerator(`matrix: {generators: [${two}, {list: {elements: [{c: "1"}]}}]}`)
  assert.deepEqual(merged, [{ a: '1', b: '1', c: '1' }])
  await assert.rejects(
    runTestGenerator(`matrix: {generators: [{matrix: {generators: [${two}, ${leaf}]}}, ${leaf}]}`),
    /combining generators stand at most two inside each other/,
  )
})

test('a generator that is not known is an error that names those that are', async () => {
  await assert.rejects(
    runTestGenerator('scmProvider: {}'),
    /the generator scmProvider is not known here; there are clusterDecisionResource, clusters, git, list, matrix, merge/,
  )
})

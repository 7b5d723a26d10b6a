import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runTestGenerator } from '../../../../../test/support/cases/application-set-facts.js'

const run = (yaml: string, goTemplate = true) => runTestGenerator(yaml, { goTemplate })

test('Go templates get elements as they are', async () => {
  assert.deepEqual(await run('list: {elements: [{name: a, replicas: 2, nested: {x: [1]}}, {name: b}]}'), [
    { name: 'a', replicas: 2, nested: { x: [1] } },
    { name: 'b' },
  ])
})

test('fasttemplate gets strings, with values one level down', async () => {
  assert.deepEqual(await run('list: {elements: [{name: a, values: {zone: z1}}]}', false), [{ name: 'a', 'values.zone': 'z1' }])
  await assert.rejects(
    run('list: {elements: [{name: a, replicas: 2}]}', false),
    /list\.elements\[0\]\.replicas: expected a string, found the number 2/,
  )
  await assert.rejects(
    run('list: {elements: [{name: a, values: {count: 1}}]}', false),
    /list\.elements\[0\]\.values\.count: expected a string/,
  )
  await assert.rejects(run('list: {elements: [{values: x}]}', false), /list\.elements\[0\]\.values: expected an object/)
})

test('elementsYaml is appended as it is', async () => {
  const yaml = 'list:\n  elements: [{a: "1"}]\n  elementsYaml: |\n    - a: 2\n    - {b: {c: d}}\n'
  assert.deepEqual(await run(yaml), [{ a: '1' }, { a: 2 }, { b: { c: 'd' } }])
  assert.deepEqual(await run(yaml, false), [{ a: '1' }, { a: 2 }, { b: { c: 'd' } }])
  await assert.rejects(run('list: {elementsYaml: "a: b"}'), /elementsYaml: expected a list/)
  await assert.rejects(run('list: {elementsYaml: "- 1"}'), /elementsYaml\[0\]: expected an object/)
})

test('the selector of the entry chooses by flattened parameters, URLs included', async () => {
  const elements =
    'list: {elements: [{server: "https://a.example.com", m: {env: dev}}, {server: "https://b.example.com", m: {env: prod}}]}'
  assert.equal((await run(`${elements}\nselector: {matchLabels: {m.env: prod}}`)).length, 1)
  assert.equal(
    (await run(`${elements}\nselector: {matchExpressions: [{key: server, operator: In, values: ["https://a.example.com"]}]}`))
      .length,
    1,
  )
  assert.equal((await run(`${elements}\nselector: {matchExpressions: [{key: m.env, operator: NotIn, values: [dev]}]}`)).length, 1)
  assert.equal((await run(`${elements}\nselector: {}`)).length, 2)
  await assert.rejects(
    run(`${elements}\nselector: {matchExpressions: [{key: a, operator: Near, values: [x]}]}`),
    /"Near" is not a valid operator/,
  )
})

test('each run gives new sets', async () => {
  const generator = { list: { elements: [{ m: { a: '1' } }] } }
  const [first] = await runTestGenerator(generator)
  ;(first!['m'] as Record<string, string>)['a'] = 'changed'
  assert.deepEqual(await runTestGenerator(generator), [{ m: { a: '1' } }])
})

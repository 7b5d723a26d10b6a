import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runTestGenerator } from '../../../../../test/support/cases/application-set-facts.js'

const list = (elements: string) => `{list: {elements: [${elements}]}}`
const merge = (keys: string, ...generators: string[]) => `merge: {mergeKeys: [${keys}], generators: [${generators.join(', ')}]}`

test('later generators override what has the same key values, the rest is dropped', async () => {
  const yaml = merge(
    'name',
    list('{name: a, x: "1", m: {p: "1"}}, {name: b, x: "1"}'),
    list('{name: b, x: "2"}, {name: z, x: "9"}'),
    list('{name: a, m: {q: "2"}}'),
  )
  assert.deepEqual(await runTestGenerator(yaml), [
    { name: 'a', x: '1', m: { p: '1', q: '2' } },
    { name: 'b', x: '2' },
  ])
})

test('fasttemplate lays one level over the other, values are ordinary keys there', async () => {
  const yaml = merge('values.k', list('{values: {k: "1"}, x: a}'), list('{values: {k: "1"}, x: b}'))
  assert.deepEqual(await runTestGenerator(yaml, { goTemplate: false }), [{ 'values.k': '1', x: 'b' }])
})

test('nested keys are no merge keys with Go templates: all are null and so the same', async () => {
  const yaml = merge('values.k', list('{values: {k: "1"}}, {values: {k: "2"}}'), list('{values: {k: "1"}}'))
  await assert.rejects(runTestGenerator(yaml), /not unique by the given merge keys: \{"values\.k":null\} occurs twice/)
})

test('two sets of one generator with the same keys, no keys and a single generator are errors', async () => {
  await assert.rejects(
    runTestGenerator(merge('name', list('{name: a}, {name: a}'), list('{name: a}'))),
    /\{"name":"a"\} occurs twice/,
  )
  await assert.rejects(runTestGenerator(merge('', list('{name: a}'), list('{name: a}'))), /mergeKeys: expected at least one key/)
  await assert.rejects(runTestGenerator(merge('name', list('{name: a}'))), /expected two or more generators, found 1/)
})

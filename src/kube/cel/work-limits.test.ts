import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CelError } from '../../formats/cel/cel-error.js'
import { createKubernetesCelEnvironment } from './kubernetes-environment.js'

const environment = createKubernetesCelEnvironment().extend({ object: { kind: 'dyn' } })

function evaluate(source: string, object: unknown): unknown {
  const compiled = environment.compile(source)
  assert.ok('program' in compiled, source)
  return compiled.program.evaluate({ object }).value
}

const large = { list: Array.from({ length: 20_000 }, (_, index) => index), text: 'a'.repeat(1_000_000) }

test('what costs little and takes long ends soon, as over its cost', () => {
  const sources = [
    // Copies of a list, one in the other.
    `${Array(200).fill('object.list').join(' + ')} == []`,
    // Each call looks at all of the text, for a cost of 1.
    'object.list.all(x, object.text.charAt(x) == "a")',
    'object.list.all(x, object.text.indexOf("b") < x + 2)',
    'object.list.map(x, "%s%s".format([object.text, object.text])).size() > 0',
  ]
  for (const source of sources) {
    const begun = performance.now()
    assert.throws(() => evaluate(source, large), { message: 'operation cancelled: actual cost limit exceeded' }, source)
    assert.ok(performance.now() - begun < 15_000, source)
  }
})

test('a part that nearly fits everywhere is looked for in linear time', () => {
  const begun = performance.now()
  assert.equal(evaluate('object.text.indexOf(object.text.substring(0, 400000) + "b")', large), -1n)
  assert.equal(evaluate('object.text.lastIndexOf("b" + object.text.substring(0, 400000))', large), -1n)
  assert.ok(performance.now() - begun < 15_000)
})

test('texts that this machine cannot hold are failures of the expression', () => {
  const sources = [
    'object.list.map(x, object.text).join("").size() > 0',
    'object.text.replace("a", object.text).size() > 0',
    'object.text.replace("", object.text).size() > 0',
    '"%.999999999f".format([1.0]).size() > 0',
  ]
  for (const source of sources) assert.throws(() => evaluate(source, large), CelError, source)
})

test('indexOf and lastIndexOf find what is there', () => {
  const words = ['', 'a', 'b', 'ab', 'aa', 'aba', 'abab', 'é', '😀', 'a😀', 'abaabab']
  for (const text of [...words, 'abaababaab', 'aaaa', '😀a😀a']) {
    const points = [...text]
    for (const part of words.filter((each) => each !== '')) {
      const size = [...part].length
      const at = points.map((_, index) => index).filter((index) => points.slice(index, index + size).join('') === part)
      const sources = { text, part }
      assert.equal(Number(evaluate('object.text.indexOf(object.part)', sources)), at[0] ?? -1, `${part} in ${text}`)
      if (text !== '') {
        assert.equal(
          Number(evaluate('object.text.lastIndexOf(object.part)', sources)),
          at.at(-1) ?? -1,
          `${part} last in ${text}`,
        )
      }
      for (let from = 0; from < points.length; from++) {
        const before = at.filter((index) => index <= from).at(-1) ?? -1
        const after = at.find((index) => index >= from) ?? -1
        assert.equal(Number(evaluate(`object.text.indexOf(object.part, ${from})`, sources)), after)
        assert.equal(Number(evaluate(`object.text.lastIndexOf(object.part, ${from})`, sources)), before)
      }
    }
  }
})

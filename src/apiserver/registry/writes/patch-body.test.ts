import assert from 'node:assert/strict'
import { test } from 'node:test'
import { patchBody } from './patch-body.js'

test('patch by patch an object gets no deeper than a body may be', () => {
  const pointer = '/a'.repeat(200)
  const nested = (levels: number): object => (levels === 0 ? {} : { a: nested(levels - 1) })
  let value: unknown = nested(199)
  let patches = 0
  assert.throws(
    () => {
      for (; patches < 100; patches++) {
        value = patchBody({ schema: undefined }, value, { kind: 'json', operations: [{ op: 'copy', from: '/a', path: pointer }] })
      }
    },
    { message: 'error in patch: exceeded max depth' },
  )
  assert.ok(patches >= 3 && patches < 10, `${patches} patches`)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../../base/errors.js'
import { checkSelector } from './check-selector.js'

test('a selector passes as it was given, and one that cannot be read was used wrongly', () => {
  assert.equal(checkSelector('env in (a,b),!tier'), 'env in (a,b),!tier')
  assert.equal(checkSelector(undefined), undefined)
  assert.throws(
    () => checkSelector('a=('),
    (error: unknown) => {
      assert.ok(error instanceof UsageError)
      assert.equal(error.code, 'invalid-label-selector')
      assert.match(error.message, /^--selector a=\(: unable to parse requirement/)
      assert.match(error.fix ?? '', /joined by commas/)
      return true
    },
  )
})

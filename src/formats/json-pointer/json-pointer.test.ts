import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPointer, parsePointer, resolvePointer } from './json-pointer.js'

// The document and the pointers of RFC 6901, section 5.
const document = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, 'e^f': 3, 'g|h': 4, 'i\\j': 5, 'k"l': 6, ' ': 7, 'm~n': 8 }

test('resolves the examples of RFC 6901', () => {
  const expected: [string, unknown][] = [
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/i\\j', 5],
    ['/ ', 7],
    ['/m~0n', 8],
  ]
  for (const [pointer, value] of expected) {
    assert.deepEqual(resolvePointer(document, pointer), value, pointer)
    assert.equal(formatPointer(parsePointer(pointer)), pointer)
  }
})

test('missing steps, odd indexes and inherited names lead nowhere', () => {
  for (const pointer of ['/nope', '/foo/2', '/foo/-', '/foo/01', '/foo/0/x', '/constructor', '/foo/length']) {
    assert.equal(resolvePointer(document, pointer), undefined, pointer)
  }
  assert.deepEqual(parsePointer('/~01'), ['~1'])
  assert.throws(() => parsePointer('foo'), { code: 'json-pointer-invalid' })
})

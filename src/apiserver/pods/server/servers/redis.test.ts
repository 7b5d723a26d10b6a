import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCommand } from './redis.js'

const read = (text: string) => readCommand(Buffer.from(text))

test('commands as arrays and inline, whole and in parts', () => {
  const whole = '*2\r\n$3\r\nGET\r\n$2\r\n\u00e9\r\n'
  assert.deepEqual(read(`${whole}rest`), { words: ['GET', '\u00e9'], used: Buffer.byteLength(whole) })
  for (let length = 0; length < whole.length; length++) assert.equal(read(whole.slice(0, length)), undefined)
  assert.deepEqual(read('PING  x\r\n'), { words: ['PING', 'x'], used: 9 })
  assert.deepEqual(read('\r\n'), { words: [], used: 2 })
  assert.deepEqual(read('*0\r\n'), { words: [], used: 4 })
})

test('what is no command is refused, not waited for', () => {
  for (const bad of [
    '*9999999\r\n',
    '*x\r\n',
    '*1\r\n:1\r\n',
    '*1\r\n$-1\r\n',
    '*1\r\n$99999999999\r\n',
    '*1\r\n$x\r\n',
    '*1.5\r\n',
    'x'.repeat(70_000),
    `*1\r\n$${'1'.repeat(100)}`,
  ])
    assert.equal(typeof read(bad), 'string', bad.slice(0, 30))
})

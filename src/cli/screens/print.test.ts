import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLineLog } from '../../app/system/system-ports.js'
import { formatTable, plainLines } from './print.js'

const hostile = 'web\u001b[2J\u009b31m\nNAME   ok\u202e'

test('what clusters say stays in its cell', () => {
  const table = formatTable([hostile], [{ title: 'NAME', value: (row) => row }])
  assert.equal(table, 'NAME\nweb\ufffd[2J\ufffd31m NAME   ok\ufffd\n')
})

test('a table may have more rows than a call has arguments', () => {
  const rows = Array.from({ length: 150_000 }, (_, index) => `pod-${index}`)
  assert.equal(formatTable(rows, [{ title: 'NAME', value: (row) => row }]).length, rows.join('\n').length + 'NAME\n\n'.length)
})

test('a screen keeps its lines, and nothing else of what a terminal obeys', () => {
  assert.equal(plainLines(`Steps:\n  ${hostile}\n`), 'Steps:\n  web\ufffd[2J\ufffd31m\nNAME   ok\ufffd\n')
})

test('a log has one line for each message, and nothing that a terminal obeys', () => {
  const lines: string[] = []
  const log = createLineLog((line) => lines.push(line), 'info', { now: () => 0, after: () => () => {} })
  log.warn('a cluster says', { problem: hostile, why: 'x\u001b[2J', plain: 'a' })
  assert.deepEqual(lines, [
    '1970-01-01T00:00:00.000Z WARN  a cluster says problem="web\\u001b[2J\ufffd31m\\nNAME   ok\u202e" why="x\\u001b[2J" plain=a',
  ])
})

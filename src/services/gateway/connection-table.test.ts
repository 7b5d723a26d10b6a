import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { systemClock } from '../../app/system/system-ports.js'
import { ConnectionTable } from './connection-table.js'

test('each of those who drain at the same time is told when all have gone', { timeout: 5000 }, async () => {
  const table = new ConnectionTable()
  const connection = new PassThrough()
  table.enter(connection)
  const both = [table.drain(systemClock, 60_000), table.drain(systemClock, 60_000)]
  connection.destroy()
  assert.deepEqual(await Promise.all(both), [0, 0])
})

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockDataDirectory, openDataDirectory, readRunningFleet } from './data-directory.js'

function inDirectory(run: (directory: ReturnType<typeof openDataDirectory>) => void): void {
  const path = mkdtempSync(join(tmpdir(), 'flotilla-data-'))
  try {
    run(openDataDirectory(path))
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}

test('a directory is taken once, and free again when it is given back', () => {
  inDirectory((directory) => {
    const lock = lockDataDirectory(directory)
    assert.equal(readRunningFleet(directory)?.pid, process.pid)
    assert.equal(statSync(directory.file('running.json')).mode & 0o777, 0o600)
    assert.throws(() => lockDataDirectory(directory), { code: 'fleet-already-running' })
    lock.markReady()
    assert.equal(readRunningFleet(directory)?.ready, true)
    lock.release()
    lockDataDirectory(directory).release()
    assert.deepEqual(readdirSync(directory.path), [])
  })
})

test('the lock of a process that is gone is taken over', () => {
  inDirectory((directory) => {
    writeFileSync(directory.file('running.json'), JSON.stringify({ pid: 2 ** 22 + 1, processStart: '1', ready: true }))
    const lock = lockDataDirectory(directory)
    assert.equal((JSON.parse(readFileSync(directory.file('running.json'), 'utf8')) as { pid: number }).pid, process.pid)
    assert.deepEqual(readdirSync(directory.path), ['running.json'])
    lock.release()
  })
})

test('what is no lock at all holds nobody up', () => {
  inDirectory((directory) => {
    writeFileSync(directory.file('running.json'), '')
    lockDataDirectory(directory).release()
  })
})

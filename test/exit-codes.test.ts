import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const directory = mkdtempSync(join(tmpdir(), 'flotilla-exit-'))
after(() => rmSync(directory, { recursive: true, force: true }))

/** The exit code and the first line of what was said. */
function run(...args: string[]): { code: number | null; said: string } {
  const env = { ...process.env, HOME: directory, XDG_STATE_HOME: directory, KUBECONFIG: '' }
  const { status, stderr } = spawnSync(process.execPath, ['bin/flotilla.js', ...args], { encoding: 'utf8', env, timeout: 20_000 })
  return { code: status, said: stderr.split('\n')[0] ?? '' }
}

test('what is used wrongly ends with 2, what fails with 1', () => {
  const kubeconfig = join(directory, 'config')
  writeFileSync(kubeconfig, 'apiVersion: v1\nkind: Config\ncontexts: []\nclusters: []\nusers: []\n')
  const file = join(directory, 'file')
  writeFileSync(file, '')
  assert.deepEqual(run('render', 'helm', '/nope'), { code: 2, said: 'error: path "/nope" not found' })
  assert.deepEqual(run('app', 'list', '--kubeconfig', kubeconfig, '--context', 'nope'), {
    code: 2,
    said: `error: kubeconfig: there is no context "nope" (${kubeconfig}, --kubeconfig)`,
  })
  const alone = run('app', 'list', '--context', 'nope')
  assert.equal(alone.code, 2)
  assert.match(alone.said, /^error: --context nope names a context of no file: no embedded fleet is running/)
  const up = run('up', '--data-dir', join(file, 'below'))
  assert.equal(up.code, 2)
  assert.match(up.said, /cannot be the data directory of a fleet/)
  assert.equal(run('status').code, 1)
})

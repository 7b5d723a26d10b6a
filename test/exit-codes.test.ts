import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
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

test('room in a cluster that is not there is a mistake of the caller', () => {
  const clusters = join(directory, 'clusters')
  writeFileSync(
    clusters,
    'apiVersion: cluster.karmada.io/v1alpha1\nkind: Cluster\nmetadata: {name: east}\nspec: {syncMode: Push}\n',
  )
  assert.deepEqual(run('placement', 'dry-run', '-f', clusters, '--room', 'eest=3'), {
    code: 2,
    said: 'error: there is no cluster eest',
  })
  assert.equal(run('placement', 'dry-run', '-f', clusters, '--room', 'east=3').code, 0)
})

test('a file that cannot be federated is named; one of nothing makes no blank line', () => {
  const broken = join(directory, 'broken.yaml')
  writeFileSync(broken, 'a: [\n')
  const { code, said } = run('kubefed', 'federate', '-f', broken)
  assert.equal(code, 1)
  assert.ok(said.startsWith(`error: ${broken}:2:1: `), said)
  writeFileSync(broken, '# nothing\n')
  const { stdout } = spawnSync(process.execPath, ['bin/flotilla.js', 'kubefed', 'federate', '-f', broken], { encoding: 'utf8' })
  assert.equal(stdout, '')
})

test('a report that cannot be written is a failure', { skip: existsSync('/dev/full') ? false : 'there is no /dev/full' }, () => {
  const full = openSync('/dev/full', 'w')
  const { status, stderr } = spawnSync(process.execPath, ['bin/flotilla.js', 'check', '--explain', 'field-type'], {
    encoding: 'utf8',
    stdio: ['ignore', full, 'pipe'],
    timeout: 20_000,
  })
  closeSync(full)
  assert.equal(status, 1)
  assert.match(stderr, /^error: the output cannot be written: .*ENOSPC/)
})

test('an answer is given whole when nobody reads what is said beside it', async () => {
  const manifest = join(directory, 'federated.yaml')
  writeFileSync(manifest, 'apiVersion: v1\nkind: Namespace\nmetadata: {name: web, annotations: {note: a}}\n')
  const child = spawn(process.execPath, ['bin/flotilla.js', 'kubefed', 'federate', '-f', manifest])
  child.stderr.destroy()
  let out = ''
  child.stdout.on('data', (piece) => (out += String(piece)))
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
  assert.match(out, /kind: FederatedNamespace/)
})

/** A hub that lets nothing be read, or only the first page of lists. */
async function askHub(readsLists: boolean, ...args: string[]): Promise<{ code: number | null; out: string; said: string }> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (readsLists && request.url?.includes('limit=1') === true && !request.url.includes('watch')) {
      response.end('{"apiVersion":"v1","kind":"SecretList","metadata":{"resourceVersion":"1"},"items":[]}')
      return
    }
    response.statusCode = 403
    response.end(
      '{"apiVersion":"v1","kind":"Status","status":"Failure","reason":"Forbidden","message":"secrets is forbidden: no","code":403}',
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const kubeconfig = join(directory, 'hub')
  writeFileSync(
    kubeconfig,
    `apiVersion: v1
kind: Config
current-context: a
contexts: [{name: a, context: {cluster: a, user: a}}]
clusters: [{name: a, cluster: {server: "http://127.0.0.1:${(server.address() as AddressInfo).port}"}}]
users: [{name: a, user: {token: old}}]
`,
  )
  const child = spawn(process.execPath, ['bin/flotilla.js', ...args, '--kubeconfig', kubeconfig])
  let out = ''
  let said = ''
  child.stdout.on('data', (piece) => (out += String(piece)))
  child.stderr.on('data', (piece) => (said += String(piece)))
  const [code] = await once(child, 'close')
  server.closeAllConnections()
  server.close()
  return { code, out, said }
}

test('a hub that may not be read is a failure, and says so', async () => {
  assert.deepEqual(await askHub(false, 'service', 'list', '-o', 'json'), {
    code: 1,
    out: '',
    said: 'error: secrets is forbidden: no\n',
  })
})

test('a command that ends without an answer has failed', async () => {
  const { code, said } = await askHub(true, 'service', 'list')
  assert.equal(code, 1)
  assert.match(said, /^error: there is no answer/)
})

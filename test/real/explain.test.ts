import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { builtInResources } from '../../src/kube/schema/resources.js'
import { findPeer, type RealApiServer, startRealApiServer } from '../support/peers/real-apiserver.js'
import { adminToken, type EmbeddedApi, startEmbeddedApi } from '../support/worlds/embedded-api.js'

// kubectl explain prints the same of every kind, whichever server it asks.
let real: RealApiServer | string = 'not started'
let api: EmbeddedApi
let directory = ''

before(async () => {
  real = await startRealApiServer()
  api = await startEmbeddedApi('explain')
  directory = mkdtempSync(join(tmpdir(), 'explain-'))
})
after(async () => {
  await api.close()
  if (typeof real !== 'string') await real.stop()
  rmSync(directory, { recursive: true, force: true })
})

test('kubectl explain of every kind, with and without --recursive', async (context) => {
  if (typeof real === 'string') return context.skip(real)
  const kubectl = findPeer('kubectl')
  if ('reason' in kubectl) return context.skip(kubectl.reason)
  const embedded = join(directory, 'embedded')
  writeFileSync(embedded, kubeconfigOf(`https://127.0.0.1:${api.port}`), { mode: 0o600 })
  const { kubeconfig } = real
  const explain = (config: string, args: readonly string[]) => {
    const flags = [`--kubeconfig=${config}`, `--cache-dir=${join(directory, config === embedded ? 'ours' : 'theirs')}`]
    return new Promise<string>((resolve) => {
      execFile(kubectl.path, ['explain', ...args, ...flags], (_, stdout, stderr) => resolve(stdout + stderr))
    })
  }
  let compared = 0
  for (const { group, version, plural, verbs = [] } of builtInResources) {
    if (!verbs.includes('get') && !verbs.includes('create')) continue
    const apiVersion = `--api-version=${group === '' ? version : `${group}/${version}`}`
    for (const more of [[], ['--recursive']]) {
      const args = [plural, apiVersion, ...more]
      const [theirs, ours] = await Promise.all([explain(kubeconfig, args), explain(embedded, args)])
      assert.match(theirs, /KIND: /, args.join(' '))
      assert.equal(ours, theirs, args.join(' '))
      compared++
    }
  }
  assert.ok(compared > 100, `${compared} compared`)
})

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'ours',
    clusters: [{ name: 'ours', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'admin', user: { token: adminToken } }],
    contexts: [{ name: 'ours', context: { cluster: 'ours', user: 'admin' } }],
  })
}

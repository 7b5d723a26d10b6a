import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseKubeconfig } from '../../kube/client/kubeconfig.js'
import type { DataDirectory } from './data-directory.js'
import type { FleetDescription } from './fleet-config.js'
import { writeKubeconfig } from './fleet-files.js'
import type { FleetPki } from './fleet-pki.js'

test('a kubeconfig that is written again keeps the context and the namespaces that were chosen', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-files-'))
  try {
    const path = join(folder, 'kubeconfig')
    const directory = { file: (name: string) => join(folder, name) } as DataDirectory
    const pki = { caPem: 'ca', admin: { certPem: 'cert', keyPem: 'key' } } as unknown as FleetPki
    const cluster = (context: string, port: number) => ({ context, server: `https://127.0.0.1:${port}` })
    const write = (...clusters: object[]) =>
      writeKubeconfig(directory, { hub: cluster('hub', 1), clusters } as unknown as FleetDescription, pki)
    const read = () => parseKubeconfig([{ path, text: readFileSync(path, 'utf8') }])

    write(cluster('east', 2), cluster('west', 3))
    assert.equal(read().currentContext, 'hub')
    const text = readFileSync(path, 'utf8')
    writeFileSync(
      path,
      text
        .replace('current-context: hub', 'current-context: east')
        .replace(/( +)user: east\n/, '$1user: east\n$1namespace: work\n'),
    )
    assert.equal(read().contexts.get('east')?.namespace, 'work')

    write(cluster('east', 4))
    const kept = read()
    assert.equal(kept.currentContext, 'east')
    assert.equal(kept.contexts.get('east')?.namespace, 'work')
    assert.equal(kept.clusters.get('east')?.fields['server'], 'https://127.0.0.1:4')
    assert.equal(kept.contexts.has('west'), false)

    write(cluster('west', 3))
    assert.equal(read().currentContext, 'hub')
    writeFileSync(path, 'not: [a kubeconfig')
    write(cluster('west', 3))
    assert.equal(read().currentContext, 'hub')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

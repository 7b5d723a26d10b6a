import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connectKubeconfigFile } from '../src/app/access/kubeconfig-files.js'
import type { FleetDescription } from '../src/app/fleet/fleet-config.js'
import { createSystemClientPorts } from '../src/app/system/system-client-ports.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import { builtInResources } from '../src/kube/schema/resources.js'

const configMaps = builtInResources.find((type) => type.group === '' && type.plural === 'configmaps')!
const directory = mkdtempSync(join(tmpdir(), 'flotilla-kill-'))

// Ports of its own: while this fleet is down, no other test may take them.
const port = String(30_000 + (process.pid % 100) * 25)

function up(): Promise<FleetDescription> {
  const args = [
    'bin/flotilla.js',
    'up',
    '--detach',
    '--no-demo',
    '--pods',
    'simulated',
    '--clusters',
    'one,two',
    '-o',
    'json',
    '--data-dir',
    directory,
    '--port',
    port,
  ]
  return new Promise((done, fail) => {
    execFile(process.execPath, args, (error, out, err) =>
      error ? fail(new Error(`${error.message}: ${err}`)) : done(JSON.parse(out) as FleetDescription),
    )
  })
}

after(async () => {
  await new Promise<void>((done) =>
    execFile(process.execPath, ['bin/flotilla.js', 'down', '--purge', '--data-dir', directory], () => done()),
  )
  rmSync(directory, { recursive: true, force: true })
})

const payload = 'x'.repeat(700)

test('kill -9 during a storm of writes: what was acknowledged is there, and nothing is there by halves', async () => {
  /** Number of each object -> the last version that was acknowledged. */
  const acknowledged = new Map<string, number>()
  /** The newest version that was sent, acknowledged or not. */
  const sent = new Map<string, number>()
  const deleted = new Set<string>()
  for (let round = 0; round < 3; round++) {
    const fleet = await up()
    const members = await Promise.all(
      ['hub', 'one', 'two'].map(
        async (name) =>
          (await connectKubeconfigFile({ path: fleet.kubeconfig, context: name, name }, createSystemClientPorts({}))).client,
      ),
    )
    // What earlier rounds were told.
    for (const member of members) {
      const { items } = await member.list(configMaps, { namespace: 'default', labelSelector: 'storm' })
      const live = new Map(items.map((each) => [`${member.name}/${each.metadata.name}`, each]))
      for (const [key, version] of acknowledged) {
        if (!key.startsWith(`${member.name}/`)) continue
        const found = live.get(key)
        assert.ok(found, `${key} was acknowledged and is gone`)
        const data = found.data as { version: string; again: string; payload: string }
        assert.ok(Number(data.version) >= version, `${key} went back from ${version} to ${data.version}`)
        assert.ok(Number(data.version) <= sent.get(key)!, `${key} has a version that nobody wrote`)
        assert.equal(data.again, data.version, `${key} is half of two versions`)
        assert.equal(data.payload, payload)
      }
      for (const key of deleted)
        if (key.startsWith(`${member.name}/`)) assert.equal(live.has(key), false, `${key} was deleted and is back`)
    }
    let stop = false
    const writers = members.flatMap((member) =>
      Array.from({ length: 4 }, async (_, writer) => {
        for (let index = 0; !stop; index++) {
          const name = `storm-${round}-${writer}-${Math.floor(index / 3)}`
          const key = `${member.name}/${name}`
          const version = (sent.get(key) ?? 0) + 1
          const remove = index % 7 === 6 && index % 3 === 2
          try {
            if (remove) {
              acknowledged.delete(key)
              await member.delete({ type: configMaps, namespace: 'default', name })
              deleted.add(key)
            } else {
              sent.set(key, version)
              const object: KubeObject = {
                apiVersion: 'v1',
                kind: 'ConfigMap',
                metadata: { name, namespace: 'default', labels: { storm: 'yes' } },
                data: { version: String(version), again: String(version), payload },
              }
              await member.patch(
                { type: configMaps, namespace: 'default', name },
                { kind: 'apply', object },
                { fieldManager: 'storm' },
              )
              acknowledged.set(key, version)
            }
          } catch {
            // The server is dead, or dies while it answers: nothing is known of this write.
            if (!stop) await new Promise((done) => setTimeout(done, 1))
          }
        }
      }),
    )
    // Killed in the thick of it, however fast the machine is.
    const enough = acknowledged.size + 100
    while (acknowledged.size < enough) await new Promise((done) => setTimeout(done, 5))
    process.kill(fleet.pid, 'SIGKILL')
    stop = true
    await Promise.all(writers)
    for (const member of members) member.close()
  }
  assert.ok(acknowledged.size >= 300, `only ${acknowledged.size} writes were acknowledged: no storm`)
  const fleet = await up()
  for (const name of ['hub', 'one', 'two']) {
    const { client } = await connectKubeconfigFile({ path: fleet.kubeconfig, context: name, name }, createSystemClientPorts({}))
    const { items } = await client.list(configMaps, { namespace: 'default', labelSelector: 'storm' })
    const versions = new Map(
      items.map((each) => [`${name}/${each.metadata.name}`, Number((each.data as { version: string }).version)]),
    )
    for (const [key, version] of acknowledged)
      if (key.startsWith(`${name}/`)) assert.ok((versions.get(key) ?? 0) >= version, `${key} lost version ${version}`)
    client.close()
  }
})

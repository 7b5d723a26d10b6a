import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { leaderLeaseName, leadHub } from '../../src/app/hub/lead-hub.js'
import { openHubRenderers } from '../../src/app/rendering/threads/open-renderers.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import { silentLog } from '../../src/base/log.js'
import { createMemoryTree } from '../../src/delivery/render/memory-tree.js'
import { type Lease, leaseType } from '../../src/services/leases/source-lease.js'
import { createMemberWorld } from '../support/worlds/member-world.js'

const stopping = new AbortController()
// The timers of clocks keep no process alive.
const alive = setInterval(() => {}, 1000)
after(() => {
  clearInterval(alive)
  stopping.abort()
})

test('a hub keeps its Lease while a chart takes seconds', { timeout: 60_000 }, async () => {
  const { client } = await createMemberWorld()
  const { leading } = leadHub({
    hub: client,
    namespace: 'default',
    identity: 'one',
    clock: systemClock,
    log: silentLog,
    signal: stopping.signal,
  })
  const leads = await leading
  let lost: string | undefined
  void leads.lost.then((why) => (lost = why))
  const renewedAt = async () => {
    const lease = await client.get<Lease>({ type: leaseType, namespace: 'default', name: leaderLeaseName })
    return String(lease.spec?.renewTime)
  }
  const renderers = openHubRenderers({ clock: systemClock, random: systemRandom, log: silentLog, signal: stopping.signal })
  const helm = renderers.find(({ name }) => name === 'helm')!
  const tree = createMemoryTree({
    'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n',
    'templates/a.yaml': '{{ $s := repeat 2000 "a" }}{{ range until 2000000 }}{{ $x := sha512sum $s }}{{ end }}',
  })
  // It would go on for half a minute.
  const render = helm.render({ tree, path: '', options: {}, target: { namespace: '' } })
  const ended = assert.rejects(render, { code: 'render-thread', message: /the hub stops/ })
  const seen = new Set<string>()
  for (const end = Date.now() + 20_000; seen.size < 3 && Date.now() < end; ) {
    seen.add(await renewedAt())
    await new Promise((done) => setTimeout(done, 50))
  }
  assert.ok(seen.size >= 3, `renewed at ${[...seen].join()}`)
  assert.equal(lost, undefined)
  await leads.release()
  stopping.abort()
  await ended
})

// Random sequences of writes against a real server and the embedded one. FLOTILLA_SEED and FLOTILLA_SEQUENCES choose others than
// the usual; a sequence that differs is made small before it is shown. With FLOTILLA_RECORD the kept answers are written.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RealApiServer, startRealApiServer } from '../support/peers/real-apiserver.js'
import { adminToken, type EmbeddedApi, startEmbeddedApi } from '../support/worlds/embedded-api.js'
import { customResourceCases } from './custom-resources/index.js'
import { describeDifference, firstDifference, inOrder, prepareWidgets, shrink } from './random/compare-case.js'
import { recordedCases, sequences } from './random/recorded-cases.js'
import { recordedCase, writeRecording } from './recordings.js'
import { runCase } from './run-case.js'
import { closeConnections, send, type Target } from './send.js'

const from = Number(process.env['FLOTILLA_SEED'] ?? 0)
const count = Number(process.env['FLOTILLA_SEQUENCES'] ?? 150)
let real: RealApiServer | string = 'not started'
let api: EmbeddedApi
let theirs: Target
let ours: Target

before(async () => {
  real = await startRealApiServer({ serviceAccounts: true })
  if (typeof real === 'string') return
  const { hostname, port } = new URL(real.server)
  theirs = { host: hostname, port: Number(port), token: real.token }
  api = await startEmbeddedApi('differential')
  ours = { host: '127.0.0.1', port: api.port, token: adminToken }
  await Promise.all([prepareWidgets(theirs), prepareWidgets(ours)])
})
after(async () => {
  closeConnections()
  await api?.close()
  if (typeof real !== 'string') await real.stop()
})

for (const kind of ['apply', 'lifecycle'] as const) {
  test(`random ${kind} sequences have the same answers`, async (context) => {
    if (typeof real === 'string') return context.skip(real)
    const failures: string[] = []
    for (const wanted of sequences(kind, from, count)) {
      if ((await firstDifference(wanted, theirs, ours)) === undefined) continue
      const small = await shrink(wanted, async (candidate) => (await firstDifference(candidate, theirs, ours)) !== undefined)
      const found = await firstDifference(small, theirs, ours)
      if (found !== undefined) failures.push(describeDifference(small, found))
    }
    assert.equal(failures.length, 0, `${failures.length} of ${count} sequences differ:\n${failures.slice(0, 5).join('\n\n')}`)
  })
}

test('the answers that are kept', async (context) => {
  if (typeof real === 'string') return context.skip(real)
  if (!process.env['FLOTILLA_RECORD']) return context.skip('FLOTILLA_RECORD is not set')
  const version = JSON.parse((await send(theirs, { method: 'GET', path: '/version' })).text) as { gitVersion: string }
  const versions = { 'kube-apiserver': version.gitVersion, etcd: '3.5.21' }
  for (const [topic, cases] of Object.entries({ random: recordedCases(), 'custom-resources': customResourceCases })) {
    const kept = []
    for (const wanted of cases) {
      const answers = (await runCase(theirs, wanted)).map((answer) => (answer === undefined ? answer : inOrder(answer)))
      kept.push([wanted.name, recordedCase(wanted, answers)] as const)
    }
    writeRecording(topic, { versions, cases: Object.fromEntries(kept) })
  }
})

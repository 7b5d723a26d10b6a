import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RealApiServer, startRealApiServer } from '../support/peers/real-apiserver.js'
import { topics } from './cases/index.js'
import { compareAnswers } from './compare.js'
import { readRecording, recordedCase, writeRecording } from './recordings.js'
import { runTopic } from './run-topic.js'
import { closeConnections, send, type Target } from './send.js'

/** With FLOTILLA_RECORD the recordings are written; otherwise the real server must still answer as they say. */
const records = Boolean(process.env['FLOTILLA_RECORD'])
let real: RealApiServer | string = 'not started'

before(async () => {
  real = await startRealApiServer({ serviceAccounts: true })
})
after(async () => {
  closeConnections()
  if (typeof real !== 'string') await real.stop()
})

for (const [topic, cases] of Object.entries(topics)) {
  test(`${topic}: the recording is what kube-apiserver answers`, async (context) => {
    if (typeof real === 'string') return context.skip(real)
    const { hostname, port } = new URL(real.server)
    const target: Target = { host: hostname, port: Number(port), token: real.token }
    const answers = await runTopic(target, cases)
    if (records) {
      const version = await send(target, { method: 'GET', path: '/version' })
      const { gitVersion } = JSON.parse(version.text) as { gitVersion: string }
      const kept = cases.map((each) => [each.name, recordedCase(each, answers.get(each.name) ?? [])] as const)
      writeRecording(topic, { versions: { 'kube-apiserver': gitVersion, etcd: '3.5.21' }, cases: Object.fromEntries(kept) })
      return
    }
    const recording = readRecording(topic)
    const failures: string[] = []
    for (const { name } of cases) {
      for (const [index, answer] of (answers.get(name) ?? []).entries()) {
        const recorded = recording.cases[name]?.answers[index]
        if (answer === undefined) continue
        if (!recorded) failures.push(`${name} #${index} is not recorded`)
        else
          for (const { path } of compareAnswers(recorded, answer)) {
            // Which of several bindings allowed it, kube-apiserver itself says now so and now so.
            if (topic === 'reviews' && path === 'body.status.reason') continue
            failures.push(`${name} #${index} ${path}`)
          }
      }
    }
    assert.deepEqual(failures, [])
  })
}

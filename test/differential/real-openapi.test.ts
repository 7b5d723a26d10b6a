import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RealApiServer, startRealApiServer } from '../support/peers/real-apiserver.js'
import { adminToken, startEmbeddedApi } from '../support/worlds/embedded-api.js'
import { openApiDifferences } from './differences.js'
import { askOpenApi, digestOf, type OpenApiAnswers } from './openapi/ask-openapi.js'
import { firstDifferences } from './openapi/comparable.js'
import { readOpenApiRecording, writeOpenApiRecording } from './openapi/recorded.js'
import { closeConnections, send } from './send.js'

const records = Boolean(process.env['FLOTILLA_RECORD'])
let real: RealApiServer | string = 'not started'
let said: OpenApiAnswers
const own = new Set<string>(openApiDifferences.documents)
let version = ''

before(async () => {
  real = await startRealApiServer({ serviceAccounts: true })
  if (typeof real === 'string') return
  const { hostname, port } = new URL(real.server)
  const target = { host: hostname, port: Number(port), token: real.token }
  said = await askOpenApi(target)
  version = (JSON.parse((await send(target, { method: 'GET', path: '/version' })).text) as { gitVersion: string }).gitVersion
})
after(async () => {
  closeConnections()
  if (typeof real !== 'string') await real.stop()
})

test('the recording of OpenAPI is what kube-apiserver says', (context) => {
  if (typeof real === 'string') return context.skip(real)
  const documents = Object.fromEntries([...said.documents].map(([key, document]) => [key, digestOf(document)]))
  if (records) writeOpenApiRecording({ version, documents, answers: said.answers })
  const recording = readOpenApiRecording()
  assert.deepEqual(documents, recording.documents)
  assert.deepEqual(said.answers, recording.answers)
})

test('the documents of the embedded server say the same', async (context) => {
  if (typeof real === 'string') return context.skip(real)
  const api = await startEmbeddedApi('openapi')
  try {
    const ours = await askOpenApi({ host: '127.0.0.1', port: api.port, token: adminToken })
    const found: string[] = []
    for (const key of new Set([...said.documents.keys(), ...ours.documents.keys()])) {
      if (own.has(key)) continue
      for (const line of firstDifferences(said.documents.get(key), ours.documents.get(key))) found.push(`${key} ${line}`)
    }
    assert.deepEqual(found, [])
  } finally {
    await api.close()
  }
})

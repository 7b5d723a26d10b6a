import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { adminToken, type EmbeddedApi, startEmbeddedApi } from '../support/worlds/embedded-api.js'
import { openApiDifferences } from './differences.js'
import { askOpenApi, digestOf, type OpenApiAnswers } from './openapi/ask-openapi.js'
import { readOpenApiRecording } from './openapi/recorded.js'
import { closeConnections } from './send.js'

let api: EmbeddedApi
let said: OpenApiAnswers
const own = new Set<string>(openApiDifferences.documents)

before(async () => {
  api = await startEmbeddedApi('openapi')
  said = await askOpenApi({ host: '127.0.0.1', port: api.port, token: adminToken })
})
after(async () => {
  closeConnections()
  await api.close()
})

test('the OpenAPI documents are those of kube-apiserver, prose apart', () => {
  const ours = [...said.documents].filter(([key]) => !own.has(key))
  const digests = Object.fromEntries(ours.map(([key, document]) => [key, digestOf(document)]))
  assert.deepEqual(digests, readOpenApiRecording().documents, 'node tools/test.mjs --real differential/real-openapi says where')
})

test('questions for them are answered as kube-apiserver does', () => {
  const { answers } = readOpenApiRecording()
  const same = (name: string) => JSON.stringify(said.answers[name]) === JSON.stringify(answers[name])
  assert.deepEqual(Object.keys(said.answers), Object.keys(answers))
  assert.deepEqual(
    Object.keys(answers).filter((name) => !same(name)),
    openApiDifferences.answers,
  )
})

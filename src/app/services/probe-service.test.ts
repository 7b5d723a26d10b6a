import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { FleetService } from '../../services/model/service-model.js'
import { createRecogniser, probeOnce } from './probe-service.js'

const offers = [
  { cluster: 'us-east', endpoints: [{ addresses: ['10.0.0.1'] }] },
  { cluster: 'us-west', endpoints: [{ addresses: ['10.0.0.11'] }] },
]
const service = { service: { namespace: 'shop', name: 'api' }, offers } as unknown as FleetService
const slices = (name: string) => [{ endpoints: [{ targetRef: { name } }] }]
const clusters = [{ name: 'us-east', slices: () => slices('api-7d4-x2x') }] as never
const recognise = createRecogniser(service, clusters)

test('an answer is recognised by the address or the pod that it names', () => {
  assert.equal(recognise('IP: 10.0.0.1'), 'us-east')
  assert.equal(recognise('IP: 10.0.0.11'), 'us-west', 'not by the part of an address')
  assert.equal(recognise('Hostname: api-7d4-x2x'), 'us-east')
  assert.equal(recognise('hello'), undefined)
})

test('answers, refusals, server errors and silence', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/silent') return
    if (request.url === '/endless') {
      const more = setInterval(() => response.write('more '), 20)
      response.on('close', () => clearInterval(more))
      return
    }
    if (request.url === '/escape') {
      response.end('\u001b]0;title\u0007 \u001b[2Jgone')
      return
    }
    response.statusCode = request.url === '/broken' ? 503 : 200
    response.end(request.url === '/who' ? '10.0.0.11' : `welcome to ${request.headers.host} and more`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const ask = (path: string, to = port) => probeOnce({ address: '127.0.0.1', port: to, path, host: 'api:80' }, 200, recognise)
  assert.equal((await ask('/who')).from, 'us-west')
  assert.equal((await ask('/')).from, 'welcome to api:80')
  assert.equal((await ask('/broken')).error, 'HTTP 503')
  assert.equal((await ask('/silent')).error, 'no answer within 200 ms')
  assert.equal((await ask('/endless')).error, 'no answer within 200 ms')
  assert.equal((await ask('/escape')).from, '?]0;title? ?[2Jgone')
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  assert.equal((await ask('/', port)).error, 'ECONNREFUSED')
})

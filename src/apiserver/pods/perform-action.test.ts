import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { VirtualClock } from '../../base/virtual-clock.js'
import { performAction } from './perform-action.js'
import type { RunningContainer } from './process/launcher.js'

const address = '127.0.0.1'
let port = 0
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  const { searchParams, pathname } = new URL(request.url ?? '/', 'http://pod')
  const to = searchParams.get('to')
  if (to !== null) response.writeHead(302, { location: to }).end()
  else response.writeHead(pathname === '/bad' ? 500 : 200).end()
})
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  port = (server.address() as AddressInfo).port
})
after(() => void server.close())

function probe(path: string) {
  asked.length = 0
  return performAction({ httpGet: { path, port } }, 1000, {
    clock: new VirtualClock({ idle: async () => {} }),
    container: { name: 'c' },
    process: {} as RunningContainer,
    address,
    boundPort: (each) => each,
  })
}

test('a probe goes where the same host sends it, and nowhere else', async () => {
  assert.deepEqual(await probe('/bad'), { ok: false, output: 'HTTP probe failed with statuscode: 500' })
  assert.deepEqual(await probe('/?to=/bad'), { ok: false, output: 'HTTP probe failed with statuscode: 500' })
  assert.deepEqual(await probe('?to=%2Fgood'), { ok: true, output: '' })
  assert.deepEqual(asked, ['/?to=%2Fgood', '/good'])
  assert.deepEqual(await probe('/?to=http://0.0.0.0:1/'), {
    ok: true,
    output: '',
    warning: 'Probe terminated redirects, Response body: ',
  })
  assert.match((await probe('/round?to=/round%3Fto=%252Fround')).output, /^$/)
  assert.deepEqual(await probe('/?to=file:///etc/passwd'), { ok: true, output: '' })
  const round = await probe(`/a?to=${encodeURIComponent('?to=x')}`)
  assert.equal(round.ok, true)
})

test('a probe that is sent round in circles fails', async () => {
  const circle = createServer((_request, response) => void response.writeHead(301, { location: '/again' }).end())
  await new Promise<void>((resolve) => circle.listen(0, address, resolve))
  const before = port
  port = (circle.address() as AddressInfo).port
  try {
    assert.match((await probe('/')).output, /stopped after 10 redirects$/)
  } finally {
    port = before
    circle.close()
  }
})

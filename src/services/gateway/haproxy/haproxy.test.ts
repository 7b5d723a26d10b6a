import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderConfiguration, renderMap } from './configuration.js'
import { changeLayout, layOut } from './layout.js'

const route = (host: string, ...places: string[]) => ({
  host,
  port: 443,
  places: places.map((place) => ({
    address: place.slice(0, place.lastIndexOf(':')),
    port: Number(place.slice(place.lastIndexOf(':') + 1)),
  })),
})
const settings = {
  listen: { address: '127.0.0.1', port: 15_443 },
  socket: '/run/a/runtime.sock',
  mapFile: '/run/a/sni.map',
  maxConnections: 1000,
}
const api = 'api.shop.svc.clusterset.local'
const web = 'web.shop.svc.clusterset.local'
const sni = `outbound_.443_._.${api}`

function commandsOf(change: ReturnType<typeof changeLayout>) {
  assert.ok('commands' in change, 'why' in change ? change.why : '')
  return change
}

test('a configuration with a map and slots, spare ones in maintenance', () => {
  const layout = layOut([route(api, '10.0.0.1:8443', '10.0.0.2:8443', 'fd00::1:8443'), route(web)])
  const text = renderConfiguration(layout, settings)
  assert.match(text, /^ {2}bind 127\.0\.0\.1:15443$/m)
  assert.match(text, /^ {2}use_backend %\[req\.ssl_sni,lower,map\(\/run\/a\/sni\.map\)\]$/m)
  assert.match(text, /^ {2}stats socket \/run\/a\/runtime\.sock mode 600 level admin expose-fd listeners$/m)
  const backend = text.slice(text.indexOf('backend route0'), text.indexOf(`# outbound_.443_._.${web}`))
  assert.deepEqual(backend.match(/server .*/g), [
    'server slot0 10.0.0.1:8443',
    'server slot1 10.0.0.2:8443',
    'server slot2 [fd00::1]:8443',
    ...[3, 4, 5, 6, 7].map((index) => `server slot${index} 127.0.0.1:1 disabled`),
  ])
  assert.equal(renderMap(layout), `${sni} route0\noutbound_.443_._.${web} route1\n`)
})

test('what is no address, and what stands twice, never reaches the configuration', () => {
  const bad = route(api, '10.0.0.1 check\n  server x:1', 'example.com:1', 'fe80::1%eth0:1', '10.0.0.1:1', '10.0.0.1:1')
  const [backend] = layOut([bad])
  assert.deepEqual(backend!.slots, [{ address: '10.0.0.1', port: 1 }, undefined, undefined, undefined])
  assert.match(renderConfiguration([], { ...settings, socket: '/run/a b/"x' }), /stats socket "\/run\/a b\/\\"x" mode/)
})

test('endpoints keep their slots; those that go leave theirs in maintenance', () => {
  const now = layOut([route(api, '10.0.0.1:1', '10.0.0.2:1')])
  const first = commandsOf(changeLayout(now, [route(api, '10.0.0.3:1', '10.0.0.2:1')], '/m'))
  assert.deepEqual(first.commands, [
    'set server route0/slot0 state maint',
    'set server route0/slot2 addr 10.0.0.3 port 1',
    'set server route0/slot2 state ready',
  ])
  assert.deepEqual(commandsOf(changeLayout(first.layout, [route(api, '10.0.0.2:1', '10.0.0.3:1')], '/m')).commands, [])
  // No spare slot is left: the slot of one that goes is taken over.
  const full = commandsOf(changeLayout(now, [route(api, '10.0.0.2:1', '10.0.0.3:1', '10.0.0.4:1', '10.0.0.5:1')], '/m'))
  assert.equal(full.commands.at(0), 'set server route0/slot0 addr 10.0.0.5 port 1')
})

test('a route that goes leaves the map and comes back without a reload; a new one needs it', () => {
  const now = layOut([route(api, '10.0.0.1:1'), route(web, '10.0.0.9:1')])
  const gone = commandsOf(changeLayout(now, [route(web, '10.0.0.9:1')], '/m'))
  assert.deepEqual(gone.commands, [`del map /m ${sni}`])
  assert.deepEqual(commandsOf(changeLayout(gone.layout, [route(web, '10.0.0.9:1')], '/m')).commands, [])
  const back = commandsOf(changeLayout(gone.layout, [route(api, '10.0.0.2:1'), route(web, '10.0.0.9:1')], '/m'))
  assert.deepEqual(back.commands, [
    'set server route0/slot0 state maint',
    'set server route0/slot1 addr 10.0.0.2 port 1',
    'set server route0/slot1 state ready',
    `add map /m ${sni} route0`,
  ])
  const added = changeLayout(gone.layout, [route('new.shop.svc.clusterset.local', '10.0.0.1:1')], '/m')
  assert.ok('reload' in added)
  assert.deepEqual([added.why, added.reload.length], ['outbound_.443_._.new.shop.svc.clusterset.local is new', 1])
  const many = route(api, ...Array.from({ length: 5 }, (_, index) => `10.0.1.${index}:1`))
  const more = changeLayout(layOut([route(api, '10.0.0.1:1')]), [many], '/m')
  assert.ok('reload' in more)
  assert.equal(more.reload[0]?.slots.length, 16)
})

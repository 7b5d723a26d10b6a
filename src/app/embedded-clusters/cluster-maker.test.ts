import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { LogicalCluster } from '../../apiserver/contract.js'
import { CodedError } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { openDataDirectory } from '../fleet/data-directory.js'
import type { EmbeddedApi } from '../fleet/embedded-api.js'
import { planFleet } from '../fleet/fleet-config.js'
import { createFleetNetwork } from '../fleet/fleet-network.js'
import type { FleetPki } from '../fleet/fleet-pki.js'
import { FleetRegister } from '../fleet/fleet-register.js'
import { createClusterMaker } from './cluster-maker.js'

const folder = mkdtempSync(join(tmpdir(), 'flotilla-maker-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function bench() {
  const directory = openDataDirectory(mkdtempSync(join(folder, 'fleet-')))
  const config = await planFleet(undefined, { members: ['one'], port: undefined, host: '127.0.0.1', nowMs: 0, demo: false })
  const register = new FleetRegister({
    hubName: 'hub',
    directory,
    config,
    describe: () => ({
      dataDir: '',
      pid: 1,
      kubeconfig: '',
      hub: { server: 'https://hub', context: 'hub' },
      clusters: [],
      git: { url: '', clone: '' },
    }),
  })
  const log: string[] = []
  /** The step that fails next. */
  let failing = ''
  const step = (name: string) => {
    log.push(name)
    if (!name.startsWith(failing) || failing === '') return
    failing = ''
    throw new CodedError({ code: 'failed', message: `${name} failed` })
  }
  const clusters = new Map<string, LogicalCluster>([['hub', { api: { version: { gitVersion: 'v1.33.0' } } } as LogicalCluster]])
  const secrets = new Map<string, KubeObject>()
  const api = {
    clusters: {
      get: (name: string) => clusters.get(name),
      delete: async (name: string) => {
        step(`delete ${name}`)
        clusters.delete(name)
      },
    },
    async serve(name: string) {
      clusters.set(name, { api: { version: { gitVersion: 'v1.33.0' } } } as LogicalCluster)
      step(`serve ${name}`)
    },
    refuse: async (name: string) => step(`refuse ${name}`),
    delay: (name: string, ms: number) => step(`delay ${name} ${ms}`),
    setCertificate: () => {},
  } as unknown as EmbeddedApi
  const hub = {
    async get({ name }: { name: string }) {
      const found = secrets.get(name)
      if (found === undefined) throw statusErrors.notFound({ resource: 'secrets', group: '', name })
      return found
    },
    async create(_type: unknown, object: KubeObject) {
      step(`register ${object.metadata.name}`)
      secrets.set(object.metadata.name, object)
    },
    async delete({ name }: { name: string }) {
      if (!secrets.delete(name)) throw statusErrors.notFound({ resource: 'secrets', group: '', name })
    },
  } as unknown as KubeClient
  const pki = { admin: { certPem: '', keyPem: '' }, caPem: '', hubToken: 't', serverFor: async () => ({}) } as unknown as FleetPki
  const network = createFleetNetwork(register, { addresses: false, lowPorts: true } as never)
  const agents = {
    start: async (name: string) => step(`agent ${name}`),
    remove: async (name: string) => step(`no agent ${name}`),
    stop: async () => {},
  }
  const maker = createClusterMaker({ register, network, directory, pki, api, hub, namespace: 'argocd', agents })
  return {
    maker,
    register,
    clusters,
    secrets,
    log,
    directory,
    fail: (name: string) => (failing = name),
    saved: () =>
      (JSON.parse(readFileSync(directory.file('fleet.json'), 'utf8')).config.members as { name: string }[]).map(
        ({ name }) => name,
      ),
  }
}

test('a cluster that was not registered is registered by the next try', async () => {
  const { maker, secrets, log, fail, saved } = await bench()
  fail('register')
  await assert.rejects(maker.make('two', {}), /register cluster-two failed/)
  assert.deepEqual(saved(), ['one', 'two'])
  assert.equal((await maker.make('two', {})).version, 'v1.33.0')
  assert.ok(secrets.has('cluster-two'))
  assert.equal(log.filter((step) => step === 'serve two').length, 1)
  await maker.make('two', {})
  assert.equal(log.filter((step) => step.startsWith('register')).length, 2)
})

test('a cluster that is pulled gets an agent and no Secret', async () => {
  const { maker, secrets, log } = await bench()
  await maker.make('two', { reach: 'Pull' })
  assert.ok(log.includes('agent two') && !secrets.has('cluster-two'))
  await maker.unmake('two')
  assert.ok(log.includes('no agent two'))
})

test('nothing stays of a cluster that could not be served, once it is deleted', async () => {
  const { maker, register, clusters, fail } = await bench()
  fail('serve')
  await assert.rejects(maker.make('two', {}), /serve two failed/)
  assert.equal(register.find('two'), undefined)
  await maker.unmake('two')
  assert.ok(!clusters.has('two'))
})

test('deleting takes files and faults along, goes on where it failed, and spares the hub', async () => {
  const { maker, register, clusters, log, fail, saved, directory, secrets } = await bench()
  await maker.make('two', {})
  const files = directory.file(join('volumes', 'two', 'uid'))
  mkdirSync(files, { recursive: true })
  writeFileSync(join(files, 'a'), 'text')
  mkdirSync(directory.file(join('volumes', 'one')), { recursive: true })
  fail('delete')
  await assert.rejects(maker.unmake('two'), /delete two failed/)
  assert.ok(register.isLeaving('two'), 'nobody is to serve it again')
  await maker.unmake('two')
  assert.ok(!clusters.has('two') && !secrets.has('cluster-two'))
  assert.deepEqual(saved(), ['one'])
  assert.ok(!existsSync(files) && existsSync(directory.file(join('volumes', 'one'))))
  assert.ok(log.includes('delay two 0'))
  assert.ok(!register.isLeaving('two'))
  for (const name of ['hub', 'in-cluster']) {
    await assert.rejects(maker.make(name, {}), { code: 'bad-cluster-name' })
    await maker.unmake(name)
  }
  assert.ok(clusters.has('hub'))
  for (const name of ['a.b', 'x'.repeat(64)]) await assert.rejects(maker.make(name, {}), { code: 'bad-cluster-name' })
})

test('clusters never share a number of the address plan', async () => {
  const first = await planFleet(undefined, {
    members: ['a', 'b', 'c'],
    port: undefined,
    host: '127.0.0.1',
    nowMs: 0,
    demo: false,
  })
  const known = { ...first, members: first.members.filter(({ name }) => name !== 'b') }
  const next = await planFleet(known, { members: ['d', 'e'], port: undefined, host: '127.0.0.1', nowMs: 0, demo: false })
  assert.deepEqual(
    next.members.map(({ name, number }) => [name, number]),
    [
      ['a', 1],
      ['c', 3],
      ['d', 2],
      ['e', 4],
    ],
  )
})

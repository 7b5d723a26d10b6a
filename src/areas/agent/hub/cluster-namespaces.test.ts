import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import { ClusterNamespaces } from './cluster-namespaces.js'

const gone = { resource: 'namespaces', group: '', name: 'flotilla-cluster-a' }

function hub(there: Set<string>) {
  let made = 0
  const client = {
    async create(_type: unknown, { metadata: { name } }: { metadata: { name: string } }) {
      made++
      await Promise.resolve()
      if (there.has(name)) throw statusErrors.alreadyExists({ ...gone, name })
      there.add(name)
    },
  } as unknown as KubeClient
  const write = async () => {
    if (!there.has('flotilla-cluster-a')) throw statusErrors.notFound(gone)
    return 'written'
  }
  return { client, write, made: () => made }
}

test('a namespace is made once for all who write to it, before they write', async () => {
  const { client, write, made } = hub(new Set())
  const namespaces = new ClusterNamespaces({ hub: client, isUsed: () => false })
  const written = await Promise.all([namespaces.within('a', write), namespaces.within('a', write)])
  assert.deepEqual([...written, await namespaces.within('a', write), made()], ['written', 'written', 'written', 1])
})

test('one that is used is not made; one that somebody deleted is made anew', async () => {
  const there = new Set(['flotilla-cluster-a'])
  const { client, write, made } = hub(there)
  const namespaces = new ClusterNamespaces({ hub: client, isUsed: () => true })
  await namespaces.within('a', write)
  assert.equal(made(), 0)
  there.clear()
  assert.equal(await namespaces.within('a', write), 'written')
  there.clear()
  assert.equal(await namespaces.within('a', write), 'written')
  assert.equal(made(), 2)
})

test('an error of the write is its own, and what could not be made is tried again', async () => {
  const there = new Set<string>()
  const { client } = hub(there)
  let fails = true
  const flaky = {
    create: (...args: Parameters<KubeClient['create']>) => {
      if (!fails) return client.create(...args)
      fails = false
      return Promise.reject(new Error('the hub is away'))
    },
  } as unknown as KubeClient
  const namespaces = new ClusterNamespaces({ hub: flaky, isUsed: () => false })
  await assert.rejects(
    namespaces.within('a', async () => 'x'),
    /the hub is away/,
  )
  await assert.rejects(
    namespaces.within('a', () => Promise.reject(new Error('too large'))),
    /too large/,
  )
  assert.equal(await namespaces.within('a', async () => 'x'), 'x')
})

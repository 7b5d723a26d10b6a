import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Renderer, RenderRequest } from './contract.js'
import { createMemoryTree } from './memory-tree.js'
import { createRenderCache } from './render-cache.js'
import { createTracingTree } from './tracing-tree.js'

const decode = (bytes: Uint8Array | undefined) => (bytes === undefined ? '' : new TextDecoder().decode(bytes))

/** Reads `<path>/a` and, if that says so, `<path>/b`. */
function createSpy(): Renderer & { renders: number } {
  return {
    name: 'spy',
    renders: 0,
    detects: async () => true,
    async render({ tree, path }) {
      this.renders++
      const first = decode(await tree.read(`${path}/a`))
      if (first === 'fail') throw new Error('failed')
      const name = first === 'b' ? decode(await tree.read(`${path}/b`)) : first
      return { objects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }], warnings: [] }
    },
  }
}
const ask = (files: Record<string, string>, options = {}): RenderRequest => ({
  tree: createMemoryTree(files),
  path: 'app',
  options,
  target: { namespace: 'default' },
})
const nameIn = async (result: Promise<{ readonly objects: readonly { metadata: { name: string } }[] }>) =>
  (await result).objects[0]?.metadata.name

test('a result holds for every tree in which what was read is the same', async () => {
  const cache = createRenderCache({ maxEntries: 10 })
  const spy = createSpy()
  assert.equal(await nameIn(cache.render(spy, ask({ 'app/a': 'x' }))), 'x')
  assert.equal(await nameIn(cache.render(spy, ask({ 'app/a': 'x', 'app/b': 'unread', other: 'y' }))), 'x')
  assert.equal(spy.renders, 1)
  assert.equal(await nameIn(cache.render(spy, ask({ 'app/a': 'b', 'app/b': 'z' }))), 'z')
  assert.equal(await nameIn(cache.render(spy, ask({ 'app/a': 'b', 'app/b': 'w' }))), 'w')
  assert.equal(spy.renders, 3)
  assert.equal(await nameIn(cache.render(spy, ask({ 'app/a': 'x' }))), 'x')
  assert.equal(spy.renders, 3, 'an older content is still known')
  assert.equal(await nameIn(cache.render(spy, ask({ 'app/a': 'x' }, { directory: { recurse: true } }))), 'x')
  assert.equal(spy.renders, 4, 'other options are another question')
  assert.deepEqual(cache.statistics(), { hits: 2, misses: 4, entries: 2 })
})

test('a file that appears later invalidates', async () => {
  const cache = createRenderCache({ maxEntries: 10 })
  const spy = createSpy()
  assert.equal(await nameIn(cache.render(spy, ask({ 'app/a': 'b' }))), '')
  assert.equal(await nameIn(cache.render(spy, ask({ 'app/a': 'b', 'app/b': 'now' }))), 'now')
})

test('a link that leads to another place with the same content invalidates', async () => {
  const cache = createRenderCache({ maxEntries: 10 })
  const follower: Renderer = {
    name: 'follower',
    detects: async () => true,
    async render({ tree, path }) {
      const real = (await tree.realPath?.(path)) ?? path
      await tree.list(path)
      const name = decode(await tree.read(`${real.slice(0, real.indexOf('/'))}/common`))
      return { objects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }], warnings: [] }
    },
  }
  // The directory `app` is a link to one of two that are equal; what it is based on stands beside each.
  const linked = (to: string): RenderRequest => {
    const tree = createMemoryTree({ 'one/common': 'first', 'one/app/a': 'x', 'two/common': 'second', 'two/app/a': 'x' })
    const real = (path: string) => path.replace(/^app/, `${to}/app`)
    return {
      ...ask({}),
      tree: {
        id: to,
        read: (path) => tree.read(real(path)),
        hash: (path) => tree.hash(real(path)),
        list: (path) => tree.list(real(path)),
        realPath: async (path) => real(path),
      },
    }
  }
  assert.equal(await nameIn(cache.render(follower, linked('one'))), 'first')
  assert.equal(await nameIn(cache.render(follower, linked('two'))), 'second')
  assert.equal(await nameIn(cache.render(follower, linked('one'))), 'first')
  assert.deepEqual(cache.statistics(), { hits: 1, misses: 2, entries: 1 })
})

test('errors are not kept, the least recently asked goes first, equal questions run once', async () => {
  const cache = createRenderCache({ maxEntries: 2 })
  const spy = createSpy()
  await assert.rejects(cache.render(spy, ask({ 'app/a': 'fail' })), /failed/)
  await assert.rejects(cache.render(spy, ask({ 'app/a': 'fail' })), /failed/)
  assert.equal(spy.renders, 2)
  await Promise.all([cache.render(spy, ask({ 'app/a': 'x' }, { n: 1 })), cache.render(spy, ask({ 'app/a': 'x' }, { n: 1 }))])
  assert.equal(spy.renders, 3)
  await cache.render(spy, ask({ 'app/a': 'x' }, { n: 2 }))
  await cache.render(spy, ask({ 'app/a': 'x' }, { n: 1 }))
  await cache.render(spy, ask({ 'app/a': 'x' }, { n: 3 }))
  assert.equal(spy.renders, 5)
  await cache.render(spy, ask({ 'app/a': 'x' }, { n: 1 }))
  assert.equal(spy.renders, 5)
  await cache.render(spy, ask({ 'app/a': 'x' }, { n: 2 }))
  assert.equal(spy.renders, 6)
})

test('memory trees: listings are sorted, hashes follow content', async () => {
  const tree = createMemoryTree({ 'b/x': '1', a: '2', 'b/c/y': '3' })
  assert.deepEqual(
    (await tree.list(''))?.map((entry) => `${entry.kind} ${entry.name}`),
    ['file a', 'directory b'],
  )
  assert.equal(await tree.hash('b'), await createMemoryTree({ 'b/c/y': '3', 'b/x': '1' }).hash('b'))
  assert.notEqual(await tree.hash('b'), await createMemoryTree({ 'b/c/y': '3', 'b/x': '2' }).hash('b'))
  assert.equal(await tree.read('b'), undefined)
  assert.equal(await tree.list('a'), undefined)
  assert.equal(await tree.hash('nope'), undefined)
  const tracing = createTracingTree(tree)
  await tracing.read('a')
  await tracing.list('b')
  await tracing.read('none')
  assert.deepEqual([...tracing.trace().keys()], ['a', 'b', 'none'])
})

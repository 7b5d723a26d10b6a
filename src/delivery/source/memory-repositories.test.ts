import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/virtual-clock.js'
import { createMemoryRepositories } from './memory-repositories.js'

test('commits in memory have the hashes that git gives', async () => {
  const repositories = createMemoryRepositories({ clock: new VirtualClock({ idle: async () => {} }) })
  const told: string[] = []
  repositories.onChange(({ url }) => told.push(url))
  const url = 'https://git.example/team/app'
  const first = repositories.commit({ url, files: { 'a.yaml': 'hello\n', 'dir/b.yaml': '' } })
  const tree = await repositories.tree(url, await repositories.resolve(`${url}.git`, 'main'))
  // git hash-object for "hello\n" and for the empty file.
  assert.equal(await tree.hash('a.yaml'), 'ce013625030ba8dba906f756967f9e9ca394464a')
  assert.equal(await tree.hash('dir/b.yaml'), 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391')
  const second = repositories.commit({ url, files: { 'a.yaml': null, 'c.yaml': 'c' } })
  assert.notEqual(first, second)
  const next = await repositories.tree(url, await repositories.resolve(url, 'HEAD'))
  assert.deepEqual(
    (await next.list(''))?.map((entry) => entry.name),
    ['c.yaml', 'dir'],
  )
  assert.equal(await next.hash('dir'), await tree.hash('dir'))
  assert.equal(await repositories.resolve(url, first.slice(0, 8)), first)
  assert.deepEqual(told, [url, url])
  repositories.fail(url, 'cut')
  await assert.rejects(repositories.resolve(url, 'main'), { code: 'repository-unreachable' })
  await assert.rejects(repositories.resolve('https://git.example/other', 'main'), { code: 'repository-not-found' })
})

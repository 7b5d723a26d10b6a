import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRepositoryUrl } from './repository-url.js'

test('takes addresses of bases apart as kustomize does', () => {
  const cases: [string, string, string, string][] = [
    ['https://github.com/org/repo//deploy/base?ref=v1', 'https://github.com/org/repo', 'deploy/base', 'v1'],
    ['github.com/org/repo/deploy?version=v2', 'https://github.com/org/repo', 'deploy', 'v2'],
    ['git@github.com:org/repo.git/deploy?ref=main', 'git@github.com:org/repo.git', 'deploy', 'main'],
    ['ssh://git@git.example.com/org/repo//a?ref=x', 'ssh://git@git.example.com/org/repo', 'a', 'x'],
    ['git::https://git.example.com/org/repo.git//a', 'https://git.example.com/org/repo.git', 'a', ''],
    ['https://user@dev.azure.com/org/project/_git/repo/a/b', 'https://user@dev.azure.com/org/project/_git/repo', 'a/b', ''],
    ['file:///srv/repo.git//base', 'file:///srv/repo.git', 'base', ''],
    ['https://git.example.com/org/repo/a/../b', 'https://git.example.com/org/repo', 'b', ''],
  ]
  for (const [text, repository, path, ref] of cases) {
    const parsed = parseRepositoryUrl(text)
    assert.deepEqual([parsed?.repository, parsed?.path, parsed?.ref], [repository, path, ref], text)
  }
  for (const text of [
    '../base',
    'base',
    '/etc',
    'https://host',
    'https://host/only',
    'https://git.example.com/o/r//../..',
    'a@b',
  ])
    assert.equal(parseRepositoryUrl(text), undefined, text)
})

test('reads the timeout and the submodules', () => {
  const of = (query: string) => parseRepositoryUrl(`https://github.com/o/r?${query}`)!
  assert.deepEqual(
    [of('timeout=61').timeoutSeconds, of('timeout=1m30s').timeoutSeconds, of('timeout=x').timeoutSeconds],
    [61, 90, 27],
  )
  assert.deepEqual([of('').submodules, of('submodules=false').submodules, of('submodules=yes').submodules], [true, false, true])
})

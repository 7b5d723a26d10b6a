import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRevision, parseReferences, resolveRevision, revisionNotFound } from './git-references.js'

const hash = (digit: string) => digit.repeat(40)
const references = parseReferences(
  [
    'ref: refs/heads/main\tHEAD',
    `${hash('1')}\tHEAD`,
    `${hash('1')}\trefs/heads/main`,
    `${hash('2')}\trefs/heads/both`,
    `${hash('3')}\trefs/tags/both`,
    `${hash('4')}\trefs/tags/v1.0.0`,
    `${hash('5')}\trefs/tags/v1.0.0^{}`,
    `${hash('6')}\trefs/tags/v1.1.0`,
    `${hash('7')}\trefs/pull/12/head`,
    'nonsense',
  ].join('\n'),
)

test('every kind of revision resolves', () => {
  const commit = (revision: string) => resolveRevision(references, revision)
  assert.deepEqual(commit(''), { kind: 'commit', commit: hash('1') })
  assert.deepEqual(commit('HEAD'), { kind: 'commit', commit: hash('1') })
  assert.deepEqual(commit('both'), { kind: 'commit', commit: hash('2') }, 'a branch wins over a tag')
  assert.deepEqual(commit('refs/tags/both'), { kind: 'commit', commit: hash('3') })
  assert.deepEqual(commit('v1.0.0'), { kind: 'commit', commit: hash('5') }, 'an annotated tag is peeled')
  assert.deepEqual(commit('^1'), { kind: 'commit', commit: hash('6') })
  assert.deepEqual(commit('refs/pull/12/head'), { kind: 'commit', commit: hash('7') })
  assert.deepEqual(commit(hash('f')), { kind: 'commit', commit: hash('f') })
  assert.deepEqual(commit('abcdef0'), { kind: 'abbreviated', prefix: 'abcdef0' })
  assert.deepEqual(commit('^9'), { kind: 'unknown' })
  assert.deepEqual(commit('mian'), { kind: 'unknown' })
})

test('a missing revision names the nearest ones', () => {
  const error = revisionNotFound('https://git.example/a', 'mian', references)
  assert.match(error.message, /unable to resolve 'mian' to a commit SHA in https:\/\/git.example\/a; it has main, /)
})

test('revisions that git could take for something else are refused', () => {
  for (const revision of ['--upload-pack=x', '-x', 'a..b', 'main\nHEAD', 'main:path', 'main@{1}', 'a?b', 'a'.repeat(300)])
    assert.throws(() => checkRevision(revision), { code: 'revision-invalid' }, revision)
  for (const revision of ['', 'main', 'v1.2.*', '^1.2 || ~2', 'refs/heads/a-b', 'feature/x_1']) checkRevision(revision)
})

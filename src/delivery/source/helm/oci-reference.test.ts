import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOciReference, tagOfVersion, versionOfTag } from './oci-reference.js'
import { readChallenges } from './registry-session.js'

const digest = `sha256:${'0'.repeat(64)}`

test('references of registries', () => {
  const cases = [
    ['oci://registry.test/a/b', { registry: 'registry.test', name: 'a/b' }],
    ['Registry.test:5000/a/b:1.0_x', { registry: 'registry.test:5000', name: 'a/b', tag: '1.0_x' }],
    [`localhost:5000/a@${digest}`, { registry: 'localhost:5000', name: 'a', digest }],
    [`[::1]:5000/a:t@${digest}`, { registry: '[::1]:5000', name: 'a', tag: 't', digest }],
    ['oci://registry.test/a-b.c__d/e/', { registry: 'registry.test', name: 'a-b.c__d/e' }],
  ] as const
  for (const [text, wanted] of cases) assert.deepEqual(parseOciReference(text), wanted)
})

test('what is no reference is refused, without repeating passwords', () => {
  const wrong = [
    '',
    'oci://',
    'registry.test',
    'oci://registry.test/',
    'oci://https://x/y',
    'oci://r.test/A',
    'oci://r.test/a//b',
  ]
  wrong.push(
    'oci://r.test/../v2',
    'oci://r.test/a:',
    'oci://r.test/a b',
    'oci://r.test/a?x',
    'oci://-r/a',
    'oci://r.test:99999/a',
  )
  wrong.push('oci://me:secret@r.test/a', 'oci://r.test/a@sha256:12', 'oci://r.test/a@md5:12', `oci://r.test/${'a'.repeat(256)}`)
  for (const text of wrong)
    assert.throws(
      () => parseOciReference(text),
      (error: Error) => !error.message.includes('secret') && error.message.startsWith('registry reference'),
      text,
    )
})

test('versions as tags', () => {
  assert.equal(tagOfVersion('1.2.3+build.5'), '1.2.3_build.5')
  assert.equal(versionOfTag('1.2.3_build.5'), '1.2.3+build.5')
})

test('challenges', () => {
  const read = (header: string) =>
    readChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
  assert.deepEqual(read('Bearer realm="https://a.test/t?x=1,2",service="r \\"q\\"", Basic realm=x'), [
    ['bearer', { realm: 'https://a.test/t?x=1,2', service: 'r "q"' }],
    ['basic', { realm: 'x' }],
  ])
  assert.deepEqual(read(''), [])
  assert.deepEqual(read('realm="x"'), [])
  assert.equal(readChallenges('a '.repeat(10_000)).length, 16)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseVersion, findChartEntries, isWholeVersion } from './repository-index.js'

const usual = `apiVersion: v1
entries:
  redis-cluster:
  - name: redis-cluster
    version: 9.0.0
  redis:
  - apiVersion: v2
    description: |
      entries:
        redis:
          - version: 6.6.6
    digest: sha256:ABC0
    name: redis
    urls:
    - https://charts.example.test/redis-1.0.0.tgz
    version: 1.0.0
  - name: redis
    version: 1.2.0-rc.1
  - name: redis
    version: not a version
  - version: 1.1.0
  - name: redis
    version: 1.1.1
  web:
  - name: web
    version: 0.1.0
generated: "2026-01-01T00:00:00Z"
`

test('only the entries of the wanted chart, highest first, without those that Helm skips', () => {
  assert.deepEqual(findChartEntries(usual, 'redis'), [
    { version: '1.2.0-rc.1', urls: [], digest: '' },
    { version: '1.1.1', urls: [], digest: '' },
    { version: '1.0.0', urls: ['https://charts.example.test/redis-1.0.0.tgz'], digest: 'abc0' },
  ])
  assert.deepEqual(findChartEntries(usual, 'web'), [{ version: '0.1.0', urls: [], digest: '' }])
  for (const name of ['nope', 'version', '__proto__', 'constructor', '']) assert.equal(findChartEntries(usual, name), undefined)
})

test('the other ways to write an index', () => {
  const wanted = [{ version: '1.0.0', urls: ['a.tgz'], digest: '' }]
  const entry = { name: 'redis', version: '1.0.0', urls: ['a.tgz'] }
  const forms = [
    JSON.stringify({ apiVersion: 'v1', entries: { redis: [entry] } }),
    `apiVersion: v1\nentries: {redis: [{name: redis, version: 1.0.0, urls: [a.tgz]}]}\n`,
    `apiVersion: v1\nentries:\n  "redis":\n    - {name: redis, version: 1.0.0, urls: [a.tgz]}\n`,
    `---\napiVersion: v1\nentries:\n    redis:\n    - name: redis\n      version: 1.0.0\n      urls: [a.tgz]\n`,
    `entries:\n  other:\n  - &one {name: redis, version: 1.0.0, urls: [a.tgz]}\n  redis:\n  - *one\napiVersion: v1\n`,
    `apiVersion: v1\r\nentries:\r\n  redis:\r\n  - name: redis\r\n    version: 1.0.0\r\n    urls: [a.tgz]\r\n`,
    `apiVersion: v1\nother:\n  redis:\n  - version: 6.6.6\nentries:\n  redis:\n  - name: redis\n    version: 1.0.0\n    urls: [a.tgz]\n`,
    `apiVersion: v1\nentries:\n  redis: [{name: redis, version: 1.0.0, urls: [a.tgz]}]\n  web:\n  - name: web\n`,
  ]
  for (const form of forms) assert.deepEqual(findChartEntries(form, 'redis'), wanted, form)
  assert.equal(findChartEntries('apiVersion: v1\nentries: {}\n', 'redis'), undefined)
})

test('what is no index is refused', () => {
  for (const [text, why] of [
    ['<html></html>', /no index/],
    ['entries: {}', /no API version/],
    ['apiVersion: v1\nentries: [1]', /no mapping/],
    ['apiVersion: v1\nentries: {redis: 1}', /no list/],
    ['{"apiVersion"', /JSON/],
  ] as const)
    assert.throws(() => findChartEntries(text, 'redis'), why)
})

test('an index of 12 MB is searched, not parsed', () => {
  const versions = Array.from(
    { length: 30 },
    (_, n) => `  - name: NAME\n    version: 1.${n}.0\n    description: ${'x'.repeat(800)}\n`,
  ).join('')
  const charts = Array.from({ length: 480 }, (_, n) => `  chart-${n}:\n${versions.replaceAll('NAME', `chart-${n}`)}`)
  const text = `apiVersion: v1\nentries:\n${charts.join('')}`
  assert.ok(text.length > 12_000_000)
  const start = process.cpuUsage().user
  assert.equal(findChartEntries(text, 'chart-479')?.[0]?.version, '1.29.0')
  assert.equal(findChartEntries(text, 'chart-480'), undefined)
  assert.ok(process.cpuUsage().user - start < 1_500_000)
})

test('the version that is meant', () => {
  const versions = ['1.0.0', '1.10.0', '2.0.0-rc.1', 'v1.2.0', 'latest', '1.10.0+b']
  assert.equal(chooseVersion(versions, ''), '1.10.0')
  assert.equal(chooseVersion(versions, '1.2.0'), 'v1.2.0')
  assert.equal(chooseVersion(versions, 'latest'), 'latest')
  assert.equal(chooseVersion(versions, '1.10.0+b'), '1.10.0+b')
  assert.equal(chooseVersion(versions, '~1.0 || ~1.2'), 'v1.2.0')
  assert.equal(chooseVersion(versions, '>1.10'), undefined)
  assert.throws(() => chooseVersion(versions, 'x.y z'), /improper constraint/)
  assert.deepEqual(['1.2.3', 'v1.2.3-rc.1+b', '1.2', '^1.2.3', '1.2.x', ''].map(isWholeVersion), [
    true,
    true,
    false,
    false,
    false,
    false,
  ])
})

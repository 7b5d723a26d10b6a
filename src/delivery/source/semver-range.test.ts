import assert from 'node:assert/strict'
import { test } from 'node:test'
import { highestTag, parseVersionRange } from './semver-range.js'

const tags = [
  'v0.1.0',
  'v0.2.5',
  '1.0.0',
  'v1.2.0',
  'v1.2.9',
  'v1.10.0',
  'v2.0.0-rc.1',
  'v2.0.0',
  'v2.1.0-beta.2',
  'latest',
  'v3',
]

const cases: [range: string, tag: string | undefined][] = [
  ['^1.2', 'v1.10.0'],
  ['~1.2', 'v1.2.9'],
  ['~1.2.0', 'v1.2.9'],
  ['1.x', 'v1.10.0'],
  ['1.2.*', 'v1.2.9'],
  ['*', 'v3'],
  ['>=1.0.0 <2.0.0', 'v1.10.0'],
  ['>= 1.0, < 1.3', 'v1.2.9'],
  ['1.0 - 1.2', 'v1.2.9'],
  ['^0.1', 'v0.1.0'],
  ['^0.2 || ~2.0', 'v2.0.0'],
  ['>2.0.0-0 <2.2', 'v2.1.0-beta.2'],
  ['>2.0', 'v3'],
  ['<=1.2', 'v1.2.9'],
  ['!=3.0.0 <4', 'v2.0.0'],
  ['^9', undefined],
]
for (const [range, tag] of cases) {
  test(`${range} chooses ${tag}`, () => {
    const parsed = parseVersionRange(range)
    assert.ok(parsed, 'is a range')
    assert.equal(highestTag(tags, parsed), tag)
  })
}

test('names of branches and exact versions are no ranges', () => {
  for (const text of ['main', 'v1.2.3', 'release-1.x-new', 'feature/x', '', '^', '>=', '1.2.3.4.*', '^'.repeat(300), '|| ||'])
    assert.equal(parseVersionRange(text), undefined, text)
})

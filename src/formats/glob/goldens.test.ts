import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compileDoublestar } from './doublestar.js'
import type { Matcher } from './glob-regex.js'
import { compileGitPathMatch } from './greedy-glob.js'
import { compilePathMatch } from './path-match.js'
import { compileGlob, compilePathGlob } from './plain-glob.js'

/** Indexes of the names that the original takes for the pattern, or `error`. */
type Expected = readonly number[] | 'error'
interface Golden {
  readonly pattern: string
  readonly pathMatch: Expected
  readonly glob: Expected
  readonly pathGlob: Expected
  readonly doublestar: Expected
  readonly git: Expected | null
}

const { names, cases } = JSON.parse(readFileSync('src/formats/glob/goldens/globs.json', 'utf8')) as {
  names: string[]
  cases: Golden[]
}

function choose(compile: (pattern: string) => Matcher, pattern: string): Expected {
  try {
    const matcher = compile(pattern)
    return names.flatMap((name, index) => (matcher(name) ? [index] : []))
  } catch {
    return 'error'
  }
}

function show(expected: Expected): string {
  return expected === 'error' ? 'error' : expected.map((index) => names[index]).join(' ')
}

const kinds: [keyof Omit<Golden, 'pattern'>, string, (pattern: string) => Matcher][] = [
  ['pathMatch', 'Go path.Match', compilePathMatch],
  ['glob', 'gobwas/glob without separators', compileGlob],
  ['pathGlob', 'gobwas/glob with /', compilePathGlob],
  ['doublestar', 'doublestar', compileDoublestar],
  ['git', 'git ls-files', compileGitPathMatch],
]
for (const [key, name, compile] of kinds) {
  test(`globs choose what ${name} chooses, ${cases.length} patterns`, () => {
    const wrong: string[] = []
    for (const golden of cases) {
      const expected = golden[key]
      if (expected === null) continue
      const found = choose(compile, golden.pattern)
      if (show(found) !== show(expected)) wrong.push(`${golden.pattern}\n  expected ${show(expected)}\n  found    ${show(found)}`)
    }
    assert.equal(wrong.join('\n'), '')
  })
}

test('a pattern of many stars takes linear time', () => {
  const pattern = `${'*a'.repeat(50)}b`
  const text = 'a'.repeat(2000)
  for (const compile of [compilePathMatch, compileGlob, compileDoublestar, compileGitPathMatch])
    assert.equal(compile(pattern)(text), false)
})

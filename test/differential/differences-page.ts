import { differences, reasons } from './differences.js'
import { stepsOf } from './judge.js'

/** docs/reference/differences.md. */
export function differencesPage(
  counts: { requests: number; topics: number },
  versions: Readonly<Record<string, string>>,
): string {
  const produced = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
  const because = new Set<string>([...differences.map((entry) => entry.because), 'openapi'])
  const rows = Object.entries(reasons).filter(([key]) => because.has(key))
  const named = differences.reduce((sum, { steps }) => sum + (steps === undefined ? 0 : stepsOf(steps).size), 0)
  const lines = [
    '# Differences from kube-apiserver',
    '',
    `The embedded API server is held against recorded answers of a real one (${produced}): ${counts.requests} requests in`,
    `${counts.topics} topics under \`test/differential/cases\`, of which ${named} answer otherwise in some way. Status codes, headers`,
    'and bodies are compared; identifiers, times and the order of members are not. What differs is listed here, and nothing else',
    'may: the page is made of `test/differential/differences.ts`, where each request that differs is named.',
    '',
    '| what | why |',
    '|---|---|',
    ...rows.map(([, { about, reason }]) => `| ${about} | ${reason} |`),
    '',
  ]
  return lines.join('\n')
}

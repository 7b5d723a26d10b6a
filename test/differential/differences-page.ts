import { differences } from './differences.js'

/** docs/reference/differences.md. */
export function differencesPage(
  counts: { requests: number; topics: number },
  versions: Readonly<Record<string, string>>,
): string {
  const produced = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
  const rows = new Map<string, string>()
  for (const { about, reason } of differences) rows.set(about, reason)
  const lines = [
    '# Differences from kube-apiserver',
    '',
    `The embedded API server is held against recorded answers of a real one (${produced}): ${counts.requests} requests in`,
    `${counts.topics} topics under \`test/differential/cases\`. Status codes, headers and bodies are compared; identifiers and times are not.`,
    'What differs is listed here, and nothing else may: the page is made of `test/differential/differences.ts`.',
    '',
    '| what | why |',
    '|---|---|',
    ...[...rows].map(([about, reason]) => `| ${about} | ${reason} |`),
    '',
    'To record anew: `FLOTILLA_RECORD=1 node tools/test.mjs --real differential`.',
    '',
  ]
  return lines.join('\n')
}

import type { Check } from '../contract.js'

/** What `--explain` prints, and a section of the page of checks. */
export function explainCheck(check: Check): string {
  const { id, title, severity, topic, why, evidence, fix } = check
  const lines = [
    `${id} (${severity}, ${topic})`,
    '',
    title,
    '',
    why,
    '',
    `Fix: ${fix}`,
    '',
    'Known from:',
    ...evidence.map((text) => `  - ${text}`),
  ]
  return `${lines.join('\n')}\n`
}

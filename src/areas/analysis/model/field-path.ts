import type { Path } from './spot.js'

/**
 * The steps of a field as API servers write it: `spec.ports[0].name`, `metadata.labels[app.kubernetes.io/name]`. What is
 * in brackets is an index if it is a number, and a key otherwise.
 */
export function parseFieldPath(field: string): Path {
  const steps: (string | number)[] = []
  for (const match of field.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)) {
    const inBrackets = match[1]?.replace(/^"(.*)"$/, '$1')
    if (inBrackets === undefined) steps.push(match[2]!)
    else steps.push(/^\d+$/.test(inBrackets) ? Number(inBrackets) : inBrackets)
  }
  return steps
}

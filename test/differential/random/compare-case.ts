import type { Answer, Case, Step } from '../case.js'
import { compareAnswers, type Difference } from '../compare.js'
import { runCase } from '../run-case.js'
import { send, type Target } from '../send.js'
import { widgetDefinition } from './widgets.js'

export interface CaseDifference {
  readonly index: number
  readonly step: Step
  readonly differences: readonly Difference[]
}

/** Serves widgets, and waits until the server does. */
export async function prepareWidgets(target: Target): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  await send(target, { method: 'POST', path, body: widgetDefinition })
  for (let attempt = 0; attempt < 50; attempt++) {
    const { code } = await send(target, { method: 'GET', path: '/apis/random.example.com/v1/widgets' })
    if (code === 200) return
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error('widgets are not served within 5 s')
}

/** The first request of a case that the two servers answer differently. */
export async function firstDifference(wanted: Case, real: Target, ours: Target): Promise<CaseDifference | undefined> {
  const [expected, found] = [await runCase(real, wanted), await runCase(ours, wanted)]
  for (const [index, step] of wanted.steps.entries()) {
    const [one, other] = [expected[index], found[index]]
    if (one === undefined || other === undefined) continue
    const differences = compareAnswers(inOrder(one), inOrder(other))
    if (differences.length > 0) return { index, step, differences }
  }
  return undefined
}

/** Whole definitions, as Go prints them with the addresses of what they point at. */
const dumps = /Invalid value: (apiextensions\.JSONSchemaProps|\[\]apiextensions\.CustomResourceDefinitionVersion)\{.*\}: /s

/** Upstream walks maps, so causes come in any order; and it shows what changed in a pod as Go would print it. */
export function inOrder(answer: Answer): Answer {
  const body = withSortedOwners(answer.body) as { message?: string; details?: { causes?: unknown[] } } | undefined
  // Controllers write the status of a definition: later, there.
  if ((body as { kind?: string } | undefined)?.kind === 'CustomResourceDefinition')
    return { ...answer, body: { ...body, status: '' } }
  const causes = body?.details?.causes
  if (causes === undefined) return { ...answer, body }
  const owners = /Invalid value: \[\]v1\.OwnerReference\{.*\}: Only/
  const cut = (text: string) =>
    text
      .replace(owners, 'Invalid value: []v1.OwnerReference{...}: Only')
      .replace(dumps, 'Invalid value: $1{...}: ')
      .replace(/\(0x[0-9a-f]+\)/g, '(0xc000000000)')
      .replace(/selfType\d+/g, 'selfType')
  const plain = causes.map((cause) => cut(JSON.stringify(cause)).replace(/\\n\s+core\.PodSpec\{.*?(?=(?<!\\)"[,}])/, '')).sort()
  const message =
    plain.length === 1 && !body?.message?.includes('pod updates may not change') ? cut(body?.message ?? '') : undefined
  return { ...answer, body: { ...body, message, details: { ...body?.details, causes: plain } } }
}

/** Owners stand in the order of seconds, which two runs need not share. */
function withSortedOwners(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedOwners)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, member]) => {
    if (key !== 'managedFields' || !Array.isArray(member)) return [key, withSortedOwners(member)]
    return [key, [...member].sort((a, b) => (ownerText(a) < ownerText(b) ? -1 : 1))]
  })
  return Object.fromEntries(members)
}

function ownerText(entry: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([entry['operation'], entry['manager'], entry['subresource'] ?? '', entry['apiVersion']])
}

/** The case without requests that do not matter to its difference. */
export async function shrink(wanted: Case, differs: (candidate: Case) => Promise<boolean>, attempts = 40): Promise<Case> {
  let smallest = wanted
  for (let at = smallest.steps.length - 1, left = attempts; at >= 0 && left > 0; at--, left--) {
    const candidate = { ...smallest, steps: smallest.steps.filter((_, index) => index !== at) }
    if (candidate.steps.length > 0 && (await differs(candidate))) smallest = candidate
  }
  return smallest
}

export function describeDifference(wanted: Case, { index, step, differences }: CaseDifference): string {
  const cut = (text: string | undefined) => (text === undefined ? '(absent)' : text.slice(0, 500))
  return [
    `${wanted.name} #${index} ${step.method} ${step.path} ${JSON.stringify(step.query ?? {})}`,
    ...wanted.steps
      .slice(Math.max(0, index - 12), index + 1)
      .map(
        (each) =>
          `    ${each.method} ${each.path} ${each.as ?? ''} ${JSON.stringify(each.query ?? {})} ${JSON.stringify(each.body ?? null)}`,
      ),
    ...[...differences.filter(({ path }) => path === 'body.message'), ...differences]
      .slice(0, 7)
      .map(({ path, real, ours }) => `  ${path}\n    real ${cut(real)}\n    ours ${cut(ours)}`),
  ].join('\n')
}

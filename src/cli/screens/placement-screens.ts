import type { Explanation } from '../../app/placement/explain-placement.js'
import type { ClusterVerdict, Delivery, PlacementDecision } from '../../delivery/placement/contract.js'
import { type Column, formatTable, plainLines } from './print.js'

/** More clusters than this: those that are left out are told together, by reason. */
const manyClusters = 25

/** `flotilla placement list` and `dry-run`: a row for each object. */
export const placementColumns: readonly Column<Explanation>[] = [
  { title: 'OBJECT', value: ({ source }) => source },
  { title: 'BY', value: byOf },
  { title: 'OUTCOME', value: ({ decision, refused }) => decision?.outcome ?? `refused (${refused?.reason})` },
  { title: 'REPLICAS', value: ({ decision }) => replicasOf(decision) },
  { title: 'CLUSTERS', value: ({ decision }) => clustersOf(decision) },
  {
    title: 'WARNINGS',
    wide: true,
    value: ({ warnings, refused }) => [refused, ...warnings].flatMap((each) => each?.message ?? []).join('; '),
  },
]

/** Where an object is its own policy, as with KubeFed, its name is not said twice. */
function byOf({ dialect, decision, source }: Explanation): string {
  const policy = decision?.policy ?? source
  return policy.startsWith(source) ? `${dialect}${policy.slice(source.length)}` : `${dialect} ${policy}`
}

function replicasOf(decision: PlacementDecision | undefined): string {
  if (decision === undefined) return '-'
  const { placed, asked, unplaced } = decision.replicas
  if (asked === undefined) return decision.clusters.some(({ replicas }) => replicas !== undefined) ? String(placed) : '-'
  return unplaced > 0 ? `${placed} of ${asked}` : String(placed)
}

/** `east=3 west=2`; of many, the first and how many more. */
function clustersOf(decision: PlacementDecision | undefined): string {
  if (decision === undefined || decision.deliveries.length === 0) return '-'
  const shown = decision.clusters
    .filter(({ selected }) => selected)
    .map(({ cluster, replicas }) => (replicas === undefined ? cluster : `${cluster}=${replicas}`))
  return shown.length <= 8 ? shown.join(' ') : `${shown.slice(0, 6).join(' ')} and ${shown.length - 6} more`
}

/** What one dialect says of one object: who decided, what each cluster gets and why, and what would change. */
export function describeExplanation(explanation: Explanation, format: 'table' | 'wide'): string {
  return plainLines(describe(explanation, format))
}

function describe(explanation: Explanation, format: 'table' | 'wide'): string {
  const { source, dialect, refused, decision, warnings, changes, paused } = explanation
  if (refused !== undefined)
    return `${source}: refused (${dialect})\n\n${refused.reason}: ${refused.message}\nNothing is changed in any cluster on its strength.\n${warningLines(warnings)}`
  if (decision === undefined) return `${source}: not decided\n`
  const { asked, placed, unplaced, moved } = decision.replicas
  const facts: [string, string][] = [
    ['Object', source],
    ['Outcome', decision.outcome],
    ...(asked === undefined
      ? []
      : [
          [
            'Replicas',
            [`${asked} asked`, `${placed} placed`, ...part(unplaced, 'without room'), ...part(moved, 'moved')].join(', '),
          ] as [string, string],
        ]),
    ['Decided by', decision.policy === undefined ? dialect : `${dialect}: ${decision.policy}`],
    ...(paused === undefined ? [] : [['Held', paused] as [string, string]]),
  ]
  return [
    `${pairs(facts)}\n`,
    policySection(decision),
    clusterSection(decision, format),
    `Steps:\n${decision.reasons.map((reason) => `  ${reason}\n`).join('')}`,
    warningLines(warnings),
    ...changes.map(
      ({ change, differences }) =>
        `If ${change}:\n${differences.length === 0 ? '  nothing changes\n' : differences.map((line) => `  ${line}\n`).join('')}`,
    ),
  ]
    .filter((section) => section !== '')
    .join('\n')
}

/** A policy that has no rival needs no table. */
function policySection({ policies, groups }: PlacementDecision): string {
  const rivals = policies.filter(({ verdict }) => verdict !== 'no match')
  const others = policies.length - rivals.length
  const rows = rivals.length > 1 ? rivals : rivals.filter(({ verdict }) => verdict !== 'won')
  const table =
    rows.length === 0
      ? ''
      : formatTable(rows, [
          { title: 'POLICY', value: ({ policy }) => policy },
          { title: 'VERDICT', value: ({ verdict }) => verdict },
          { title: 'WHY', value: ({ why }) => why },
        ])
  const more = others > 0 ? `${others} more policies do not select it.\n` : ''
  const tried =
    groups.length > 1
      ? `\n${formatTable(groups, [
          { title: 'GROUP', value: ({ group, chosen }) => `${chosen ? '*' : ' '} ${group}` },
          { title: 'WHY', value: ({ why }) => why },
        ])}`
      : ''
  return `${table}${more}${tried}`
}

function clusterSection(
  { clusters, deliveries, removals, replicas: { asked } }: PlacementDecision,
  format: 'table' | 'wide',
): string {
  if (clusters.length === 0) return 'The fleet has no clusters.\n'
  const byCluster = new Map(deliveries.map((delivery) => [delivery.cluster, delivery]))
  const fold = format === 'table' && clusters.length > manyClusters
  const leftOut = fold ? clusters.filter(({ selected, previous }) => !selected && previous === undefined) : []
  const folded = new Set(leftOut)
  const rows = clusters.filter((verdict) => !folded.has(verdict))
  const columns: readonly Column<ClusterVerdict>[] = [
    { title: 'CLUSTER', value: ({ cluster }) => cluster },
    { title: 'GETS', value: ({ selected, replicas }) => (selected ? String(replicas ?? 'yes') : '-') },
    // What is not divided is only known to be there.
    { title: 'HAD', value: ({ previous }) => (previous === undefined ? '-' : asked === undefined ? 'yes' : String(previous)) },
    { title: 'FILTERS', value: filtersOf },
    { title: 'SCORE', value: ({ scores }) => scores.map(({ term, points }) => `${term} ${points}`).join(' ') || '-' },
    { title: 'WHY', value: (verdict) => whyOf(verdict, byCluster.get(verdict.cluster)) },
  ]
  const table = rows.length === 0 ? '' : formatTable(rows, columns)
  const details =
    format === 'wide'
      ? rows
          .map(
            ({ cluster, filters, scores }) =>
              `\n${cluster}:\n${filters.map(({ filter, passes, why }) => `  ${passes ? 'ok' : 'NO'} ${filter}: ${why}\n`).join('')}${scores
                .map(({ term, points, why }) => `  ${points} ${term}: ${why}\n`)
                .join('')}`,
          )
          .join('')
      : ''
  const gone = removals.length === 0 ? '' : `Removed from: ${removals.join(', ')}\n`
  return `${table}${foldedLines(leftOut)}${gone}${details}`
}

/** Filters in their order; the one that refused with a `!`, and none after it was asked. */
function filtersOf({ filters }: ClusterVerdict): string {
  return filters.map(({ filter, passes }) => (passes ? filter : `!${filter}`)).join(' ') || '-'
}

function whyOf({ why }: ClusterVerdict, delivery: Delivery | undefined): string {
  const parts = [why]
  if (delivery !== undefined && delivery.overrides.length > 0) parts.push(`overrides: ${delivery.overrides.join(', ')}`)
  if (delivery?.held !== undefined) parts.push(`held: ${delivery.held}`)
  return parts.join('; ')
}

function foldedLines(clusters: readonly ClusterVerdict[]): string {
  const byReason = new Map<string, string[]>()
  for (const { cluster, why } of clusters) byReason.set(why, [...(byReason.get(why) ?? []), cluster])
  const lines = [...byReason]
    .sort((a, b) => b[1].length - a[1].length)
    .map(([why, names]) => {
      const some = names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
      return `  ${names.length}: ${why} (${some})\n`
    })
  return lines.length === 0 ? '' : `\nLeft out (-o wide shows each):\n${lines.join('')}`
}

function warningLines(warnings: Explanation['warnings']): string {
  return warnings.length === 0 ? '' : `Warnings:\n${warnings.map(({ reason, message }) => `  ${reason}: ${message}\n`).join('')}`
}

function part(count: number, what: string): string[] {
  return count > 0 ? [`${count} ${what}`] : []
}

function pairs(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([title]) => title.length)) + 2
  return lines.map(([title, text]) => `${`${title}:`.padEnd(width)}${text}`).join('\n')
}

/** What json and yaml show of an explanation. */
export function explanationData({ dialect, source, id, refused, warnings, paused, decision, changes }: Explanation): unknown {
  return {
    object: source,
    dialect,
    id,
    ...(refused === undefined ? {} : { refused }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(paused === undefined ? {} : { paused }),
    ...(decision === undefined ? {} : { decision }),
    ...(changes.length === 0 ? {} : { changes }),
  }
}

import { compareText } from '../../../base/compare-text.js'
import { topologyLabels } from '../../../services/model/rank/topology-labels.js'
import { type Fields, fieldsOf, listOf, numberOf, textOf, textsOf } from './read-json.js'
import type { Report } from './report.js'

/** How many segments a locality names: its region only, its zone too, its sub-zone too. */
const depths = ['region', 'zone', 'subzone'] as const

/** localityLbSetting of a load balancer; `hasOutliers`: there is outlier detection beside it. */
export function validateLocalitySetting(setting: Fields, hasOutliers: boolean, at: string, report: Report): void {
  const distribute = listOf(setting['distribute']).map((each) => fieldsOf(each) ?? {})
  const failover = listOf(setting['failover']).map((each) => fieldsOf(each) ?? {})
  const priority = textsOf(setting['failoverPriority'])
  if (distribute.length > 0 && failover.length > 0) {
    report.error(
      at,
      "can not simultaneously specify 'distribute' and 'failover'",
      `Remove ${at}.failover to share traffic by weight (places without healthy endpoints lose their share to the others), or remove ${at}.distribute to use other regions only when the own one fails.`,
    )
    return
  }
  const topology = priority.find(
    (each) => each === topologyLabels.region || each === topologyLabels.zone || each === topologyLabels.subZone,
  )
  if (failover.length > 0 && topology !== undefined) {
    report.error(
      `${at}.failoverPriority`,
      `can not simultaneously set 'failover' and topology label '${topology}' in 'failover_priority'`,
      `Remove ${topology} from ${at}.failoverPriority, or remove ${at}.failover.`,
    )
    return
  }
  for (const [index, { to }] of distribute.entries()) {
    if (!validateShares(fieldsOf(to) ?? {}, `${at}.distribute[${index}].to`, report)) return
  }
  overlaps(
    distribute.map(({ from }) => textOf(from)),
    `${at}.distribute`,
    report,
  )
  if ((failover.length > 0 || priority.length > 0) && !hasOutliers) {
    report.warn(
      at,
      'outlier detection policy must be provided for failover',
      `Add outlierDetection beside loadBalancer: without it no endpoint is ever seen as failed, and nothing fails over.`,
    )
  }
  for (const [index, each] of failover.entries())
    validateFailover(textOf(each['from']), textOf(each['to']), `${at}.failover[${index}]`, report)
}

/** False where Istio looks no further. */
function validateShares(to: Fields, at: string, report: Report): boolean {
  let total = 0
  for (const value of Object.values(to)) {
    const weight = numberOf(value)
    if (weight <= 0 || weight > 100) {
      report.error(
        at,
        'locality weight must be in range [1, 100]',
        'Give each place a weight from 1 to 100, and leave out places that shall get nothing.',
      )
      return false
    }
    total += weight
  }
  if (total !== 100) {
    report.error(at, `total locality weight ${total} != 100`, 'Make the weights add up to 100.')
    return false
  }
  // A map has no order: the widest first, so that every overlap is found.
  overlaps(
    Object.keys(to).sort((a, b) => width(b) - width(a) || compareText(a, b)),
    at,
    report,
  )
  return true
}

function validateFailover(from: string, to: string, at: string, report: Report): void {
  if (from === to)
    report.error(at, 'locality lb failover settings must specify different regions', 'Name another region in "to".')
  if (from.includes('/') || to.includes('/'))
    report.error(
      at,
      'locality lb failover only specify region',
      'Name regions alone; within a region nearer places are preferred without being told.',
    )
  if (from.includes('*') || to.includes('*'))
    report.error(at, "locality lb failover region should not contain '*' wildcard", 'Write one entry for each region.')
}

/** The first locality that lies within an earlier one, or is none. */
function overlaps(localities: readonly string[], at: string, report: Report): void {
  const seen: string[][] = []
  for (const locality of localities) {
    const stars = locality.split('*').length - 1
    if (stars > 1 || (stars === 1 && !locality.endsWith('*'))) {
      report.error(
        at,
        `locality ${locality} wildcard '*' number can not exceed 1 and must be in the end`,
        'Write region/*, region/zone/* or * alone.',
      )
      return
    }
    const parts = splitLocality(locality)
    if (seen.some((each) => each[0] === '*')) {
      overlap(locality, at, report)
      return
    }
    if (parts.includes('')) {
      report.error(
        at,
        `locality ${locality} must not contain empty region/zone/subzone info`,
        'Name each part between the slashes.',
      )
      return
    }
    if (seen.some((earlier) => isWithin(parts, earlier))) {
      overlap(locality, at, report)
      return
    }
    seen.push(parts)
  }
}

/** As upstream: a wider pattern after a narrower one passes, but for a whole region after parts of it. */
function isWithin(parts: readonly string[], earlier: readonly string[]): boolean {
  if (parts[0] !== earlier[0]) return false
  if (parts.length === 1 || earlier.length === 1 || earlier[1] === '*') return true
  if (parts[1] !== earlier[1]) return false
  return parts.length === 2 || earlier.length === 2 || earlier[2] === '*' || parts[2] === earlier[2]
}

function overlap(locality: string, at: string, report: Report): void {
  report.error(at, `locality ${locality} overlap with previous specified ones`, 'Let every place match one entry only.')
}

function splitLocality(locality: string): string[] {
  const parts = locality.split('/')
  return parts.length <= depths.length ? parts : [parts[0]!, parts[1]!, parts.slice(2).join('/')]
}

function width(locality: string): number {
  if (locality === '*') return 3
  return locality.endsWith('*') ? 2 : splitLocality(locality).length === 1 ? 1 : 0
}

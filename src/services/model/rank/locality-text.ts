import { compareText } from '../../../base/compare-text.js'
import type { Locality, LocalityPattern } from '../service-model.js'

/** `us-west-2/us-west-2a`; trailing parts that are not known are left out. Empty for a place that is not known at all. */
export function formatLocality({ region, zone, subZone }: Locality): string {
  return zone === '' && subZone === '' ? region : subZone === '' ? `${region}/${zone}` : `${region}/${zone}/${subZone}`
}

/** The inverse of `formatLocality`; what stands behind a third slash does not count. */
export function parseLocality(text: string): Locality {
  const [region = '', zone = '', subZone = ''] = text.split('/')
  return { region, zone, subZone }
}

/** Istio's rule: `*` is any; an empty or missing zone or sub-zone too, but an empty region is only the region that is not known. */
export function matchesLocality(place: Locality, pattern: LocalityPattern): boolean {
  const wanted = parseLocality(pattern)
  const isAny = (part: string) => part === '*' || part === ''
  return (
    (wanted.region === '*' || wanted.region === place.region) &&
    (isAny(wanted.zone) || wanted.zone === place.zone) &&
    (isAny(wanted.subZone) || wanted.subZone === place.subZone)
  )
}

export function compareLocality(a: Locality, b: Locality): number {
  return compareText(a.region, b.region) || compareText(a.zone, b.zone) || compareText(a.subZone, b.subZone)
}

/** For sentences. */
export function namePlace(place: Locality): string {
  return formatLocality(place) || 'an unknown place'
}

import type { KubeObject } from '../../kube/object/kube-object.js'
import type { FleetFacts } from '../../services/model/service-dialect.js'
import type { Diagnostic, Origin, ServiceName } from '../../services/model/service-model.js'
import { acceptAnnotation, acceptUnambiguous, rootNamespace } from './names.js'
import { destinationRuleType } from './resource-types.js'
import { type Place, validateIstio, wantsUnambiguous } from './translate/accept.js'
import { findRules, specOf } from './translate/find-rules.js'
import { readLocalityRule } from './translate/read-locality-rule.js'
import { type FoundEntry, findEntries, mayAddTo, placesOf } from './translate/service-entries.js'
import { fieldsOf, listOf, textOf } from './validation/read-json.js'
import { isSomeIp } from './validation/validate-workload-entry.js'

/** What is wrong with the objects of Istio that speak of a service. */
export function diagnoseIstio(service: ServiceName, fleet: FleetFacts): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  for (const place of placesOf(fleet)) {
    const rules = new Set(findRules(place.objects(destinationRuleType), service).map(({ object }) => object))
    for (const rule of rules) {
      diagnoseValidity(rule, place, found)
      diagnoseRule(rule, originOf(rule, place), fleet, found)
    }
  }
  for (const entry of findEntries(service, fleet)) {
    if (!mayAddTo(service, entry.object)) {
      found.push({
        origin: originOf(entry.object, entry.place),
        severity: 'error',
        message: `${entry.host} is a service of the namespace ${service.namespace}, and entries add to services of their own namespace only: it does not count`,
        fix: `Move the entry to the namespace ${service.namespace}, or to ${rootNamespace}.`,
      })
      continue
    }
    diagnoseValidity(entry.object, entry.place, found)
    diagnoseEntry(entry, found)
  }
  return found
}

function diagnoseValidity(object: KubeObject, place: Place, found: Diagnostic[]): void {
  const report = validateIstio(object)
  if (report === undefined) return
  const origin = originOf(object, place)
  const wanted = wantsUnambiguous(object, place.namespace(object.metadata.namespace ?? ''))
  for (const { field, message, fix } of report.errors) {
    const means = wanted ? 'applied as far as no error touches it' : 'not applied, as Istio refuses it'
    found.push({ origin, severity: wanted ? 'warning' : 'error', message: `${field}: ${message}; it is ${means}`, fix })
  }
  for (const { field, message, fix } of report.warnings)
    found.push({ origin, severity: 'warning', message: `${field}: ${message}`, fix })
}

function diagnoseRule(rule: KubeObject, origin: Origin, fleet: FleetFacts, found: Diagnostic[]): void {
  const warn = (message: string, fix: string) => found.push({ origin, severity: 'warning', message, fix })
  const spec = specOf(rule)
  const policy = fieldsOf(spec['trafficPolicy'])
  const subsets = listOf(spec['subsets'])
  if (subsets.some((each) => fieldsOf(each)?.['trafficPolicy'] !== undefined))
    warn(
      'traffic policies of subsets do not count: the catalogue does not tell subsets apart',
      'Put what shall count into spec.trafficPolicy.',
    )
  if (
    listOf(policy?.['portLevelSettings']).some((each) => fieldsOf(each)?.['loadBalancer'] ?? fieldsOf(each)?.['outlierDetection'])
  )
    warn('load balancing and outlier detection of single ports do not count', 'Put what shall count into spec.trafficPolicy.')
  if (fieldsOf(fieldsOf(policy?.['loadBalancer'])?.['zoneAwareLbSetting']) !== undefined)
    warn('zoneAwareLbSetting does not count', 'Use localityLbSetting.')
  const setting = readLocalityRule(policy)
  if (setting === undefined) return
  const regions = new Set(fleet.clusters.map(({ locality }) => locality.region).filter((region) => region !== ''))
  if (regions.size === 0) return
  const named = new Set([
    ...setting.distribute.flatMap(({ from, to }) => [from, ...Object.keys(to)]).map((each) => each.split('/')[0] ?? ''),
    ...setting.failover.flatMap(({ from, to }) => [from, to]),
  ])
  for (const region of named) {
    if (region === '*' || region === '' || regions.has(region)) continue
    warn(
      `no cluster of the fleet is in the region ${region}`,
      `Write one of ${[...regions].sort().join(', ')}, or label the nodes with topology.kubernetes.io/region.`,
    )
  }
}

function diagnoseEntry({ place, object, host }: FoundEntry, found: Diagnostic[]): void {
  const origin = originOf(object, place)
  const spec = specOf(object)
  const resolution = textOf(spec['resolution']) || 'NONE'
  if (resolution === 'NONE')
    found.push({
      origin,
      severity: 'warning',
      message: 'resolution NONE leaves it to the client where to connect: it gives no endpoints',
      fix: 'Write resolution: STATIC and name endpoints.',
    })
  for (const [index, each] of listOf(spec['endpoints']).entries()) {
    const address = textOf(fieldsOf(each)?.['address'])
    if (address === '' || isSomeIp(address)) continue
    const at = `spec.endpoints[${index}].address`
    if (address === host)
      found.push({
        origin,
        severity: 'error',
        message: `${at} is ${address}, the host of the entry itself: looked up, it leads back to where the question came from`,
        fix: 'Write the address of a gateway or of the endpoints in the other network, or export the service there with a ServiceExport and remove the entry.',
      })
    else
      found.push({
        origin,
        severity: 'warning',
        message: `${at} is the name ${address}: only addresses are endpoints here`,
        fix: 'Write addresses with resolution: STATIC.',
      })
  }
  if (listOf(spec['endpoints']).length === 0 && resolution.startsWith('DNS'))
    found.push({
      origin,
      severity: 'warning',
      message: `resolution ${resolution} without endpoints means the address of ${host} itself, which is not looked up here`,
      fix: 'Name endpoints by address with resolution: STATIC.',
    })
}

/** For refusals: how to have it taken all the same. */
export const acceptHint = `Annotate it, or its namespace, with ${acceptAnnotation}: ${acceptUnambiguous} to have it stored with warnings and applied as far as no error touches it.`

function originOf(object: KubeObject, place: Place): Origin {
  return { cluster: place.name, text: `${object.kind} ${object.metadata.namespace}/${object.metadata.name}` }
}

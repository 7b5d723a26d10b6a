import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ServiceDialect } from '../../services/model/service-dialect.js'
import type { LocalityRule, ServiceName, TrafficRule } from '../../services/model/service-model.js'
import { diagnoseIstio } from './diagnose.js'
import { destinationRuleType, serviceEntryType, workloadEntryType } from './resource-types.js'
import { isAccepted, type Place, validateIstio } from './translate/accept.js'
import { type FoundRule, findRules, specOf } from './translate/find-rules.js'
import { fullHost, serviceOfHost } from './translate/host.js'
import { readLocalityRule, withoutErrors } from './translate/read-locality-rule.js'
import { entryOffers, meantBy, placesOf } from './translate/service-entries.js'
import { fieldsOf, textOf } from './validation/read-json.js'

/** Istio: ServiceEntries and WorkloadEntries give endpoints, DestinationRules say how consumers of their cluster choose. */
export const istioDialect: ServiceDialect = {
  name: 'istio',
  memberKinds: [serviceEntryType, destinationRuleType, workloadEntryType],
  hubKinds: [serviceEntryType, destinationRuleType, workloadEntryType],
  touches(object) {
    switch (object.kind) {
      case 'ServiceEntry':
        return meantBy(object).map(({ service }) => service)
      case 'DestinationRule': {
        const namespace = object.metadata.namespace ?? ''
        const host = fullHost(textOf(specOf(object)['host']), namespace)
        return host.includes('*') ? 'all' : [serviceOfHost(host, namespace).service]
      }
      // Which ServiceEntries select it is not looked up: there are few of both.
      case 'WorkloadEntry':
        return 'all'
      case 'Service': {
        const { namespace, name } = object.metadata
        return namespace === undefined ? [] : [{ namespace, name }]
      }
      default:
        return []
    }
  },
  offers: entryOffers,
  rules(service, fleet) {
    const own = placesOf(fleet).map((place) => ({ place, found: findRules(place.objects(destinationRuleType), service) }))
    // A cluster's own rules are in force there; those of the hub everywhere behind them.
    const rules = own.flatMap(({ place, found }) =>
      place.cluster === undefined ? [] : rulesOf(service, found, place, [place.name]),
    )
    const onHub = own.flatMap(({ place, found }) =>
      place.cluster === undefined ? rulesOf(service, found, place, undefined) : [],
    )
    return [...rules, ...onHub]
  },
  diagnose: diagnoseIstio,
}

function rulesOf(
  service: ServiceName,
  found: readonly FoundRule[],
  place: Place,
  consumers: readonly string[] | undefined,
): TrafficRule[] {
  const read = found.map(({ object }) => (isAccepted(object, place) ? localityOf(object) : undefined))
  return found.flatMap(({ object, reach, namespaces }, index) => {
    // A rule that says nothing of localities still hides those behind it.
    const locality = read[index] ?? (read.slice(index + 1).some((each) => each !== undefined) ? meshDefault : undefined)
    if (locality === undefined || !isAccepted(object, place)) return []
    const { namespace, name } = object.metadata
    return [
      {
        dialect: 'istio',
        origin: { cluster: place.name, text: `DestinationRule ${namespace}/${name}` },
        service,
        ...(consumers === undefined ? {} : { consumers }),
        ...(namespaces === undefined ? {} : { namespaces }),
        // The name in cluster.local is every reach's when the cluster set's own has no rule before it.
        ...(reach === 'clusterset' ? { reach } : {}),
        locality,
      },
    ]
  })
}

/** The mesh's default, which does nothing without outlier detection. */
const meshDefault: LocalityRule = { enabled: true, distribute: [], failover: [], failoverPriority: [], isDefault: true }

function localityOf(object: KubeObject): LocalityRule | undefined {
  const locality = readLocalityRule(fieldsOf(specOf(object)['trafficPolicy']))
  return locality !== undefined && hasErrors(object) ? withoutErrors(locality) : locality
}

function hasErrors(object: KubeObject): boolean {
  return (validateIstio(object)?.errors.length ?? 0) > 0
}

import type { ServiceCatalogue } from '../../../src/services/catalogue/catalogue.js'
import type { ClusterFacts } from '../../../src/services/model/service-dialect.js'
import type { Consumer, EndpointGroup, FleetService, Ranking, ServiceName } from '../../../src/services/model/service-model.js'

export interface FixedService {
  readonly name: string
  readonly namespace: string
  readonly port: number
  readonly sticky?: boolean
  /** Default: clusterset. */
  readonly reach?: FleetService['reach']
  readonly portName?: string
  /** `us-east us-east-1/a 127.0.0.1:8080,127.0.0.2:8080`: cluster, region/zone, endpoints. */
  readonly places: readonly string[]
}

/** A catalogue that holds what a test gives it: nearest region first, then the others, one group for each place. */
export function createFixedCatalogue(clusters: Readonly<Record<string, string>>) {
  let services = new Map<string, { service: FleetService; fixed: FixedService }>()
  let revision = 0
  const listeners = new Set<(changed: readonly ServiceName[] | 'all') => void>()
  const facts = Object.entries(clusters).map(([name, place]) => factsOf(name, place))
  const catalogue: ServiceCatalogue = {
    facts: { clusters: facts, cluster: (name) => facts.find((each) => each.name === name), hubObjects: () => [] },
    list: () => [...services.values()].map(({ service }) => service),
    get: ({ namespace, name }, reach) => {
      const found = services.get(`${namespace}/${name}`)?.service
      return reach === undefined || found?.reach === reach ? found : undefined
    },
    rank: (service, consumer) => rank(services.get(`${service.service.namespace}/${service.service.name}`)!.fixed, consumer),
    consumerIn: (cluster) => ({ cluster: cluster.name, locality: cluster.locality, network: '', labels: {} }),
    get revision() {
      return revision
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return {
    catalogue,
    set(...next: FixedService[]) {
      const before = services
      services = new Map(next.map((fixed) => [`${fixed.namespace}/${fixed.name}`, { fixed, service: serviceOf(fixed) }]))
      revision++
      const changed = new Map(
        [...before.values(), ...services.values()].map(({ service }) => [JSON.stringify(service.service), service.service]),
      )
      for (const listener of listeners) listener([...changed.values()])
    },
  }
}

function factsOf(name: string, place: string): ClusterFacts {
  const [region = '', zone = ''] = place.split('/')
  const locality = { region, zone, subZone: '' }
  return {
    name,
    id: name,
    labels: {},
    network: '',
    locality,
    reach: 'reachable',
    hasNamespace: () => true,
    namespace: () => undefined,
    service: () => undefined,
    slices: () => [],
    objects: () => [],
    localityOfNode: () => locality,
  }
}

function serviceOf({ name, namespace, port, portName = '', sticky, reach = 'clusterset' }: FixedService): FleetService {
  return {
    service: { namespace, name },
    reach,
    type: 'ClusterSetIP',
    ports: [{ name: portName, protocol: 'TCP', port }],
    sessionAffinity: { type: sticky === true ? 'ClientIP' : 'None' },
    ipFamilies: ['IPv4'],
    labels: {},
    annotations: {},
    offers: [],
    conflicts: [],
    rules: [],
  }
}

function rank({ places, port: servicePort, portName = '' }: FixedService, consumer: Consumer): Ranking {
  const groups = places.map((place): EndpointGroup => {
    const [cluster = '', where = '', addresses = ''] = place.split(' ')
    const [region = '', zone = ''] = where.split('/')
    const locality = { region, zone, subZone: '' }
    const endpoints = addresses
      .split(',')
      .filter((each) => each !== '')
      .map((each) => {
        const [address = '', port = ''] = each.split(':')
        const ports = [{ name: portName, protocol: 'TCP' as const, port: Number(port) }]
        const endpoint = {
          addresses: [address],
          ports,
          ready: true,
          serving: true,
          terminating: false,
          locality,
          labels: {},
          weight: 1,
          network: '',
        }
        const ranked = { port: { name: portName, protocol: 'TCP' as const, port: servicePort }, targetPort: Number(port) }
        return { cluster, endpoint, weight: 1, ports: [ranked] }
      })
    return {
      priority: region === consumer.locality.region ? 0 : 1,
      locality,
      cluster,
      weight: endpoints.length,
      endpoints,
      why: '',
    }
  })
  return { consumer, rule: 'nearest first', why: '', groups, excluded: [] }
}

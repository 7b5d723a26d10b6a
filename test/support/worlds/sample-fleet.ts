import type { Consumer, Endpoint, FleetService, Locality, Offer, TrafficRule } from '../../../src/services/model/service-model.js'

export const apiService = { namespace: 'shop', name: 'api' }

/** `r1/a/s` */
export function placeOf(text: string): Locality {
  const [region = '', zone = '', subZone = ''] = text.split('/')
  return { region, zone, subZone }
}

/** An endpoint that is ready at `address`, in `place`. */
export function endpointAt(address: string, place: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    addresses: [address],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    ready: true,
    serving: true,
    terminating: false,
    locality: placeOf(place),
    labels: {},
    weight: 1,
    network: '',
    ...more,
  }
}

export function offerOf(cluster: string, endpoints: readonly Endpoint[], more: Partial<Offer> = {}): Offer {
  return {
    dialect: 'mcs',
    origin: { cluster, text: 'ServiceExport shop/api' },
    service: apiService,
    cluster,
    createdMs: 0,
    reach: 'clusterset',
    type: 'ClusterSetIP',
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    sessionAffinity: { type: 'None' },
    ipFamilies: ['IPv4'],
    labels: {},
    annotations: {},
    weight: 1,
    endpoints,
    ...more,
  }
}

export function serviceOf(
  offers: readonly Offer[],
  rules: readonly Partial<TrafficRule>[] = [],
  more: Partial<FleetService> = {},
): FleetService {
  return {
    service: apiService,
    reach: 'clusterset',
    type: 'ClusterSetIP',
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    sessionAffinity: { type: 'None' },
    ipFamilies: ['IPv4'],
    labels: {},
    annotations: {},
    offers,
    conflicts: [],
    rules: rules.map((rule) => ({
      dialect: 'istio',
      origin: { cluster: 'hub', text: 'DestinationRule shop/api' },
      service: apiService,
      ...rule,
    })),
    ...more,
  }
}

export function consumerIn(cluster: string, place: string, more: Partial<Consumer> = {}): Consumer {
  return { cluster, locality: placeOf(place), network: '', labels: {}, ...more }
}

/** What a zone of names has to know of a cluster. Reads only; every answer is of this moment. */
export interface ClusterNames {
  hasNamespace(name: string): boolean
  service(namespace: string, name: string): NamedService | undefined
  /** Endpoints of a Service that are ready (or published though they are not). */
  endpoints(namespace: string, service: string): readonly NamedEndpoint[]
  /** Services with this ClusterIP; when there are none, endpoints at this address. */
  owners(address: string): readonly AddressOwner[]
}

export interface NamedPort {
  /** Empty when it has none. */
  readonly name: string
  readonly protocol: string
  readonly port: number
}

export interface NamedService {
  readonly kind: 'cluster-ip' | 'headless' | 'external'
  readonly clusterIps: readonly string[]
  readonly externalName: string
  readonly ports: readonly NamedPort[]
}

export interface NamedEndpoint {
  readonly address: string
  /** Undefined: the pod has none for this Service. */
  readonly hostname: string | undefined
  readonly ports: readonly NamedPort[]
}

export interface AddressOwner {
  readonly namespace: string
  readonly service: string
  /** How the endpoint is called below its Service; undefined: the address is the Service's. */
  readonly label: string | undefined
}

/** What a connection to an east-west gateway asks for. */
export interface GatewayTarget {
  /**
   * `passthrough`: TLS goes on to the endpoint, untouched. `terminate`: mutual TLS ends at the gateway, the endpoint gets what
   * is inside.
   */
  readonly mode: 'passthrough' | 'terminate'
  readonly port: number
  /** `api.shop.svc.clusterset.local` */
  readonly host: string
}

const prefixes = { passthrough: 'outbound', terminate: 'tcp' } as const

/**
 * What a gateway sends first when it ends the TLS of a `tcp_` connection: an endpoint has taken it. Without it a caller could
 * not tell a gateway that has no endpoint, or that does not believe its certificate, from a service that says nothing.
 */
export const taken = Buffer.of(6)

/** `outbound_.80_._.api.shop.svc.clusterset.local`, as Istio names it at port 15443; `tcp_....` is our own, for mutual TLS that ends here. */
export function formatSni({ mode, port, host }: GatewayTarget): string {
  return `${prefixes[mode]}_.${port}_._.${host}`
}

/** Undefined: no name of that form. A subset (`outbound_.80_.v1_.host`) is none that we know. */
export function parseSni(name: string): GatewayTarget | undefined {
  const found = /^(outbound|tcp)_\.(\d{1,5})_\._\.([a-z0-9.-]{1,253})$/.exec(name)
  if (found === null) return undefined
  const port = Number(found[2])
  if (port === 0 || port > 65_535) return undefined
  return { mode: found[1] === 'tcp' ? 'terminate' : 'passthrough', port, host: found[3]! }
}

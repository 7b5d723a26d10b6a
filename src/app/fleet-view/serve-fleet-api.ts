import type { AuditOptions } from '../../apiserver/audit/audit-trail.js'
import { createFleetCa } from '../../apiserver/auth/fleet-ca.js'
import type { Authenticator, LogicalCluster, ServerPorts } from '../../apiserver/contract.js'
import { createApiFront } from '../../apiserver/http/api-front.js'
import type { Exchange } from '../../apiserver/http/exchange.js'
import { usualPatience } from '../../areas/fleet-view/ask-member.js'
import type { FleetMember } from '../../areas/fleet-view/fleet-members.js'
import { forwardRaw } from '../../areas/fleet-view/forward.js'
import { messageOf } from '../../base/errors.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { Connection } from '../../kube/client/connection.js'
import { createKubeconfig } from '../../kube/client/create-kubeconfig.js'
import { ForwardTransport } from '../../kube/client/forward-transport.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { builtInResources } from '../../kube/schema/resources.js'
import { writePrivateFile } from '../fleet/data-directory.js'
import { explainListenFailure } from '../fleet/embedded-api.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import { type FleetViewOpening, openFleetView } from './open-fleet-view.js'
import { createRequestLimits } from './request-limits.js'
import { createAccessReviews, createTokenReviews } from './review-access.js'

export interface ServeFleetApiOptions {
  /** The API that holds the hub's state: it knows the users and what they may. */
  readonly hub: KubeClient
  readonly connection: Connection
  readonly inventory: Inventory
  readonly address: { readonly address: string; readonly port: number }
  /** Absent: made here, new at every start. */
  readonly certificate?: { readonly certPem: string; readonly keyPem: string }
  /** Whose client certificates are believed (default: those that the hub itself believes). */
  readonly clientCaPem?: string
  /** Where a kubeconfig with the context `fleet` is written, with the credentials by which the hub is reached. */
  readonly kubeconfig?: string
  readonly audit?: AuditOptions
  /** For members that are reached in another way than by their URL. */
  readonly open?: FleetViewOpening
  readonly env: Readonly<Record<string, string | undefined>>
  readonly ports: ServerPorts
}

const configMapType = builtInResources.find((type) => type.group === '' && type.plural === 'configmaps')!

/**
 * Serves the API over all members beside a hub whose state is in another API: users are who they are there (bearer tokens by
 * TokenReview, client certificates by its authority), and may do what they may there (SubjectAccessReview).
 */
export async function serveFleetApi(options: ServeFleetApiOptions): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { hub, connection, inventory, address, ports, env } = options
  const names = [...new Set(['localhost', '127.0.0.1', address.address])]
  const ca =
    options.certificate === undefined ? await createFleetCa({ clock: ports.clock, name: 'flotilla-fleet-api' }) : undefined
  const pair = options.certificate ?? (await ca!.issueServer({ names }))
  // Where no authority is known no client certificate is believed: not those of whoever has signed the certificate of the server, either.
  const clientCaPem = options.clientCaPem ?? (await clientAuthorityOf(hub, ports)) ?? (await nobodysAuthority(ports)).certPem
  const transport = new ForwardTransport('hub', connection, createSystemClientPorts(env, ports.log))
  const view = openFleetView({
    inventory,
    env,
    ports,
    ...(options.open === undefined ? {} : { open: options.open }),
    serveOnHub: (exchange) => askHub(transport, exchange, ports),
  })
  const front = createApiFront({
    clusters: { get: (name) => (name === hubName ? remoteHub : undefined) },
    authenticators: [certificates, createTokenReviews(hub, ports.clock)],
    authorizer: createAccessReviews(hub, ports.clock),
    anonymous: () => false,
    fairness: createRequestLimits(),
    ...(options.audit === undefined ? {} : { audit: options.audit }),
    tls: { ...pair, clientCaPem },
    ports,
  })
  const place = { host: address.address, port: address.port }
  const { port } = await front.listenFor(view, hubName, place).catch((error: unknown) => {
    throw explainListenFailure(error, 'the API of the fleet', place)
  })
  // From here it is reached on loopback, wherever else it listens.
  const near = address.address === '0.0.0.0' || address.address === '::' ? '127.0.0.1' : address.address
  const host = near.includes(':') ? `[${near}]` : near
  const url = `https://${host}:${port}`
  if (options.kubeconfig !== undefined) {
    const tls = { ...connection.tls, insecure: false, caPem: ca?.certPem ?? pair.certPem }
    const fleet = { name: 'fleet', connection: { server: url, tls: withoutName(tls), auth: connection.auth }, allMembers: true }
    writePrivateFile(options.kubeconfig, createKubeconfig([fleet], 'fleet'))
  }
  return {
    url,
    async close() {
      await front.close()
      transport.close()
    },
  }
}

const hubName = 'hub'

/** The name by which the hub's own certificate is checked says nothing of ours. */
function withoutName({ serverName: _, ...tls }: Connection['tls']): Connection['tls'] {
  return tls
}

/** The connection has verified them. What embedded clusters issue within (by certificate requests) names nobody here. */
const certificates: Authenticator = {
  async authenticate(_cluster, { peerCertificate }) {
    if (peerCertificate === undefined) return undefined
    if (peerCertificate.organizationalUnits?.some((unit) => unit.startsWith('flotilla:cluster:'))) return undefined
    return { name: peerCertificate.commonName, groups: peerCertificate.organizations }
  },
}

/** An authority whose key is gone: it has certified nobody. */
function nobodysAuthority({ clock }: ServerPorts) {
  return createFleetCa({ clock, name: 'flotilla-nobody' })
}

/** Published for API servers that stand beside the hub's own; undefined where the hub does not, or may not tell us. */
async function clientAuthorityOf(hub: KubeClient, { log }: ServerPorts): Promise<string | undefined> {
  const name = 'extension-apiserver-authentication'
  try {
    const { data } = await hub.get({ type: configMapType, namespace: 'kube-system', name })
    return (data as Record<string, string> | undefined)?.['client-ca-file']
  } catch (error) {
    log.info('client certificates are not taken by the API of the fleet', {
      problem: messageOf(error),
      fix: `let the hub read ConfigMap kube-system/${name}, or name the authority with --fleet-api-client-ca`,
    })
    return undefined
  }
}

/** Reviews are the hub's to answer. */
function askHub(transport: ForwardTransport, exchange: Exchange, { clock }: ServerPorts): Promise<void> {
  const { user, auditId, signal, request } = exchange
  const hub: FleetMember = {
    key: hubName,
    name: hubName,
    state: () => ({ health: 'Healthy', reason: '', message: '', since: 0 }),
    api: () => transport,
    resources: () => Promise.reject(statusErrors.pathNotFound()),
    suspect: () => {},
  }
  const asking = { user, auditId, signal, clock, patience: usualPatience, userAgent: request.headers['user-agent'] ?? '' }
  const accept = request.headers.accept ?? 'application/json'
  return forwardRaw(exchange, hub, { path: (request.url ?? '/').replace(/^\/complete(?=\/)/, ''), accept }, asking)
}

/** What the front knows of a hub that is elsewhere: its name. */
const remoteHub: LogicalCluster = {
  name: hubName,
  get api(): never {
    throw statusErrors.pathNotFound()
  },
  client: elsewhere,
  peek: () => undefined,
  peekAll: () => [],
  own: () => [],
  backup: elsewhere,
  restore: elsewhere,
}

function elsewhere(): never {
  throw statusErrors.serviceUnavailable('the hub is not in this process')
}

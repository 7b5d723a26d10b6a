import { X509Certificate } from 'node:crypto'
import { messageOf, UsageError } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { createCatalogueRoutes, listPassthroughRoutes } from '../../services/gateway/catalogue-routes.js'
import type { GatewayTls } from '../../services/gateway/contract.js'
import type { Place } from '../../services/gateway/dial.js'
import { createEastWestGateway } from '../../services/gateway/east-west-gateway.js'
import { startHaproxyGateway } from '../../services/gateway/haproxy/haproxy-gateway.js'
import { clusterOfCertificate, gatewayName } from '../../services/gateway/identity.js'
import { readTlsFiles } from '../services/xds-options.js'
import { systemClock } from '../system/system-ports.js'
import { startLoneEgress } from './lone-egress.js'
import { readOneCluster } from './read-cluster.js'

export interface LoneGatewayOptions {
  readonly client: KubeClient
  readonly cluster: string
  readonly listen: Place
  /** Files in PEM, read again when they change. HAProxy, which lets TLS through only, needs none. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | undefined
  readonly engine: 'builtin' | 'haproxy'
  /** Also offers services behind other clusters' gateways at this address (built-in engine). */
  readonly egress?: string
  readonly drainMs: number
  readonly log: Log
}

export interface LoneGateway {
  readonly port: number
  /** One line for people and programs: counters since the start. */
  metrics(): Promise<Readonly<Record<string, number>>>
  /** Resolves to the number of connections that had to be reset. */
  drain(): Promise<number>
  /** Resolves when the engine has ended by itself. */
  readonly ended: Promise<unknown>
}

const tlsCheckMs = 60_000
/** Changes that come together are one change for HAProxy. */
const gatherMs = 50

/**
 * The gateway of one cluster as a process of its own beside it. It reads that cluster's API and nothing else, so that it works
 * on while the hub is away; and while the cluster's API is, it works on with what it has read.
 */
export async function startLoneGateway(options: LoneGatewayOptions): Promise<LoneGateway> {
  const { client, cluster, listen, drainMs, log } = options
  const reading = new AbortController()
  const tls = options.engine === 'builtin' ? readGatewayTls(options.tls, cluster) : undefined
  const catalogue = await readOneCluster({ client, name: cluster, log, signal: reading.signal })
  // Who comes before everything has been read would be told that there is no such service.
  for (let waited = 0; waited < 15_000 && catalogue.facts.pending.length > 0; waited += 20)
    await new Promise((done) => setTimeout(done, 20))
  if (tls === undefined) {
    if (options.egress !== undefined) {
      throw new UsageError({
        code: 'bad-gateway-option',
        message: 'HAProxy is a way in only',
        fix: 'Leave --egress out, or use the built-in engine.',
      })
    }
    const routes = () => listPassthroughRoutes({ catalogue, cluster })
    const gateway = await startHaproxyGateway({ listen, clock: systemClock, log }, routes())
    let waiting = false
    catalogue.onChange(() => {
      if (waiting) return
      waiting = true
      systemClock.after(gatherMs, () => {
        waiting = false
        gateway.update(routes()).catch((error: unknown) => log.error('HAProxy cannot be changed', { error: messageOf(error) }))
      })
    })
    return {
      port: listen.port,
      ended: gateway.ended,
      metrics: async () => ({ ...(await gateway.stats()), reloads: gateway.reloads }),
      async drain() {
        reading.abort()
        return await gateway.drain(drainMs)
      },
    }
  }
  const gateway = createEastWestGateway({ routes: createCatalogueRoutes({ catalogue, cluster }), tls, clock: systemClock })
  const port = await gateway.listen(listen)
  const egress = options.egress === undefined ? undefined : await startLoneEgress({ client, address: options.egress, tls, log })
  let known = JSON.stringify(tls)
  const check = () => {
    if (reading.signal.aborted) return
    try {
      const now = readGatewayTls(options.tls, cluster)
      if (JSON.stringify(now) !== known) {
        gateway.renew(now)
        egress?.renew(now)
        known = JSON.stringify(now)
        log.info('the gateway has new certificates')
      }
    } catch (error) {
      log.warn('the certificates of the gateway cannot be read: it goes on with those it has', { error: messageOf(error) })
    }
    systemClock.after(tlsCheckMs, check)
  }
  systemClock.after(tlsCheckMs, check)
  return {
    port,
    ended: new Promise(() => {}),
    async metrics() {
      const { open, accepted, refused, bytesToClients, bytesToEndpoints } = gateway.stats()
      const reasons = Object.fromEntries(Object.entries(refused).map(([reason, count]) => [`refused-${reason}`, count]))
      const way = egress?.stats()
      const out: Record<string, number> =
        way === undefined
          ? {}
          : {
              'egress-routes': way.routes,
              'egress-open': way.open,
              'egress-accepted': way.accepted,
              'egress-refused': Object.values(way.refused).reduce((sum, count) => sum + count, 0),
            }
      return { open, accepted, ...reasons, bytesToEndpoints, bytesToClients, ...out }
    },
    async drain() {
      const left = await Promise.all([gateway.drain(drainMs), egress?.drain(drainMs) ?? 0])
      reading.abort()
      return left[0] + left[1]
    },
  }
}

function readGatewayTls(files: LoneGatewayOptions['tls'], cluster: string): GatewayTls {
  if (files === undefined) {
    throw new UsageError({
      code: 'gateway-certificate',
      message: 'the built-in gateway needs certificates',
      fix: 'Give --ca, --cert and --key (flotilla gateway certificate makes them), or use --engine haproxy, which lets TLS through only.',
    })
  }
  const tls = readTlsFiles(files)
  let named: string | undefined
  try {
    named = clusterOfCertificate(new X509Certificate(tls.cert))
  } catch {
    named = undefined
  }
  if (named !== cluster) {
    throw new UsageError({
      code: 'gateway-certificate',
      message: `${files.cert} is ${named === undefined ? 'no certificate of a gateway' : `the certificate of the gateway of ${named}`}`,
      fix: `Use one whose only name below gateway.flotilla.internal is ${gatewayName(cluster)}.`,
    })
  }
  return tls
}

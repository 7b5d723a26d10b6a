import { setMaxListeners } from 'node:events'
import { performance } from 'node:perf_hooks'
import { createFleetCa } from '../src/apiserver/auth/fleet-ca.js'
import { createRbac } from '../src/apiserver/auth/rbac.js'
import { createStaticTokenAuthenticator } from '../src/apiserver/auth/static-token-authenticator.js'
import { createApiFront } from '../src/apiserver/http/api-front.js'
import { createBootstrapLayer } from '../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../src/apiserver/logical/logical-clusters.js'
import { createMemoryStorage } from '../src/apiserver/storage/memory-storage.js'
import { startAgent } from '../src/app/agent/start-agent.js'
import { createSystemClientPorts } from '../src/app/system/system-client-ports.js'
import { systemClock, systemRandom } from '../src/app/system/system-ports.js'
import { createMemoryStore } from '../src/areas/agent/member/state-store.js'
import { silentLog } from '../src/base/log.js'

/** What the bench of agents asks of the process that holds the members and their agents. */
export type AskMembers =
  | { readonly do: 'prepare'; readonly names: readonly string[] }
  | { readonly do: 'start'; readonly agents: readonly { name: string; token: string; url: string; caHash: string }[] }
  /** Tells when the ConfigMap has come to so many members. */
  | { readonly do: 'await'; readonly object: string; readonly count: number }
  | { readonly do: 'memory' }

/** `at` are epoch milliseconds with fractions, by member. */
export type MembersSay =
  | { readonly said: 'prepared' | 'started' }
  | { readonly said: 'awaiting'; readonly object: string }
  | { readonly said: 'arrived'; readonly object: string; readonly at: Readonly<Record<string, number>> }
  | { readonly said: 'memory'; readonly megabytes: number }

export const epochMs = (): number => performance.timeOrigin + performance.now()

export function residentMegabytes(): number {
  ;(globalThis as { gc?: () => void }).gc?.()
  return process.memoryUsage().rss / 2 ** 20
}

/** Members and their agents: each member an embedded API server at a port of its own, each agent with a tunnel of its own. */
async function serveMembers(send: (message: MembersSay) => void): Promise<(ask: AskMembers) => Promise<void>> {
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const token = 'token-of-the-agent'
  const ca = await createFleetCa({ clock: systemClock })
  const clusters = createLogicalClusters({ storage: createMemoryStorage({ base: createBootstrapLayer(Date.now()) }), ports })
  const rbac = createRbac()
  rbac.follow(clusters)
  const front = createApiFront({
    clusters,
    authenticators: [createStaticTokenAuthenticator([{ token, user: { name: 'agent', groups: ['system:masters'] } }])],
    authorizer: rbac,
    tls: { ...(await ca.issueServer({ names: ['127.0.0.1'] })), clientCaPem: ca.certPem },
    ports,
  })
  const places = new Map<string, number>()
  const arrivals = new Map<string, { readonly count: number; readonly at: Record<string, number> }>()
  clusters.onChange(({ cluster, groupResource, type, object }) => {
    const awaited = groupResource === 'configmaps' && type === 'ADDED' ? arrivals.get(object.metadata.name) : undefined
    if (awaited === undefined) return
    awaited.at[cluster] = epochMs()
    if (Object.keys(awaited.at).length < awaited.count) return
    arrivals.delete(object.metadata.name)
    send({ said: 'arrived', object: object.metadata.name, at: awaited.at })
  })
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  return async (ask) => {
    if (ask.do === 'memory') send({ said: 'memory', megabytes: residentMegabytes() })
    else if (ask.do === 'await') {
      arrivals.set(ask.object, { count: ask.count, at: {} })
      send({ said: 'awaiting', object: ask.object })
    } else if (ask.do === 'prepare') {
      for (const name of ask.names) {
        await clusters.ensure(name)
        places.set(name, (await front.listen(name, { host: '127.0.0.1', port: 0 })).port)
      }
      send({ said: 'prepared' })
    } else {
      for (const { name, token: joinToken, url, caHash } of ask.agents) {
        const server = `https://127.0.0.1:${places.get(name)}`
        const connection = { server, tls: { insecure: false, caPem: ca.certPem }, auth: { kind: 'bearer' as const, token } }
        startAgent({
          name,
          place: { url, caHash },
          token: joinToken,
          store: createMemoryStore(),
          client: clusters.get(name)!.client({ name }),
          connection,
          clientPorts: createSystemClientPorts({}),
          rules: { access: 'full', impersonation: false },
          ports,
          signal,
        }).catch((error: unknown) => {
          console.error(`the agent of ${name} has ended:`, error)
          process.exit(1)
        })
      }
      send({ said: 'started' })
    }
  }
}

const send = process.send?.bind(process)
if (send !== undefined && process.argv[2] === 'members') {
  const take = serveMembers((message) => send(message))
  process.on('message', (ask: AskMembers) => void take.then((does) => does(ask)))
  process.on('disconnect', () => process.exit())
}

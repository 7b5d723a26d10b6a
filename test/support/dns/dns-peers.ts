import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AnswerCache } from '../../../src/apiserver/dns/answer-cache.js'
import { createAnswerer } from '../../../src/apiserver/dns/answer-message.js'
import { createClusterZone } from '../../../src/apiserver/dns/cluster-zone.js'
import { createClusterSetZone } from '../../../src/apiserver/dns/clusterset-zone.js'
import { chain } from '../../../src/apiserver/dns/handler.js'
import { openNameServer } from '../../../src/apiserver/dns/name-server.js'
import { createReverseZone } from '../../../src/apiserver/dns/reverse-zone.js'
import { isInCidr } from '../../../src/apiserver/members/network/cidr.js'
import { ClusterNamesIndex } from '../../../src/apiserver/members/network/cluster-names-index.js'
import { ClusterSetNamesIndex } from '../../../src/apiserver/members/network/clusterset-names-index.js'
import { freePorts } from '../peers/free-ports.js'
import { findPeer } from '../peers/real-apiserver.js'
import { adminToken, type EmbeddedApi } from '../worlds/embedded-api.js'

export interface DnsServer {
  readonly port: number
  /** Of the process; undefined: it is this one. */
  readonly pid?: number
  stop(): Promise<void>
}

export const host = '127.0.0.1'

/** Our name server on what an embedded API server has, at a free port of 127.0.0.1. */
export async function startOurNameServer(api: Pick<EmbeddedApi, 'cluster' | 'clusters'>, ttl?: number): Promise<DnsServer> {
  const names = new ClusterNamesIndex(api.cluster)
  const setNames = new ClusterSetNamesIndex(api.cluster)
  const answers = new AnswerCache()
  const [port = 0] = await freePorts(1)
  const options = { serverAddress: host, ...(ttl === undefined ? {} : { ttl }) }
  const domain = 'cluster.local'
  const isOwn = (address: string) => ['10.96.0.0/16', '10.244.0.0/16'].some((range) => isInCidr(range, address))
  const ask = chain([
    createClusterZone({ names, domain, ...options }),
    createClusterSetZone({ names: setNames, domain: 'clusterset.local', ...options }),
    createReverseZone({ names, domain, isOwn }),
  ])
  const unsubscribe = api.clusters.onChange((change) => {
    names.hear(change)
    setNames.hear(change)
    answers.forget()
  })
  const server = await openNameServer({ address: host, port }, createAnswerer({ ask, answers }))
  return {
    port,
    async stop() {
      unsubscribe()
      server.close()
    },
  }
}

/** CoreDNS with its plugin `kubernetes` on an API server; a string says why that is not possible here. */
export async function startCoreDns(
  api: { readonly port: number; readonly ca: Pick<EmbeddedApi['ca'], 'certPem'> },
  lines: readonly string[] = [],
): Promise<DnsServer | string> {
  const peer = findPeer('coredns')
  if ('reason' in peer) return `no CoreDNS: ${peer.reason}`
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-coredns-'))
  const [port = 0] = await freePorts(1)
  const kubeconfig = join(folder, 'kubeconfig')
  const cluster = {
    server: `https://127.0.0.1:${api.port}`,
    'certificate-authority-data': Buffer.from(api.ca.certPem).toString('base64'),
  }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'member', cluster }],
    users: [{ name: 'admin', user: { token: adminToken } }],
    contexts: [{ name: 'member', context: { cluster: 'member', user: 'admin' } }],
    'current-context': 'member',
  }
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 })
  const corefile = join(folder, 'Corefile')
  writeFileSync(
    corefile,
    `.:${port} {
  bind ${host}
  errors
  kubernetes cluster.local clusterset.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig} member
    pods insecure
    ttl 30
    multicluster clusterset.local
  }
${lines.map((line) => `  ${line}\n`).join('')}}
`,
  )
  const child = spawn(peer.path, ['-conf', corefile], { stdio: ['ignore', 'pipe', 'pipe'] })
  return started(child, port, () => rmSync(folder, { recursive: true, force: true }), /CoreDNS-/)
}

/** Waits for a name server's words that it serves. */
export function started(child: ChildProcess, port: number, clean: () => void, ready: RegExp): Promise<DnsServer> {
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async () => {
    child.kill()
    await ended
    clean()
  }
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => {
      void stop()
      reject(new Error(`it did not start: ${text}`))
    }, 30_000)
    const hear = (part: Buffer) => {
      if (text.length < 20_000) text += part.toString()
      if (!ready.test(text)) return
      clearTimeout(timer)
      resolve({ port, pid: child.pid!, stop })
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('close', () => {
      clearTimeout(timer)
      reject(new Error(`it ended: ${text}`))
    })
    child.once('error', reject)
  })
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-ports.js'

/** A real kube-apiserver on a real etcd, on loopback, for as long as a test needs it. */
export interface RealApiServer {
  readonly kubeconfig: string
  readonly server: string
  readonly token: string
  readonly version: string
  /** Of etcd and kube-apiserver. */
  readonly pids: readonly number[]
  /** From the start of both to ready, as `untilReady` says it. */
  readonly startMs: number
  stop(): Promise<void>
}

/** Programs that tools/peers/build.mjs builds. */
export type PeerName =
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'etcd'
  | 'kubectl'
  | 'kubectl-1.29'
  | 'kubectl-1.37'
  | 'helm3'
  | 'helm4'
  | 'go-clients'
  | 'helm-engine'
  | 'kustomize'
  | 'istio'
  | 'flux-kustomize'
  | 'envoy'
  | 'grpc-xds'
  | 'mcs-conformance'
  | 'coredns'
  | 'kubefed-planner'
  | 'karmada'
  | 'argocd'
  | 'kubernetes-e2e'
  | 'ginkgo'

/** The path of a peer program, built now if need be, or why it cannot be had. */
export function findPeer(name: PeerName): { path: string } | { reason: string } {
  const result = spawnSync(process.execPath, ['tools/peers/build.mjs', name], { encoding: 'utf8' })
  const line = result.stdout.trim()
  const [, path, reason] = /^\S+ (\/\S+)$/.exec(line) ?? [undefined, undefined, line.replace(/^\S+ - /, '')]
  return path === undefined ? { reason: reason || result.stderr.trim() } : { path }
}

/**
 * Starts etcd and kube-apiserver; a string says why that is not possible here. With `serviceAccounts`, pods are admitted as the
 * plugin ServiceAccount wants it: no controller makes the account `default`, so tests do.
 * `durable`: etcd waits for the disk, as it does in production. `directory`: keeps its state there and leaves it there.
 */
export async function startRealApiServer(
  options: { serviceAccounts?: boolean; durable?: boolean; directory?: string } = {},
): Promise<RealApiServer | string> {
  const etcd = findPeer('etcd')
  const apiserver = findPeer('kube-apiserver')
  if ('reason' in etcd) return `no etcd: ${etcd.reason}`
  if ('reason' in apiserver) return `no kube-apiserver: ${apiserver.reason}`
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'flotilla-real-'))
  const [etcdPort, peerPort, port] = await freePorts(3)
  const token = 'real-admin-token'
  writeFileSync(join(directory, 'tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 })
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writeFileSync(join(directory, 'sa.key'), privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 })
  writeFileSync(join(directory, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  const begin = performance.now()
  const etcdProcess = spawn(
    etcd.path,
    [
      '--data-dir',
      join(directory, 'etcd'),
      ...(options.durable ? [] : ['--unsafe-no-fsync']),
      '--log-level',
      'error',
      '--listen-client-urls',
      `http://127.0.0.1:${etcdPort}`,
      '--advertise-client-urls',
      `http://127.0.0.1:${etcdPort}`,
      '--listen-peer-urls',
      `http://127.0.0.1:${peerPort}`,
    ],
    { stdio: 'ignore' },
  )
  const apiProcess = spawn(
    apiserver.path,
    [
      '--etcd-servers',
      `http://127.0.0.1:${etcdPort}`,
      '--secure-port',
      String(port),
      '--bind-address',
      '127.0.0.1',
      '--cert-dir',
      join(directory, 'certs'),
      '--token-auth-file',
      join(directory, 'tokens.csv'),
      '--authorization-mode',
      'RBAC',
      '--service-account-issuer',
      'https://real.test',
      '--service-account-key-file',
      join(directory, 'sa.pub'),
      '--service-account-signing-key-file',
      join(directory, 'sa.key'),
      '--service-cluster-ip-range',
      '10.96.0.0/16',
      ...(options.serviceAccounts ? [] : ['--disable-admission-plugins', 'ServiceAccount']),
      '--anonymous-auth=false',
    ],
    { stdio: 'ignore' },
  )
  const server = `https://127.0.0.1:${port}`
  const stop = async () => {
    await Promise.all([ended(apiProcess), ended(etcdProcess)])
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true })
  }
  if (!(await untilReady(server, () => token, { ended: () => apiProcess.exitCode !== null }))) {
    await stop()
    return 'the real kube-apiserver did not become ready within 60 s'
  }
  const startMs = performance.now() - begin
  const kubeconfig = join(directory, 'kubeconfig')
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'real',
      clusters: [{ name: 'real', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'admin', user: { token } }],
      contexts: [{ name: 'real', context: { cluster: 'real', user: 'admin' } }],
    }),
    { mode: 0o600 },
  )
  return { kubeconfig, server, token, version: 'v1.33', pids: [etcdProcess.pid!, apiProcess.pid!], startMs, stop }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      done()
      return
    }
    child.once('exit', () => done())
    child.kill('SIGKILL')
  })
}

/**
 * Resolves when an API server is ready: /readyz says so over TLS, and the list of namespaces comes for the bearer of the token. False
 * when that is not so within 60 s, or the server has ended.
 */
export async function untilReady(server: string, token: () => string, run: { ended: () => boolean }): Promise<boolean> {
  // One connection: handshakes would be the server's work, and slow its start.
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
  try {
    const answer = (path: string, headers: Record<string, string>) =>
      new Promise<number | undefined>((done) => {
        const request = get(`${server}${path}`, { agent, headers }, (response) => {
          response.resume()
          response.once('end', () => done(response.statusCode))
        })
        request.once('error', () => done(undefined))
      })
    for (const path of ['/readyz', '/api/v1/namespaces']) {
      const end = Date.now() + 60_000
      while ((await answer(path, { authorization: `Bearer ${token()}` })) !== 200) {
        if (Date.now() > end || run.ended()) return false
        await new Promise((done) => setTimeout(done, 5))
      }
    }
    return true
  } finally {
    agent.destroy()
  }
}

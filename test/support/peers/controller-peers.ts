import { spawn } from 'node:child_process'
import { startMembers } from '../../../src/apiserver/members/start-members.js'
import { systemClock, systemRandom } from '../../../src/app/system/system-ports.js'
import { silentLog } from '../../../src/base/log.js'
import type { Step } from '../../differential/case.js'
import { closeConnections, send, type Target } from '../../differential/send.js'
import { startFakeKubelet } from '../fakes/fake-kubelet.js'
import { adminToken, startEmbeddedApi } from '../worlds/embedded-api.js'
import { findPeer, startRealApiServer } from './real-apiserver.js'

/** A cluster with controllers and a scheduler, and three nodes that run whatever is bound to them. */
export interface ControlledCluster {
  readonly name: 'real' | 'embedded'
  request(method: Step['method'], path: string, body?: unknown, contentType?: string): Promise<{ code: number; body: Fields }>
}

export type Fields = Record<string, ReturnType<typeof JSON.parse>>

/** kube-apiserver, kube-controller-manager and kube-scheduler beside the embedded cluster with its members; or why not. */
export async function startControllerPeers(): Promise<{ clusters: ControlledCluster[]; stop(): Promise<void> } | string> {
  const manager = findPeer('kube-controller-manager')
  const scheduler = findPeer('kube-scheduler')
  if ('reason' in manager) return `no kube-controller-manager: ${manager.reason}`
  if ('reason' in scheduler) return `no kube-scheduler: ${scheduler.reason}`
  const real = await startRealApiServer({ serviceAccounts: true })
  if (typeof real === 'string') return real
  const common = ['--kubeconfig', real.kubeconfig, '--leader-elect=false', '--kube-api-qps=500', '--kube-api-burst=1000']
  const processes = [
    spawn(manager.path, [...common, '--secure-port=0', '--allocate-node-cidrs=false'], { stdio: 'ignore' }),
    spawn(scheduler.path, [...common, '--secure-port=0'], { stdio: 'ignore' }),
  ]
  const { hostname, port } = new URL(real.server)
  const realCluster = clusterOf('real', { host: hostname, port: Number(port), token: real.token })
  const kubelet = await startFakeKubelet(realCluster, 3)
  await untaintedNodes(realCluster, 3)
  const embedded = await startEmbeddedApi('member')
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const members = startMembers({ clusters: embedded.clusters, ports })
  const ours = clusterOf('embedded', { host: '127.0.0.1', port: embedded.port, token: adminToken })
  return {
    clusters: [realCluster, ours],
    async stop() {
      kubelet.stop()
      members.stop()
      for (const each of processes) each.kill('SIGKILL')
      closeConnections()
      await embedded.close()
      await real.stop()
    },
  }
}

/** Nodes begin with the taint not-ready; the controller manager takes it away when it has seen their first heartbeat. */
async function untaintedNodes(cluster: ControlledCluster, count: number): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { body } = await cluster.request('GET', '/api/v1/nodes')
    const nodes: Fields[] = body['items'] ?? []
    if (nodes.length === count && nodes.every((node) => (node['spec'].taints ?? []).length === 0)) return
    if (tries === 300)
      throw new Error(`nodes are tainted after 60 s: ${JSON.stringify(nodes.map((node) => node['spec'].taints))}`)
    await new Promise((done) => setTimeout(done, 200))
  }
}

function clusterOf(name: ControlledCluster['name'], target: Target): ControlledCluster {
  return {
    name,
    async request(method, path, body, contentType) {
      const { code, text } = await send(target, {
        method,
        path,
        ...(body === undefined ? {} : { body }),
        ...(contentType === undefined ? {} : { as: contentType }),
      })
      return { code, body: text === '' ? {} : JSON.parse(text) }
    },
  }
}

import { formatTime } from '../../../../base/clock.js'
import type { KubeObject } from '../../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../../kube/object/resource-type.js'
import { statusErrors } from '../../../../kube/object/status-error.js'
import { type Exchange, plainForm } from '../../exchange.js'
import { sendText, sendValue } from '../../send.js'
import { sendPlainFailure } from '../plain-failure.js'
import { nodeNameOf } from '../pod-target.js'
import type { ConnectPorts } from '../serve-connect.js'
import { splitSchemeNamePort } from './proxy-target.js'

const kubeletPort = '10250'

/** What a kubelet answers at its own port: its health, its pods, and metrics as far as they are known. */
export async function serveNode(exchange: Exchange, ports: ConnectPorts, type: ResourceType, path: string): Promise<void> {
  const { info, cluster, request } = exchange
  const split = splitSchemeNamePort(info.name)
  if (split === undefined) throw statusErrors.badRequest(`invalid node request ${JSON.stringify(info.name)}`)
  const node = await cluster.api.get(exchange, { type, namespace: '', name: split.name })
  if (split.port !== '' && split.port !== kubeletPort) {
    throw statusErrors.serviceUnavailable(
      `error trying to reach service: dial tcp ${addressOf(node)}:${split.port}: connect: connection refused`,
    )
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return sendPlainFailure(exchange, 405, '405: Method Not Allowed')
  const name = node.metadata.name
  switch (path.length > 1 ? path.replace(/\/+$/, '') : path) {
    case '/healthz':
    case '/healthz/ping':
    case '/healthz/syncloop':
      return sendText(exchange, 200, 'ok')
    case '/pods':
    case '/runningpods': {
      const items = podsOf(exchange, name).map(({ apiVersion: _apiVersion, kind: _kind, ...pod }) => pod)
      return sendValue(exchange, 200, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items }, plainForm)
    }
    case '/metrics':
      return sendText(exchange, 200, nodeMetrics(name, podsOf(exchange, name)))
    case '/stats/summary':
      return sendValue(exchange, 200, summary(node, podsOf(exchange, name), ports.clock.now()), plainForm)
    case '/logs':
      return sendText(exchange, 200, '<pre>\n</pre>\n', { 'Content-Type': 'text/html; charset=utf-8' })
    default:
      return sendPlainFailure(exchange, 404, '404 page not found')
  }
}

function addressOf(node: KubeObject): string {
  const addresses = (node.status as { addresses?: readonly { type: string; address: string }[] } | undefined)?.addresses
  return addresses?.find((each) => each.type === 'InternalIP')?.address ?? node.metadata.name
}

function podsOf(exchange: Exchange, node: string): KubeObject[] {
  const pods: KubeObject[] = []
  for (const pod of exchange.cluster.peekAll('pods')) if (nodeNameOf(pod) === node) pods.push(pod)
  return pods
}

interface ContainerStatus {
  readonly name: string
  readonly state?: { readonly running?: { readonly startedAt?: string } }
}

function runningContainers(pod: KubeObject): ContainerStatus[] {
  const status = pod.status as { containerStatuses?: readonly ContainerStatus[] } | undefined
  return (status?.containerStatuses ?? []).filter((each) => each.state?.running !== undefined)
}

/** The two gauges that say how much runs here; nobody measures what it costs. */
function nodeMetrics(node: string, pods: readonly KubeObject[]): string {
  const running = pods.filter((pod) => runningContainers(pod).length > 0)
  const containers = running.reduce((sum, pod) => sum + runningContainers(pod).length, 0)
  return [
    "# HELP kubelet_node_name [ALPHA] The node's name. The count is always 1.",
    '# TYPE kubelet_node_name gauge',
    `kubelet_node_name{node="${node}"} 1`,
    '# HELP kubelet_running_containers [ALPHA] Number of containers currently running',
    '# TYPE kubelet_running_containers gauge',
    `kubelet_running_containers{container_state="running"} ${containers}`,
    '# HELP kubelet_running_pods [ALPHA] Number of pods that have a running pod sandbox',
    '# TYPE kubelet_running_pods gauge',
    `kubelet_running_pods ${running.length}`,
    '',
  ].join('\n')
}

/** The shape of the summary API, without the measurements that nobody makes. */
function summary(node: KubeObject, pods: readonly KubeObject[], now: number): object {
  const startTime = node.metadata.creationTimestamp
  const time = formatTime(now)
  return {
    node: { nodeName: node.metadata.name, startTime, cpu: { time }, memory: { time } },
    pods: pods
      .filter((pod) => runningContainers(pod).length > 0)
      .map((pod) => ({
        podRef: { name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
        startTime: (pod.status as { startTime?: string }).startTime,
        containers: runningContainers(pod).map((each) => ({ name: each.name, startTime: each.state?.running?.startedAt })),
      })),
  }
}

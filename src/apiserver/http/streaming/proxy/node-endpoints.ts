import type { KubeObject } from '../../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../../kube/object/resource-type.js'
import { statusErrors } from '../../../../kube/object/status-error.js'
import { type Exchange, plainForm } from '../../exchange.js'
import { sendText, sendValue } from '../../send.js'
import { sendPlainFailure } from '../plain-failure.js'
import { servePodLog } from '../pod-log.js'
import type { ConnectPorts } from '../serve-connect.js'
import { kubeletMetrics, measure, podsOfNode, resourceMetrics, summary } from './node-usage.js'
import { splitSchemeNamePort } from './proxy-target.js'

const kubeletPort = '10250'

/** What a kubelet answers at its own port: its health, its pods and their logs, and what they use as far as it is measured. */
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
  const pods = podsOfNode(exchange.cluster, name)
  const plain = path.length > 1 ? path.replace(/\/+$/, '') : path
  switch (plain) {
    case '/healthz':
    case '/healthz/ping':
    case '/healthz/syncloop':
      return sendText(exchange, 200, 'ok')
    case '/pods':
    case '/runningpods': {
      const items = pods.map(({ apiVersion: _apiVersion, kind: _kind, ...pod }) => pod)
      return sendValue(exchange, 200, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items }, plainForm)
    }
    case '/metrics':
      return sendText(exchange, 200, kubeletMetrics(name, pods))
    case '/metrics/resource':
      return sendText(exchange, 200, resourceMetrics(measure(cluster.name, pods, ports.pods), ports.clock.now()))
    case '/stats/summary':
      return sendValue(exchange, 200, summary(node, measure(cluster.name, pods, ports.pods), ports.clock.now()), plainForm)
  }
  const log = /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(plain)
  if (log === null) return sendPlainFailure(exchange, 404, '404 page not found')
  const [, namespace, podName, container] = log.map(decodeURIComponent)
  const pod = pods.find(({ metadata }) => metadata.namespace === namespace && metadata.name === podName)
  if (pod === undefined) return sendPlainFailure(exchange, 404, `pod ${JSON.stringify(podName)} does not exist`)
  return servePodLog(exchange, ports, async () => pod, container)
}

function addressOf(node: KubeObject): string {
  const addresses = (node.status as { addresses?: readonly { type: string; address: string }[] } | undefined)?.addresses
  return addresses?.find((each) => each.type === 'InternalIP')?.address ?? node.metadata.name
}

import type { ResourceType } from '../../../kube/object/resource-type.js'
import { StatusError, statusErrors } from '../../../kube/object/status-error.js'
import type { PodAccess } from '../../pod-access.js'
import type { Exchange } from '../exchange.js'
import type { ResourcePorts } from '../resource-request.js'
import { connectOptions } from './connect-options.js'
import { serveContainerSession } from './container-session.js'
import { servePodLog } from './pod-log.js'
import { servePortForward } from './port-forward.js'
import { serveProxy } from './proxy/serve-proxy.js'

/** The ports of what reaches into pods. */
export type ConnectPorts = ResourcePorts & { readonly pods: PodAccess }

const connecting: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy', 'log'])

const proxied: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])
const upgraded: ReadonlySet<string> = new Set(['GET', 'POST'])
const read: ReadonlySet<string> = new Set(['GET'])

function methodsOf(subresource: string): ReadonlySet<string> {
  return subresource === 'proxy' ? proxied : subresource === 'log' ? read : upgraded
}

/** Subresources whose requests are a connection to something that runs, and may last. */
export function connects(type: ResourceType, subresource: string): boolean {
  return connecting.has(subresource) && type.group === ''
}

/** Serves log, exec, attach and portforward of a pod, and the proxies; the request is authorised. */
export async function serveConnect(
  exchange: Exchange,
  ports: ResourcePorts,
  type: ResourceType,
  namespace: string,
): Promise<void> {
  const { info, query, request } = exchange
  const { subresource } = info
  const { pods } = ports
  if (pods === undefined) throw notConnected(type, subresource)
  const all: ConnectPorts = { ...ports, pods }
  const find = () => exchange.cluster.api.get(exchange, { type, namespace, name: info.name })
  if (!methodsOf(subresource).has(request.method ?? '')) throw statusErrors.routeNotAllowed()
  if (subresource === 'log') return servePodLog(exchange, all, find)
  if (query.has('dryRun')) throw statusErrors.badRequest('dryRun is not supported')
  await exchange.cluster.api.connect(exchange, { type, namespace, name: info.name, subresource }, connectOptions(exchange))
  if (subresource === 'proxy') return serveProxy(exchange, all, type, namespace)
  const pod = await find()
  return subresource === 'portforward' ? servePortForward(exchange, all, pod) : serveContainerSession(exchange, all, pod)
}

function notConnected(type: ResourceType, subresource: string): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${subresource} is not served by this embedded cluster: nothing runs in its pods. Run the command against a cluster whose pods run.`,
    reason: 'MethodNotAllowed',
    details: { kind: type.plural, group: type.group },
    code: 405,
  })
}

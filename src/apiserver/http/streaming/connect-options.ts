import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Exchange } from '../exchange.js'
import { isTrue } from '../request-info.js'

const kinds: Readonly<Record<string, string>> = {
  'pods/exec': 'PodExecOptions',
  'pods/attach': 'PodAttachOptions',
  'pods/portforward': 'PodPortForwardOptions',
  'pods/proxy': 'PodProxyOptions',
  'services/proxy': 'ServiceProxyOptions',
  'nodes/proxy': 'NodeProxyOptions',
}

/** The options of a connection as the object that admission judges. */
export function connectOptions({ info, query }: Exchange): KubeObject {
  const kind = kinds[`${info.resource}/${info.subresource}`] ?? ''
  const fields: Record<string, unknown> = { kind, apiVersion: 'v1' }
  if (info.subresource === 'proxy') {
    const slash = info.rest !== '' && info.path.endsWith('/') ? '/' : ''
    if (info.rest !== '') fields['path'] = info.rest + slash
  } else if (info.subresource === 'portforward') {
    const ports = query.getAll('ports').map(Number)
    if (ports.length > 0) fields['ports'] = ports
  } else {
    for (const name of ['stdin', 'stdout', 'stderr', 'tty']) if (isTrue(query.get(name))) fields[name] = true
    const container = query.get('container')
    if (container) fields['container'] = container
    const command = query.getAll('command')
    if (command.length > 0) fields['command'] = command
  }
  return fields as unknown as KubeObject
}

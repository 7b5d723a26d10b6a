import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ServiceSpec } from '../../kube/schema/types.generated.js'

/**
 * Variables that name the Services of a pod's namespace, and `kubernetes` always: NAME_SERVICE_HOST, NAME_SERVICE_PORT and the
 * older ones of container links. Services come in the order of their names, as upstream lists them.
 */
export function serviceVariables(
  services: Iterable<KubeObject>,
  master: KubeObject | undefined,
  links: boolean,
): Record<string, string> {
  const wanted = new Map<string, KubeObject>()
  if (master !== undefined) wanted.set('kubernetes', master)
  if (links) for (const service of services) wanted.set(service.metadata.name, service)
  const variables: Record<string, string> = {}
  for (const service of wanted.values()) {
    const { clusterIP = '', ports = [] } = (service['spec'] ?? {}) as ServiceSpec
    const first = ports[0]
    if (clusterIP === '' || clusterIP === 'None' || first === undefined) continue
    const name = variableName(service.metadata.name)
    variables[`${name}_SERVICE_HOST`] = clusterIP
    variables[`${name}_SERVICE_PORT`] = String(first.port)
    for (const port of ports) if (port.name) variables[`${name}_SERVICE_PORT_${variableName(port.name)}`] = String(port.port)
    for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
      const url = `${protocol.toLowerCase()}://${clusterIP}:${port}`
      const prefix = `${name}_PORT_${port}_${protocol.toUpperCase()}`
      if (index === 0) variables[`${name}_PORT`] = url
      variables[prefix] = url
      variables[`${prefix}_PROTO`] = protocol.toLowerCase()
      variables[`${prefix}_PORT`] = String(port)
      variables[`${prefix}_ADDR`] = clusterIP
    }
  }
  return variables
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_')
}

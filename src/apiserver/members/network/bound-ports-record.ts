import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Work } from '../contract.js'
import { boundPortsAnnotation } from './bound-port.js'

/** Says on a Service which ports are bound instead of those that it names. */
export async function recordBoundPorts(
  work: Work,
  service: KubeObject,
  substitutes: Readonly<Record<string, number>>,
): Promise<void> {
  const text = Object.keys(substitutes).length === 0 ? undefined : JSON.stringify(substitutes)
  const { annotations } = service.metadata
  if (annotations?.[boundPortsAnnotation] === text) return
  const { [boundPortsAnnotation]: _, ...others } = annotations ?? {}
  const next = text === undefined ? others : { ...others, [boundPortsAnnotation]: text }
  await work.write.update({ ...service, metadata: { ...service.metadata, annotations: next } })
  if (text === undefined) return
  const message = `ports below 1024 may not be bound here: listening at ${text} (port: bound port)`
  await work.write.warn(service, 'PortSubstituted', message, work.nowText())
}

import type { KubeObject } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'

interface NamedContainer {
  readonly name: string
  readonly stdinOnce?: boolean
}

interface PodFields {
  readonly spec?: {
    readonly nodeName?: string
    readonly containers?: readonly NamedContainer[]
    readonly initContainers?: readonly NamedContainer[]
    readonly ephemeralContainers?: readonly NamedContainer[]
  }
}

/** All containers of a pod in upstream's order: init, regular, ephemeral. */
export function containerNames(pod: KubeObject): string[] {
  return containersOf(pod).map((container) => container.name)
}

/** The first client that attaches to the container is the only one: its input ends with the client's. */
export function takesInputOnce(pod: KubeObject, name: string): boolean {
  return containersOf(pod).some((container) => container.name === name && container.stdinOnce === true)
}

function containersOf(pod: KubeObject): NamedContainer[] {
  const spec = (pod as PodFields).spec
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])]
}

/** The container that a request means: the one that it names, or the only one that there is. */
export function chooseContainer(pod: KubeObject, asked: string): string {
  const { name } = pod.metadata
  if (asked !== '') {
    if (!containerNames(pod).includes(asked)) throw statusErrors.badRequest(`container ${asked} is not valid for pod ${name}`)
    return asked
  }
  const regular = (pod as PodFields).spec?.containers ?? []
  if (regular.length === 1) return regular[0]!.name
  if (regular.length === 0) throw statusErrors.badRequest(`a container name must be specified for pod ${name}`)
  throw statusErrors.badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${containerNames(pod).join(' ')}]`,
  )
}

export function nodeNameOf(pod: KubeObject): string {
  return (pod as PodFields).spec?.nodeName ?? ''
}

export function requireHost(pod: KubeObject): void {
  if (nodeNameOf(pod) === '') throw statusErrors.badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
}

import { formatTime } from '../../base/clock.js'
import { freezeJson } from '../../base/json.js'
import { createSeededRandom, uuid } from '../../base/random.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { BaseLayer } from '../storage/contract.js'

const resource = 'customresourcedefinitions.apiextensions.k8s.io'

/**
 * The base layer with definitions that every cluster serves from the start, as they stand after they were established. They
 * cost the same for one cluster and for a thousand. Spec and names must be complete: nothing is defaulted or validated here.
 */
export function withCustomResources(layer: BaseLayer, definitions: readonly KubeObject[], nowMs: number): BaseLayer {
  if (definitions.length === 0) return layer
  const random = createSeededRandom(0x0f10_7113)
  const creationTimestamp = formatTime(nowMs)
  const known = new Map(layer.get(resource))
  for (const definition of definitions) {
    const spec = definition['spec'] as { names: object; versions: { name: string; storage: boolean }[] }
    const said = (type: string, reason: string, message: string) => ({
      lastTransitionTime: creationTimestamp,
      message,
      reason,
      status: 'True',
      type,
    })
    const metadata = { ...definition.metadata, uid: uuid(random), resourceVersion: '1', generation: 1, creationTimestamp }
    const status = {
      conditions: [
        said('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        said('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      acceptedNames: spec.names,
      storedVersions: spec.versions.filter(({ storage }) => storage).map(({ name }) => name),
    }
    known.set(metadata.name, freezeJson({ ...definition, metadata, spec: { ...spec, conversion: { strategy: 'None' } }, status }))
  }
  return new Map([...layer, [resource, known]])
}

import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import { missingObjects } from '../../references/missing-objects.js'
import { podReferences } from '../../references/pod-references.js'
import { isPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

export const podReferenceMissing = defineCheck({
  id: 'pod-reference-missing',
  topic: 'schema',
  severity: 'error',
  title: 'A pod refers to an object that is not there',
  why: 'Without its ConfigMap, Secret or claim a pod never starts (`CreateContainerConfigError`, `FailedMount`), without its ServiceAccount it is not even made: the rollout stands still with no error where it was applied.',
  evidence: ['kubernetes: kubelet, makeEnvironmentVariables and volume mounts', 'kubernetes: admission plugin ServiceAccount'],
  fix: 'Correct the name, add the object, or mark the reference as `optional: true`.',
  *run(model) {
    const missing = missingObjects(model)
    for (const pod of model.podSpecs) {
      const { object } = pod
      if (isPart(model, object)) continue
      const told = new Set<string>()
      for (const { kind, name, at, key } of podReferences(pod)) {
        if (isPlaceholder(name)) continue
        const reference = { group: '', kind, namespace: object.namespace, name }
        const found = missing.find(reference, object)
        if (found !== undefined) {
          if (told.has(`${kind}/${name}`)) continue
          told.add(`${kind}/${name}`)
          yield {
            message: `${object.subject} needs ${kind} ${name}, which is not there${missing.hint(found)}`,
            at: [at.at(), ...(found.near === undefined ? [] : [found.near.at('metadata', 'name')])],
          }
        } else if (key !== undefined && (kind === 'ConfigMap' || kind === 'Secret')) {
          const holders = model.find(reference, object).filter((each) => each.namespace === object.namespace)
          if (holders.length !== 1 || told.has(`${kind}/${name}/${key.name}`)) continue
          const keys = keysOf(holders[0]!)
          if (keys === undefined || keys.includes(key.name) || isPlaceholder(key.name)) continue
          told.add(`${kind}/${name}/${key.name}`)
          yield {
            message: `${object.subject} needs the key ${key.name} of ${kind} ${name}, which has ${keys.slice(0, 5).join(', ')}`,
            at: [key.at.at(), holders[0]!.at('metadata', 'name')],
          }
        }
      }
    }
  },
})

/** Undefined where others fill it in: nothing is written, or a controller is told to. */
function keysOf(object: KubeDocument): string[] | undefined {
  const keys = ['data', 'stringData', 'binaryData'].flatMap((member) => object.keys(member))
  if (keys.length === 0 || object.keys('metadata', 'annotations').some((key) => /inject|cert-manager|reflect|replicat/.test(key)))
    return undefined
  return keys
}

import { isObject } from '../../../base/json.js'
import { builtInResources } from '../../../kube/schema/resources.js'
import { KubeDocument } from '../model/document.js'
import { Locator } from '../model/locator.js'
import type { Path } from '../model/spot.js'

/** An object that is written inside of another, which members get as it is. */
export interface EmbeddedObject {
  readonly object: KubeDocument
  /** Where it stands in the other. */
  readonly path: Path
}

/** Where kinds of federations have whole objects. */
const manifests: Readonly<Record<string, Path>> = {
  'ManifestWork.work.open-cluster-management.io': ['spec', 'workload', 'manifests'],
  'Work.work.karmada.io': ['spec', 'workload', 'manifests'],
}

const apiVersionOfKind = new Map<string, string>()
for (const { group, version, kind } of builtInResources) {
  // Without the group that has the events and the metrics of the same names.
  if (group !== 'events.k8s.io' && !apiVersionOfKind.has(kind))
    apiVersionOfKind.set(kind, group === '' ? version : `${group}/${version}`)
}

/** Templates of KubeFed (to which it adds apiVersion, kind and name) and manifests of Works. */
export function embeddedObjects(document: KubeDocument): EmbeddedObject[] {
  const { group, kind } = document
  if (group === 'types.kubefed.io' && kind.startsWith('Federated')) {
    const path: Path = ['spec', 'template']
    const template = document.get(...path)
    const target = kind.slice('Federated'.length)
    const apiVersion = apiVersionOfKind.get(target)
    if (!isObject(template) || apiVersion === undefined) return []
    const metadata = isObject(template['metadata']) ? template['metadata'] : {}
    return [
      {
        path,
        object: inner(document, { ...template, apiVersion, kind: target, metadata: { ...metadata, name: document.name } }),
      },
    ]
  }
  const path = manifests[`${kind}.${group}`]
  const list = path === undefined ? undefined : document.get(...path)
  if (path === undefined || !Array.isArray(list)) return []
  return list.flatMap((value, index) => (isObject(value) ? [{ path: [...path, index], object: inner(document, value) }] : []))
}

/** Only to be read: it has no places of its own. */
function inner(document: KubeDocument, value: Record<string, unknown>): KubeDocument {
  return new KubeDocument({ value, role: 'object', source: document.source, locator: new Locator() })
}

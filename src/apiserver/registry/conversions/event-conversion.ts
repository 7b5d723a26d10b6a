import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { VersionConversion } from '../resource.js'

/** events.k8s.io/v1 field -> field of the core Event, which is what is stored. */
const names: Readonly<Record<string, string>> = {
  note: 'message',
  regarding: 'involvedObject',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
}
const inverse = Object.fromEntries(Object.entries(names).map(([event, core]) => [core, event]))
const views = new WeakMap<KubeObject, KubeObject>()

/** Both event APIs show the same objects. */
export const convertEvents: VersionConversion = {
  toStored: (object) => rename(object, names, 'v1'),
  fromStored(object) {
    if (object.apiVersion === 'events.k8s.io/v1') return object
    let view = views.get(object)
    if (view === undefined) views.set(object, (view = rename(object, inverse, 'events.k8s.io/v1')))
    return view
  },
}

function rename(object: KubeObject, renamed: Readonly<Record<string, string>>, apiVersion: string): KubeObject {
  const result: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(object)) result[renamed[field] ?? field] = value
  return { ...result, apiVersion } as KubeObject
}

import type { CelField, CelType } from '../../../formats/cel/contract.js'

const text: CelType = { kind: 'string' }
const texts: CelType = { kind: 'list', items: text }
const time: CelType = { kind: 'timestamp' }
const int: CelType = { kind: 'int' }
const dyn: CelType = { kind: 'dyn' }

function struct(name: string, fields: Readonly<Record<string, CelType>>): CelType {
  const entries = Object.entries(fields).map(([field, type]): [string, CelField] => [field, { type, property: field }])
  return { kind: 'object', name, fields: new Map(entries) }
}

const gvk = struct('kubernetes.GroupVersionKind', { group: text, version: text, kind: text })
const gvr = struct('kubernetes.GroupVersionResource', { group: text, version: text, resource: text })

/** The variable `request`. */
export const requestType: CelType = struct('kubernetes.AdmissionRequest', {
  kind: gvk,
  resource: gvr,
  subResource: text,
  requestKind: gvk,
  requestResource: gvr,
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: text,
  userInfo: struct('kubernetes.UserInfo', {
    username: text,
    uid: text,
    groups: texts,
    extra: { kind: 'map', key: text, value: texts },
  }),
  dryRun: { kind: 'bool' },
  options: dyn,
})

const textMap: CelType = { kind: 'map', key: text, value: text }

/** The variable `namespaceObject`: a Namespace without its owners and managed fields. */
export const namespaceType: CelType = struct('kubernetes.Namespace', {
  metadata: struct('kubernetes.NamespaceMetadata', {
    name: text,
    generateName: text,
    namespace: text,
    labels: textMap,
    annotations: textMap,
    UID: text,
    creationTimestamp: time,
    deletionGracePeriodSeconds: int,
    deletionTimestamp: time,
    generation: int,
    resourceVersion: text,
    finalizers: texts,
  }),
  spec: struct('kubernetes.NamespaceSpec', { finalizers: texts }),
  status: struct('kubernetes.NamespaceStatus', {
    conditions: {
      kind: 'list',
      items: struct('kubernetes.NamespaceCondition', {
        status: text,
        type: text,
        lastTransitionTime: time,
        message: text,
        reason: text,
      }),
    },
    phase: text,
  }),
})

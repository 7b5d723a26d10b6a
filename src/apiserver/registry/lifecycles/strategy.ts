import type { Json } from '../../../base/json.js'
import { printJson } from '../../../base/json-text.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

/** How the registry treats one resource where resources differ. Data: the code that reads it is the same for all. */
export interface Strategy {
  /** Writes to the resource keep the stored status, writes to its status subresource keep everything else. */
  readonly status?: boolean
  /** The status of a new object, whatever the client sent (only with `status`). Undefined: none. */
  readonly initialStatus?: Json
  /** New objects keep the status that came with them (nodes: a kubelet registers with it). */
  readonly keepsStatusOnCreate?: boolean
  /** metadata.generation is 1 at first and grows when anything but metadata and status changes; `first`: it stays 1; `later`: it is absent at first. */
  readonly generation?: boolean | 'first' | 'later'
  /** ... and when annotations change (Deployments). */
  readonly generationCountsAnnotations?: boolean
  /** ... and when labels change (EndpointSlices). */
  readonly generationCountsLabels?: boolean
  /** The garbage collector leaves it alone: how it is to be deleted does not count. */
  readonly uncollected?: boolean
  /** PUT of an object that is not there creates it. */
  readonly createOnUpdate?: boolean
  /** PUT must carry a resourceVersion. */
  readonly versionedUpdate?: boolean
  /** Field selectors besides metadata.name and metadata.namespace: label -> where its value is. */
  readonly selectable?: Readonly<Record<string, SelectableField>>
  /** Writes to the status keep this of the stored metadata; undefined: nothing. */
  readonly statusKeeps?: 'metadata' | 'labels'
  /** A deletion that does not say what becomes of the dependents leaves them behind. */
  readonly orphansByDefault?: boolean
  /** The resource's own endpoint writes no spec that anybody could own (certificate requests). */
  readonly ownsNoSpec?: boolean
  /** Where the scale subresource finds its numbers. */
  readonly scale?: ScalePaths
}

/** A path in the object (dots), or more than that. */
export type SelectableField =
  | string
  | {
      readonly path: string
      /** Where the value is when the first path has none. */
      readonly or?: string
      /** The text of a value that is absent; '' otherwise. */
      readonly absent?: string
    }

export interface ScalePaths {
  readonly specReplicas: string
  readonly statusReplicas: string
  /** Path of a metav1.LabelSelector, of a plain map, or of a selector text; undefined: none. */
  readonly selector?: string
  readonly selectorIs?: 'label-selector' | 'map' | 'text'
}

/** The value at a dotted path, undefined when something on the way is absent. */
export function valueAt(object: KubeObject, path: string): unknown {
  let value: unknown = object
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}

/** The text that field selectors compare: '' for an absent value. */
export function fieldText(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : typeof value === 'object' ? printJson(value) : String(value)
}

import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { servicePort } from '../../services/model/read-service.js'
import type { ServicePort } from '../../services/model/service-model.js'

/** What a MultiClusterService says. */
export interface MultiClusterService {
  readonly ports: readonly ServicePort[]
  readonly selector: Readonly<Record<string, string>>
  /** spec.template.spec as it is written, for the Services that are made of it. */
  readonly template: Readonly<Record<string, unknown>>
  /** `REGION/NAME` of clusters; empty: all. */
  readonly links: readonly string[]
}

export function readMultiClusterService(object: KubeObject): MultiClusterService {
  const spec = record(object['spec'])
  const template = record(record(spec['template'])['spec'])
  const selector: Record<string, string> = {}
  for (const [key, value] of Object.entries(record(template['selector']))) if (typeof value === 'string') selector[key] = value
  return {
    template,
    selector,
    ports: list(template['ports']).flatMap((each) => {
      const { name, port, protocol } = record(each)
      if (typeof port !== 'number') return []
      return [
        servicePort({
          port,
          ...(typeof name === 'string' ? { name } : {}),
          ...(typeof protocol === 'string' ? { protocol } : {}),
        }),
      ]
    }),
    links: list(spec['clusters']).flatMap((each) => {
      const { link } = record(each)
      return typeof link === 'string' ? [link] : []
    }),
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {}
}
function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

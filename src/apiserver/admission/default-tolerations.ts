import { isObject } from '../../base/json.js'
import type { AdmissionPlugin } from './contract.js'

interface Toleration {
  key?: string
  operator?: string
  effect?: string
  tolerationSeconds?: number
}

const tolerated = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

/** Pods stay for five minutes on a node that is not ready or cannot be reached, unless they say otherwise. */
export const defaultTolerations: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === 'pods' && operation !== 'DELETE' && subresource === '',
  mutate({ object }) {
    const spec = object?.['spec']
    if (!isObject(spec)) return
    const tolerations = (Array.isArray(spec['tolerations']) ? spec['tolerations'] : []) as Toleration[]
    const missing = tolerated.filter(
      (key) => !tolerations.some((own) => (own.key === key || !own.key) && (own.effect === 'NoExecute' || !own.effect)),
    )
    if (missing.length === 0) return
    const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }))
    spec['tolerations'] = [...tolerations, ...added]
  },
}

import { isObject } from '../../base/json.js'
import type { AdmissionPlugin } from './contract.js'

const notReady = 'node.kubernetes.io/not-ready'

/**
 * A new node takes no pods before it is ready; the controller of nodes takes the taint away. A node that comes with the
 * condition Ready needs none here: simulated ones are born that way.
 */
export const nodeTaint: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === 'nodes' && operation === 'CREATE' && subresource === '',
  mutate({ object }) {
    if (object === undefined || isReady(object['status'])) return
    const spec = isObject(object['spec']) ? object['spec'] : {}
    const taints = Array.isArray(spec['taints']) ? spec['taints'] : []
    if (taints.some((taint) => isObject(taint) && taint['key'] === notReady && taint['effect'] === 'NoSchedule')) return
    object['spec'] = { ...spec, taints: [...taints, { key: notReady, effect: 'NoSchedule' }] }
  },
}

function isReady(status: unknown): boolean {
  const conditions = isObject(status) && Array.isArray(status['conditions']) ? status['conditions'] : []
  return conditions.some((condition) => isObject(condition) && condition['type'] === 'Ready' && condition['status'] === 'True')
}

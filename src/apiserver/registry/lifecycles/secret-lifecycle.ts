import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Lifecycle } from './lifecycle.js'

/** stringData is for writers only: it becomes data. */
export const secretLifecycle: Lifecycle = {
  beforeCreate: (_scope, object) => encodeStringData(object),
  beforeUpdate: (_scope, object) => encodeStringData(object),
}

function encodeStringData(object: KubeObject): void {
  const text = object['stringData']
  if (text === undefined) return
  delete object['stringData']
  if (!isObject(text) || Object.keys(text).length === 0) return
  const data = isObject(object['data']) ? object['data'] : {}
  for (const [key, value] of Object.entries(text)) data[key] = Buffer.from(String(value)).toString('base64')
  object['data'] = data
}

import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

export interface Verdict {
  readonly inSync: boolean
  /** Field paths where desired and live differ. */
  readonly paths: readonly string[]
}

export function differsPlainly(desired: KubeObject, live: KubeObject): Verdict {
  const paths: string[] = []
  compare(desired, live, '', paths)
  return { inSync: paths.length === 0, paths }
}

function compare(desired: unknown, live: unknown, path: string, paths: string[]): void {
  if (isObject(desired)) {
    if (!isObject(live)) {
      if (Object.keys(desired).length > 0) paths.push(path)
      return
    }
    for (const key of Object.keys(desired)) compare(desired[key], live[key], path === '' ? key : `${path}.${key}`, paths)
  } else if (Array.isArray(desired)) {
    if (!Array.isArray(live) || live.length !== desired.length) paths.push(path)
    else for (const [index, item] of desired.entries()) compare(item, live[index], `${path}[${index}]`, paths)
  } else if (desired !== live && desired !== null) paths.push(path)
}

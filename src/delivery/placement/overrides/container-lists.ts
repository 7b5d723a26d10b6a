import { isObject } from '../../../base/json.js'
import type { JsonPatchOperation } from '../../../formats/json-patch/json-patch.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

export interface CommandArgsOverrider {
  readonly containerName: string
  /** `add` appends, `remove` takes every equal word out. */
  readonly operator: string
  readonly value?: readonly string[]
}

const templated = new Set(['ReplicaSet', 'Deployment', 'DaemonSet', 'StatefulSet', 'Job'])

/** The containers of the kinds that Karmada knows, and where they are. Kinds go by their name alone, as upstream. */
export function containersOf(object: KubeObject): { containers: readonly unknown[]; path: string } | undefined {
  const path = object.kind === 'Pod' ? ['spec'] : templated.has(object.kind) ? ['spec', 'template', 'spec'] : undefined
  if (path === undefined) return undefined
  let current: unknown = object
  for (const step of [...path, 'containers']) {
    if (!isObject(current)) return undefined
    current = current[step]
  }
  return Array.isArray(current) ? { containers: current, path: `/${path.join('/')}/containers` } : undefined
}

export function patchContainerLists(
  object: KubeObject,
  field: 'command' | 'args',
  { containerName, operator, value = [] }: CommandArgsOverrider,
): JsonPatchOperation[] {
  const found = containersOf(object)
  if (found === undefined) return []
  const operations: JsonPatchOperation[] = []
  for (const [index, container] of found.containers.entries()) {
    if (!isObject(container) || container['name'] !== containerName) continue
    const old = container[field]
    const words = Array.isArray(old) ? old.map(String) : []
    const changed =
      operator === 'add' ? [...words, ...value] : operator === 'remove' ? words.filter((word) => !value.includes(word)) : words
    const isThere = old !== undefined && old !== null
    operations.push({ op: isThere ? 'replace' : 'add', path: `${found.path}/${index}/${field}`, value: changed })
  }
  return operations
}

import { setOwn } from '../../../base/json.js'
import type { Params } from './params.js'
import type { TextRenderer } from './text-renderer.js'

/**
 * Data with each string in it rendered by itself, keys too. Booleans and numbers stay; members that are null are left out,
 * as Go's structs and maps leave them out. `special` may take a member over: undefined means not.
 */
export function renderTree(
  value: unknown,
  params: Params,
  text: TextRenderer,
  special?: (key: string, member: unknown, parent: string | undefined) => unknown,
): unknown {
  return visit(value, undefined)

  function visit(node: unknown, name: string | undefined): unknown {
    if (typeof node === 'string') return text.render(node, params)
    if (Array.isArray(node)) return node.map((item) => visit(item, name))
    if (typeof node !== 'object' || node === null) return node
    const rendered: Record<string, unknown> = {}
    for (const key of Object.keys(node).sort()) {
      const member = (node as Record<string, unknown>)[key]
      if (member === null || member === undefined) continue
      const taken = special?.(key, member, name)
      setOwn(rendered, text.render(key, params), taken === undefined ? visit(member, key) : taken)
    }
    return rendered
  }
}

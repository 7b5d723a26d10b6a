import { setOwn } from '../../../base/json.js'
import { typedMap } from '../../../formats/go-template/values.js'
import type { Params } from './params.js'
import type { TextRenderer } from './text-renderer.js'

/**
 * Adds a generator's `values` to a set of its parameters, under `values` (or as `values.KEY`). Each value sees the
 * parameters without any of the values, so that none can grow from another.
 */
export function addTemplatedValues(
  values: Readonly<Record<string, string>> | undefined,
  params: Params,
  text: TextRenderer,
): void {
  const keys = Object.keys(values ?? {})
  if (values === undefined || keys.length === 0) return
  const rendered: Record<string, unknown> = {}
  for (const key of keys) setOwn(rendered, key, text.render(values[key]!, params))
  if (text.goTemplate) params['values'] = typedMap('map[string]string', rendered)
  else for (const key of keys) params[`values.${key}`] = rendered[key]
}

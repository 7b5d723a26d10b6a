import { setOwn } from '../../../../base/json.js'
import { resolvePlain } from '../../../../formats/yaml/resolve-scalar.js'
import { markUntyped } from '../../../../formats/yaml/source-marks.js'

/** What a plain text means in YAML. */
export function retyped(text: string): unknown {
  const value = resolvePlain(text, 'kyaml')
  return value === undefined ? text : value
}

/** Sets a field of which only the text is known: it has the type that the text has. */
export function setUntyped(map: Record<string, unknown>, key: string, text: string): void {
  setOwn(map, key, retyped(text))
  markUntyped(map, key, text)
}

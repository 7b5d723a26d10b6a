import { sha256 } from '@noble/hashes/sha2.js'
import { isObject } from '../../../../base/json.js'
import { type Resource, scalarText } from './resource.js'

const encoder = new TextEncoder()
const letters: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' }

/**
 * The ten characters that kustomize appends to the names of generated ConfigMaps and Secrets. The name is meant to count
 * too, but kustomize looks it up where it is not: it is always empty.
 */
export function contentHash(resource: Resource): string {
  const object = resource.object ?? {}
  const { kind } = resource
  let content: unknown = object
  if (kind === 'ConfigMap')
    content = { kind, name: '', data: part(object['data']), ...present('binaryData', object['binaryData']) }
  else if (kind === 'Secret') {
    content = {
      kind,
      type: part(object['type']),
      name: '',
      data: part(object['data']),
      ...present('stringData', object['stringData']),
    }
  }
  let hash = ''
  for (const byte of sha256(encoder.encode(goJson(content))).subarray(0, 5)) hash += byte.toString(16).padStart(2, '0')
  return hash.replace(/[013ae]/g, (digit) => letters[digit]!)
}

/** A list where a map belongs counts as null. */
function part(value: unknown): unknown {
  return isObject(value) ? value : Array.isArray(value) ? null : scalarText(value)
}

function present(field: string, value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { [field]: part(value) } : {}
}

/** JSON as Go's encoder writes it: sorted keys, and <, >, & and the line separators escaped. */
export function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  if (isObject(value)) {
    const keys = Object.keys(value).sort(compareCodePoints)
    return `{${keys.map((key) => `${goText(key)}:${goJson(value[key])}`).join(',')}}`
  }
  return typeof value === 'string' ? goText(value) : JSON.stringify(value ?? null)
}

function goText(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The order of UTF-8 bytes, which is that of code points; JavaScript's own order differs beyond U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let index = 0; index < end; index++) {
    let left = a.charCodeAt(index)
    let right = b.charCodeAt(index)
    if (left === right) continue
    if (left >= 0xd800 && right >= 0xd800) {
      // Surrogates stand for the highest code points, so they go behind the rest of the plane.
      left += left >= 0xe000 ? -0x800 : 0x2000
      right += right >= 0xe000 ? -0x800 : 0x2000
    }
    return left - right
  }
  return a.length - b.length
}

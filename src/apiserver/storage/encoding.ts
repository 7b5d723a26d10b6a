import { printJson } from '../../base/json-text.js'

/**
 * JSON text of shared objects, made once: the log, GET, LIST and every watcher use the same text. Correct because nobody
 * changes an object that storage handed out. Bounded: two generations of weak maps, so that texts which nobody asked for
 * lately (and those of objects that are gone) are let go.
 */
const generationChars = 24 * 1024 * 1024
let young = new WeakMap<object, string>()
let old = new WeakMap<object, string>()
let youngChars = 0

/** The object's JSON text. Only for objects that are never changed again. */
export function encodeObject(object: object): string {
  let text = young.get(object)
  if (text !== undefined) return text
  text = old.get(object) ?? printJson(object)
  if (youngChars > generationChars) {
    old = young
    young = new WeakMap()
    youngChars = 0
  }
  young.set(object, text)
  youngChars += text.length
  return text
}

import { isObject } from '../../base/json.js'
import { statusErrors } from '../../kube/object/status-error.js'

/**
 * Upstream's decoder goes ten times as deep. Data is walked by recursion here, and a stack that is nearly full is no failure that
 * could be told: V8 ends the process when it has to compile a regular expression there.
 */
const mostLevels = 1_000
/**
 * Members and items of an object. Each takes some twenty bytes of what etcd keeps (1.5 MiB at most), its owner in managedFields
 * included: no real cluster holds an object of more, and each takes microseconds of everybody's time.
 */
const mostMembers = 65_536
/** What is shorter is read faster than it is looked over. */
export const shortBody = 64 * 1024

/**
 * Whether a text of JSON is nested so deeply that no reader takes it. Found in a few milliseconds, where a parser is busy
 * for hundreds.
 */
export function isTooDeep(text: string): boolean {
  // Each level takes a bracket on either side.
  if (text.length < mostLevels) return false
  let level = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfString(text, at)
        break
      case 0x5b: // [
      case 0x7b: // {
        if (++level > mostLevels) return true
        break
      case 0x5d: // ]
      case 0x7d: // }
        level--
        break
    }
  }
  return false
}

/** Throws RequestEntityTooLarge for data with more members than any cluster stores in one object. */
export function boundMembers(value: unknown): void {
  let left = mostMembers
  const walk = (each: unknown): void => {
    if (Array.isArray(each)) {
      left -= each.length
      if (left < 0) return
      for (const item of each) if (typeof item === 'object') walk(item)
    } else if (isObject(each)) {
      const keys = Object.keys(each)
      left -= keys.length
      if (left < 0) return
      for (const key of keys) {
        const member = each[key]
        if (typeof member === 'object') walk(member)
      }
    }
  }
  walk(value)
  if (left < 0)
    throw statusErrors.requestEntityTooLarge(`Request entity too large: the object has more than ${mostMembers} members`)
}

/** Where the closing quote is, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++
    if (slashes % 2 === 0) return at
  }
  return text.length
}

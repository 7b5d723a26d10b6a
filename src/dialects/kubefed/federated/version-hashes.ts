import { md5 } from '@noble/hashes/legacy.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { compareText } from '../../../base/compare-text.js'
import { isObject } from '../../../base/json.js'
import { printJson } from '../../../base/json-text.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { listOverrides } from './read-overrides.js'

/** The hash of `spec.template` as KubeFed records it; '' where there is none. */
export function templateVersion(federated: KubeObject): string {
  const spec = federated['spec']
  const template = isObject(spec) ? spec['template'] : undefined
  return isObject(template) ? hashOf(goText(template)) : ''
}

/** The hash of `spec.overrides`; '' for an object without a spec. Fields stand in the order of upstream's structs. */
export function overridesVersion(federated: KubeObject): string {
  const spec = federated['spec']
  if (!isObject(spec)) return ''
  const listed = Array.isArray(spec['overrides']) ? listOverrides(federated) : undefined
  if (listed === undefined) return hashOf('{"overrides":null}')
  const entries = listed.map(({ clusterName, clusterOverrides = [] }) => {
    const overrides = clusterOverrides.map(({ op, path, value }) => {
      const parts = [`"path":${goText(path)}`]
      if (op !== undefined && op !== '') parts.unshift(`"op":${goText(op)}`)
      if (value !== undefined && value !== null) parts.push(`"value":${goText(value)}`)
      return `{${parts.join(',')}}`
    })
    const list = overrides.length === 0 ? '' : `,"clusterOverrides":[${overrides.join(',')}]`
    return `{"clusterName":${goText(clusterName)}${list}}`
  })
  return hashOf(`{"overrides":[${entries.join(',')}]}`)
}

/** What Go's encoder writes ends with a line feed. */
function hashOf(text: string): string {
  return bytesToHex(md5(utf8ToBytes(`${text}\n`)))
}

/** JSON as Go's encoder writes maps: keys sorted by bytes, and what HTML would take amiss escaped. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(',')}]`
  if (isObject(value)) {
    const members = Object.keys(value)
      .sort(compareText)
      .map((key) => `${goText(key)}:${goText(value[key])}`)
    return `{${members.join(',')}}`
  }
  return printJson(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

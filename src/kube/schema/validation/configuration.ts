import { equalJson } from '../../../base/json.js'
import { explainConfigKey, explainQualifiedName } from '../../object/names.js'
import { GoText, quote } from '../field-cause.js'
import { type Findings, listOf, type Members, membersOf, structsOf, textOf } from './findings.js'
import { cidrText, isCidr } from './ip-address.js'
import { goStrings } from './labels.js'

export function checkConfigMap(configMap: Members, to: Findings): void {
  const binary = membersOf(configMap['binaryData'])
  for (const key of Object.keys(membersOf(configMap['data']))) {
    to.explain(`data[${key}]`, key, explainConfigKey(key))
    if (Object.hasOwn(binary, key)) to.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')
  }
  for (const key of Object.keys(binary)) to.explain(`binaryData[${key}]`, key, explainConfigKey(key))
  checkSize('[]', textBytes(configMap['data']) + base64Bytes(binary), to)
}

/** What ConfigMaps and Secrets may hold at most, in bytes. */
const mostBytes = 1_048_576

function checkSize(field: string, bytes: number, to: Findings): void {
  if (bytes <= mostBytes) return
  to.causes.push({ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${mostBytes} bytes`, field })
}

/** In UTF-8. Exact only where it may matter: so few characters cannot be too many bytes. */
function textBytes(data: unknown): number {
  const texts = Object.values(membersOf(data)).map(textOf)
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  return characters * 3 <= mostBytes ? characters : texts.reduce((sum, text) => sum + utf8Bytes(text), 0)
}

function base64Bytes(data: Members): number {
  let bytes = 0
  for (const value of Object.values(data)) {
    const text = textOf(value)
    bytes += Math.floor(text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0)
  }
  return bytes
}

function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1
  }
  return bytes
}

/** Keys that a type of Secret must have. */
const secretKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

export function checkSecret(secret: Members, to: Findings): void {
  const data = membersOf(secret['data'])
  for (const key of Object.keys(data)) to.explain(`data[${key}]`, key, explainConfigKey(key))
  checkSize('data', base64Bytes(data), to)
  const type = textOf(secret['type'])
  for (const key of secretKeys[type] ?? []) if (!Object.hasOwn(data, key)) to.required(`data[${key}]`)
  if (type === 'kubernetes.io/service-account-token') {
    const annotation = 'kubernetes.io/service-account.name'
    const { annotations } = membersOf(secret['metadata'])
    if (textOf(membersOf(annotations)[annotation]) === '') to.required(`metadata.annotations[${annotation}]`)
  }
  if (type === 'kubernetes.io/basic-auth' && !Object.hasOwn(data, 'username') && !Object.hasOwn(data, 'password')) {
    to.required('data[username]')
    to.required('data[password]')
  }
}

/** Of an immutable ConfigMap or Secret only the metadata may change. */
export function checkDataUpdate(object: Members, old: Members, to: Findings): void {
  if (old['immutable'] !== true) return
  const text = 'field is immutable when `immutable` is set'
  if (object['immutable'] !== true) to.forbidden('immutable', text)
  for (const key of ['data', 'binaryData']) {
    if (!equalJson(membersOf(object[key]), membersOf(old[key]))) to.forbidden(key, text)
  }
}

export function checkSecretUpdate(secret: Members, old: Members, to: Findings): void {
  to.immutable('type', secret['type'], !equalJson(secret['type'], old['type']))
  checkDataUpdate(secret, old, to)
}

export function checkNamespace(namespace: Members, to: Findings): void {
  for (const finalizer of listOf(membersOf(namespace['spec'])['finalizers']).map(textOf)) {
    const field = 'spec.finalizers'
    to.explain(field, finalizer, explainQualifiedName(finalizer))
    if (!finalizer.includes('/') && finalizer !== 'kubernetes') {
      to.invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')
    }
  }
}

/** The same for the endpoint of the finalizers alone: findings say which one it is. */
export function checkNamespaceFinalizers(namespace: Members, to: Findings): void {
  for (const [index, finalizer] of listOf(membersOf(namespace['spec'])['finalizers']).map(textOf).entries()) {
    const field = `spec.finalizers[${index}]`
    to.explain(field, finalizer, explainQualifiedName(finalizer))
    if (!finalizer.includes('/') && finalizer !== 'kubernetes') {
      to.invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')
    }
  }
}

export function checkNode(node: Members, to: Findings): void {
  const spec = membersOf(node['spec'])
  const ranges = listOf(spec['podCIDRs']).map(textOf)
  const known = ranges.every(isCidr)
  for (const [index, range] of ranges.entries()) {
    if (!isCidr(range)) to.invalid(`spec.podCIDRs[${index}]`, range, cidrText)
  }
  const families = new Set(ranges.map((range) => range.includes(':')))
  if (known && ranges.length > 1 && (families.size < 2 || ranges.length > 2)) {
    to.invalid('spec.podCIDRs', new GoText(goStrings(ranges)), 'may specify no more than one CIDR for each IP family')
  }
  const seen = new Set<string>()
  for (const [index, taint] of structsOf(spec['taints']).entries()) {
    const at = `metadata.taints[${index}]`
    to.explain(`${at}.key`, textOf(taint['key']), explainQualifiedName(textOf(taint['key'])))
    const effect = textOf(taint['effect'])
    if (effect === '') to.required(`${at}.effect`)
    else to.oneOf(`${at}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    const key = `${textOf(taint['key'])}/${effect}`
    if (seen.has(key)) {
      const { key: name, value } = taint
      const printed = `core.Taint{Key:${quote(textOf(name))}, Value:${quote(textOf(value))}, Effect:${quote(effect)}, TimeAdded:<nil>}`
      to.duplicate(at, new GoText(printed), 'taints must be unique by key and effect pair')
    }
    seen.add(key)
  }
}

export function checkNodeUpdate(node: Members, old: Members, to: Findings): void {
  const spec = membersOf(node['spec'])
  const before = membersOf(old['spec'])
  const hadRanges = listOf(before['podCIDRs'])
  if (hadRanges.length > 0 && !equalJson(spec['podCIDRs'], hadRanges)) {
    to.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')
  }
  if (textOf(before['providerID']) !== '' && spec['providerID'] !== before['providerID']) {
    to.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid')
  }
}

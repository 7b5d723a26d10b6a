import type { JsonObject } from '../../../../base/json.js'
import { setOwn } from '../../../../base/json.js'
import { buildError, buildErrorIn } from '../build-error.js'
import { compareCodePoints } from '../resources/content-hash.js'
import { type GeneratorBehavior, Resource } from '../resources/resource.js'
import type { GeneratorEntry, GeneratorOptions } from '../sources/kustomization.js'
import type { Loader } from '../sources/loader.js'

/** The resource of one entry of configMapGenerator or secretGenerator. */
export async function generate(
  kind: 'ConfigMap' | 'Secret',
  entry: GeneratorEntry,
  globalOptions: GeneratorOptions | undefined,
  loader: Loader,
): Promise<Resource> {
  const source = `${kind === 'Secret' ? 'secretGenerator' : 'configMapGenerator'} ${entry.name ?? ''} of ${loader.name('') || '.'}`
  if ((entry.name ?? '') === '') throw buildError(`${source}: a configmap must have a name`)
  const options = mergeOptions(entry.options, globalOptions)
  const metadata: JsonObject = { name: entry.name! }
  if ((entry.namespace ?? '') !== '') metadata['namespace'] = entry.namespace!
  if (Object.keys(options.labels ?? {}).length > 0) metadata['labels'] = { ...options.labels }
  if (Object.keys(options.annotations ?? {}).length > 0) metadata['annotations'] = { ...options.annotations }
  const object: JsonObject = { apiVersion: 'v1', kind, metadata }
  const pairs = await readPairs(entry, source, loader)
  if (kind === 'Secret') {
    object['type'] = (entry.type ?? '') === '' ? 'Opaque' : entry.type!
    const data: JsonObject = {}
    for (const [key, bytes] of pairs) setOwn(data, key, wrappedBase64(bytes))
    object['data'] = data
  } else {
    for (const [key, bytes] of pairs) {
      const text = asText(bytes)
      const field = text === undefined ? 'binaryData' : 'data'
      const map = (object[field] ??= {}) as JsonObject
      setOwn(map, key, text ?? wrappedBase64(bytes))
    }
  }
  if (options.immutable === true) object['immutable'] = true
  const resource = new Resource(object, source)
  resource.needsHash = options.disableNameSuffixHash !== true
  resource.behavior = behaviorOf(entry.behavior)
  return resource
}

function behaviorOf(text: string | undefined): GeneratorBehavior {
  return text === 'create' || text === 'merge' || text === 'replace' ? text : 'unspecified'
}

/** Global options fill in what an entry leaves open; its switches can be turned on but not off. */
function mergeOptions(local: GeneratorOptions | undefined, global: GeneratorOptions | undefined): GeneratorOptions {
  if (global === undefined) return local ?? {}
  return {
    labels: { ...global.labels, ...local?.labels },
    annotations: { ...global.annotations, ...local?.annotations },
    disableNameSuffixHash: local?.disableNameSuffixHash === true || global.disableNameSuffixHash === true,
    immutable: local?.immutable === true || global.immutable === true,
  }
}

const encoder = new TextEncoder()
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Keys with their content, sorted by key: env files, then literals, then files; a key may come once only. */
async function readPairs(entry: GeneratorEntry, source: string, loader: Loader): Promise<[string, Uint8Array][]> {
  const pairs = new Map<string, Uint8Array>()
  const add = (key: string, value: Uint8Array) => {
    if (pairs.has(key)) throw buildError(`${source}: configmap ${entry.name} illegally repeats the key \`${key}\``)
    pairs.set(key, value)
  }
  const environments = [...(entry.envs ?? []), ...((entry.env ?? '') === '' ? [] : [entry.env!])]
  for (const path of environments) {
    try {
      for (const [key, value] of parseEnvironment(await loader.load(path), loader.name(path))) add(key, encoder.encode(value))
    } catch (error) {
      throw buildErrorIn(`${source}: env source files: ${path}`, error)
    }
  }
  for (const literal of entry.literals ?? []) {
    const at = literal.indexOf('=')
    if (at <= 0) throw buildError(`${source}: invalid literal source ${literal}, expected key=value`)
    add(literal.slice(0, at), encoder.encode(withoutQuotes(literal.slice(at + 1))))
  }
  for (const file of entry.files ?? []) {
    const [key, path] = parseFileSource(file, source)
    try {
      add(key, await loader.load(path))
    } catch (error) {
      throw buildErrorIn(`${source}: file sources: ${file}`, error)
    }
  }
  return [...pairs].sort(([a], [b]) => compareCodePoints(a, b))
}

/** Lines `key=value`; blank lines and those that start with # do not count, blanks before the key do not either. */
function parseEnvironment(bytes: Uint8Array, name: string): [string, string][] {
  const text = asText(bytes)
  if (text === undefined) throw buildError(`${name}: invalid utf8 bytes`)
  const pairs: [string, string][] = []
  for (const [index, raw] of text.split('\n').entries()) {
    let line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (index === 0 && line.startsWith('\ufeff')) line = line.slice(1)
    line = line.trimStart()
    if (line === '' || line.startsWith('#')) continue
    const at = line.indexOf('=')
    pairs.push(at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)])
  }
  return pairs
}

function parseFileSource(text: string, source: string): [key: string, path: string] {
  const parts = text.split('=')
  if (parts.length > 2) throw buildError(`${source}: source "${text}" key name or file path contains '='`)
  const [first, second] = parts
  if (second === undefined) return [first!.replace(/\/+$/, '').split('/').pop()!, first!]
  if (first === '') throw buildError(`${source}: missing key name for file path "${second}" in source "${text}"`)
  if (second === '') throw buildError(`${source}: missing file path for key name "${first}" in source "${text}"`)
  return [first!, second]
}

function withoutQuotes(text: string): string {
  const first = text[0]
  const quoted = text.length >= 2 && first === text[text.length - 1] && (first === '"' || first === "'")
  return quoted ? text.slice(1, -1) : text
}

function asText(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Base64, in lines of 70 characters when it is longer than one. */
export function wrappedBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  const text = btoa(binary)
  return text.length < 70 ? text : text.replace(/.{1,70}/g, '$&\n')
}

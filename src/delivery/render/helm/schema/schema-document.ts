import { isObject } from '../../../../base/json.js'

/** A schema's text, read, with what its references may name. */
export interface SchemaDocument {
  readonly root: unknown
  /** 4, 6, 7, 2019, 2020. */
  readonly draft: number
  readonly anchors: ReadonlyMap<string, unknown>
  /** Parts with an `$id` of their own, by it. */
  readonly parts: ReadonlyMap<string, unknown>
}

/** Reads a schema; without `$schema` it is of draft 2020-12. */
export function readSchema(root: unknown): SchemaDocument {
  const named = isObject(root) && typeof root['$schema'] === 'string' ? root['$schema'] : ''
  const found = /draft-?(?:\/)?(04|4|06|6|07|7|2019-09|2020-12)/.exec(named)?.[1]
  const draft = found === undefined ? 2020 : Number.parseInt(found, 10)
  const anchors = new Map<string, unknown>()
  const parts = new Map<string, unknown>()
  const walk = (value: unknown, depth: number): void => {
    if (depth > 200) return
    if (Array.isArray(value)) for (const item of value) walk(item, depth + 1)
    else if (isObject(value)) {
      for (const keyword of ['$anchor', '$dynamicAnchor']) {
        const anchor = value[keyword]
        if (typeof anchor === 'string') anchors.set(anchor, value)
      }
      const id = value['$id'] ?? value['id']
      if (typeof id === 'string') {
        if (id.startsWith('#')) anchors.set(id.slice(1), value)
        else parts.set(id.replace(/#$/, ''), value)
      }
      for (const member of Object.values(value)) walk(member, depth + 1)
    }
  }
  walk(root, 0)
  return { root, draft, anchors, parts }
}

/** What `$ref` names. Other documents are not fetched; `urn:` references that nothing answers to allow everything, as in Helm. */
export function resolveReference(document: SchemaDocument, reference: string): unknown {
  const hash = reference.indexOf('#')
  const url = hash === -1 ? reference : reference.slice(0, hash)
  const fragment = hash === -1 ? '' : decodeURIComponent(reference.slice(hash + 1))
  const base = url === '' ? document.root : partOf(document, url)
  if (base === undefined) {
    if (url.startsWith('urn:')) return true
    throw new Error(`failing loading ${JSON.stringify(url)}: schemas in other documents are not fetched`)
  }
  if (fragment === '') return base
  if (!fragment.startsWith('/')) {
    if (document.anchors.has(fragment)) return document.anchors.get(fragment)
    throw new Error(`anchor ${JSON.stringify(fragment)} not found in schema "file:///values.schema.json#"`)
  }
  let target: unknown = base
  for (const part of fragment.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(target)) target = target[Number(key)]
    else target = isObject(target) && Object.hasOwn(target, key) ? target[key] : undefined
    if (target === undefined) throw new Error(`json-pointer in "file:///values.schema.json#${fragment}" not found`)
  }
  return target
}

/** A part by its id, or by what its id ends with, since ids are relative to each other. */
function partOf(document: SchemaDocument, url: string): unknown {
  if (document.parts.has(url)) return document.parts.get(url)
  for (const [id, part] of document.parts) if (id.endsWith(`/${url}`) || url.endsWith(`/${id}`)) return part
  return undefined
}

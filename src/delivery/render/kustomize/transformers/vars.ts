import { isObject } from '../../../../base/json.js'
import { untypedText } from '../../../../formats/yaml/source-marks.js'
import type { BuildBudget } from '../build-budget.js'
import { buildError } from '../build-error.js'
import { equalGvk, type Gvk, isClusterScoped, parseGvk } from '../resources/gvk.js'
import { splitObjectPath } from '../resources/object-path.js'
import { outsideNamespaces, type ResourceId } from '../resources/resource.js'
import type { ResourceList } from '../resources/resource-list.js'
import type { VarEntry } from '../sources/kustomization.js'
import { type FieldSpec, setAt, visitField } from './field-spec.js'

/** The vars of a kustomization and its bases, by name; each name is given once. */
export type VarSet = Map<string, VarEntry>

/** Adds the vars of one kustomization, and marks the resource that each takes its value from. */
export function mergeVars(vars: VarSet, entries: readonly VarEntry[], list: ResourceList): void {
  for (const entry of entries) {
    const name = entry.name ?? ''
    const target = entry.objref ?? {}
    const gvk: Gvk =
      (target.apiVersion ?? '') === ''
        ? { group: target.group ?? '', version: target.version ?? '', kind: target.kind ?? '' }
        : parseGvk(target.apiVersion!, target.kind ?? '')
    const namespace = target.namespace ?? ''
    const apiVersion = gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`
    const clusterScoped = isClusterScoped(apiVersion, gvk.kind)
    const effective = clusterScoped ? outsideNamespaces : namespace === '' ? undefined : namespace
    const matches = (id: ResourceId) =>
      id.name === (target.name ?? '') && equalGvk(id, gvk) && (effective === undefined || id.effectiveNamespace === effective)
    const found = list.byAnyId(matches)
    if (found.length > 1) throw buildError(`found ${found.length} resId matches for var ${name} (unable to disambiguate)`)
    found[0]?.varNames.push(name)
    addVar(vars, name, entry)
  }
}

/** Takes over the vars of a base. */
export function mergeVarSets(vars: VarSet, more: VarSet): void {
  for (const [name, entry] of more) addVar(vars, name, entry)
}

function addVar(vars: VarSet, name: string, entry: VarEntry): void {
  if (vars.has(name)) throw buildError(`var '${name}' already encountered`)
  vars.set(name, entry)
}

/** Puts the values in place of `$(NAME)` at the fields of the specs. Answers the names that nothing asked for. */
export function resolveVars(list: ResourceList, vars: VarSet, specs: readonly FieldSpec[], budget: BuildBudget): string[] {
  if (vars.size === 0) return []
  const values = new Map<string, unknown>()
  for (const name of [...vars.keys()].sort()) values.set(name, valueOfVar(list, name, vars.get(name)!))
  const used = new Set<string>()
  const expand = (text: string) => {
    const expanded = expandVars(text, values, used)
    if (typeof expanded === 'string') budget.spend(expanded.length, 'vars')
    return expanded
  }
  for (const resource of list.items) {
    for (const spec of specs) {
      visitField(resource, spec, undefined, (parent, key, value) => {
        const text = typeof value === 'string' || Array.isArray(parent) ? value : (untypedText(parent, String(key)) ?? value)
        if (typeof text === 'string') setAt(parent, key, expand(text))
        else if (Array.isArray(value)) {
          for (const [index, item] of value.entries()) {
            if (typeof item !== 'string') throw buildError('invalid value type expect a string')
            value[index] = expand(item)
          }
        } else if (isObject(value)) {
          for (const name of Object.keys(value)) {
            const entry = untypedText(value, name) ?? value[name]
            if (typeof entry === 'string') value[name] = expand(entry)
          }
        }
      })
    }
  }
  return [...values.keys()].filter((name) => !used.has(name))
}

function valueOfVar(list: ResourceList, name: string, entry: VarEntry): unknown {
  const path = (entry.fieldref?.fieldPath ?? '') === '' ? 'metadata.name' : entry.fieldref!.fieldPath!
  for (const resource of list.items) {
    if (!resource.varNames.includes(name)) continue
    let value: unknown = resource.object
    for (const part of withIndexes(splitObjectPath(path))) {
      if (Array.isArray(value)) value = /^\d+$/.test(part) ? value[Number(part)] : undefined
      else value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined
    }
    if (value === undefined) throw buildError(`field specified in var '${name}' not found in corresponding resource: ${path}`)
    return value
  }
  throw buildError(`var '${name}' cannot be mapped to a field in the set of known resources`)
}

/** `ports[0]` is `ports`, `0`. */
function withIndexes(parts: readonly string[]): string[] {
  return parts.flatMap((part) => {
    const match = /^(.*)\[(\d+)\]$/.exec(part)
    if (match === null) return [part]
    return match[1] === '' ? [match[2]!] : [match[1]!, match[2]!]
  })
}

/**
 * `$(NAME)` is replaced when the name is known, `$$` is a single dollar, everything else stays. A text that is one
 * reference and nothing else takes the value's type.
 */
export function expandVars(text: string, values: ReadonlyMap<string, unknown>, used: Set<string>): unknown {
  if (!text.includes('$')) return text
  let out = ''
  let from = 0
  for (let at = 0; at < text.length - 1; at++) {
    if (text[at] !== '$') continue
    out += text.slice(from, at)
    const next = text[at + 1]!
    if (next === '$') {
      out += '$'
      at++
    } else if (next === '(') {
      const end = text.indexOf(')', at + 2)
      if (end === -1) {
        out += '$('
        at++
      } else {
        const name = text.slice(at + 2, end)
        const value = values.get(name)
        const isPrimitive = value !== undefined && value !== null && typeof value !== 'object'
        if (isPrimitive) {
          used.add(name)
          if (text === `$(${name})`) return value
        }
        out += isPrimitive ? String(value) : `$(${name})`
        at = end
      }
    } else {
      out += `$${next}`
      at++
    }
    from = at + 1
  }
  return out + text.slice(from)
}

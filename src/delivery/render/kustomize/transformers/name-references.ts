import { isObject } from '../../../../base/json.js'
import { checkWorkTime } from '../../../../base/work-time.js'
import { scalarStyle } from '../../../../formats/yaml/scalar-style.js'
import { isQuoted } from '../../../../formats/yaml/source-marks.js'
import { buildError } from '../build-error.js'
import { type Gvk, isClusterScoped, isSelectedBy } from '../resources/gvk.js'
import { formatId, outsideNamespaces, type Resource, type ResourceId, scalarText } from '../resources/resource.js'
import type { ResourceList } from '../resources/resource-list.js'
import { retyped, setUntyped } from '../resources/untyped-scalar.js'
import type { NameReference, TransformerConfig } from './default-specs.js'
import { type FieldSpec, setAt, visitField } from './field-spec.js'

interface Rule {
  readonly target: Gvk
  readonly spec: FieldSpec
}

/** Rules by the kind of the object that refers; '' for those that hold for every kind. */
const rulesByKind = new WeakMap<readonly NameReference[], Map<string, Rule[]>>()

function indexRules(references: readonly NameReference[]): Map<string, Rule[]> {
  let rules = rulesByKind.get(references)
  if (rules !== undefined) return rules
  rules = new Map()
  for (const target of references) {
    for (const spec of target.fieldSpecs) {
      const kind = spec.kind ?? ''
      const known = rules.get(kind)
      if (known === undefined) rules.set(kind, [{ target, spec }])
      else known.push({ target, spec })
    }
  }
  rulesByKind.set(references, rules)
  return rules
}

/** After names have changed: sets the fields in other objects that refer to them by the old names. */
export function fixNameReferences(list: ResourceList, config: TransformerConfig): void {
  const renamed = new Map<string, Resource[]>()
  for (const resource of list.items) {
    for (const name of new Set(resource.previous.map((previous) => previous.name))) {
      const known = renamed.get(name)
      if (known === undefined) renamed.set(name, [resource])
      else known.push(resource)
    }
  }
  for (const resource of list.items) refuseBlankNamespaces(resource)
  if (renamed.size === 0) return
  const rules = indexRules(config.nameReference)
  const originalIds = list.items.map((resource) => resource.originalId())
  for (const [index, resource] of list.items.entries()) {
    checkWorkTime()
    const id = originalIds[index]!
    const fixer = new ReferenceFixer(resource, renamed, list.items)
    for (const kind of id.kind === '' ? [''] : [id.kind, '']) {
      for (const rule of rules.get(kind) ?? []) {
        const selector = { group: rule.spec.group ?? '', version: rule.spec.version ?? '', kind: rule.spec.kind ?? '' }
        if (isSelectedBy(id, selector)) fixer.fix(rule)
      }
    }
  }
}

/** kustomize refuses role bindings with a service account whose namespace is there and null. */
function refuseBlankNamespaces(resource: Resource): void {
  const subjects = resource.kind === 'RoleBinding' ? resource.object?.['subjects'] : undefined
  if (!Array.isArray(subjects) || isClusterScoped(resource.apiVersion, resource.kind)) return
  for (const subject of subjects) {
    if (!isObject(subject) || subject['kind'] !== 'ServiceAccount' || !Object.hasOwn(subject, 'namespace')) continue
    if (typeof subject['namespace'] === 'string') continue
    throw buildError(
      `Invalid Input: namespace is blank for resource "${formatId(resource.currentId())}" (${resource.source})`,
      'Give the namespace of the service account, or remove the field.',
    )
  }
}

class ReferenceFixer {
  readonly #referrer: Resource
  readonly #renamed: ReadonlyMap<string, readonly Resource[]>
  readonly #all: readonly Resource[]
  readonly #id: ResourceId
  readonly #isClusterScoped: boolean
  #bindingNamespaces: ReadonlySet<string> | undefined

  constructor(referrer: Resource, renamed: ReadonlyMap<string, readonly Resource[]>, all: readonly Resource[]) {
    this.#referrer = referrer
    this.#renamed = renamed
    this.#all = all
    this.#id = referrer.currentId()
    this.#isClusterScoped = this.#id.effectiveNamespace === outsideNamespaces
  }

  fix(rule: Rule): void {
    // The spec has chosen by the original id; the path alone counts now.
    visitField(this.#referrer, { path: rule.spec.path ?? '' }, undefined, (parent, key, value) => {
      if (value === null) return
      if (Array.isArray(value)) {
        for (let index = 0; index < value.length; index++) this.#fixValue(rule, value, index, value[index])
      } else this.#fixValue(rule, parent, key, value)
    })
  }

  #fixValue(rule: Rule, parent: Record<string, unknown> | unknown[], key: string | number, value: unknown): void {
    if (value === null) return
    if (isObject(value)) {
      this.#fixMap(rule, value)
      return
    }
    if (Array.isArray(value)) throw buildError(`${rule.spec.path}: expected text or a map, found a list`)
    const referral = this.#select(rule, scalarText(value), undefined, false)
    if (referral !== undefined && referral.name !== value) setName(parent, key, referral.name)
  }

  /** A map with `name` and perhaps `namespace`, both of which follow. */
  #fixMap(rule: Rule, map: Record<string, unknown>): void {
    const name = map['name']
    if (name === undefined) throw buildError(`path config error; no 'name' field at ${rule.spec.path}`)
    const namespace = map['namespace']
    const referral = this.#select(rule, scalarText(name), namespace === undefined ? undefined : scalarText(namespace), true)
    if (referral === undefined) return
    if (referral.name !== name) setName(map, 'name', referral.name)
    if (referral.namespace !== '') map['namespace'] = referral.namespace
  }

  #select(rule: Rule, oldName: string, namespace: string | undefined, wholeMap: boolean): Resource | undefined {
    const named = this.#renamed.get(oldName)
    if (named === undefined) return undefined
    let candidates = named.filter((candidate) => this.#canReferTo(candidate))
    if (namespace !== undefined) candidates = this.#inNamespace(candidates, namespace)
    candidates = candidates.filter((candidate) => wasSelectedBy(candidate, rule.target))
    candidates = this.#byRoleRef(rule, candidates)
    candidates = candidates.filter((candidate) => this.#sharesNamespaceWith(candidate))
    if (candidates.length === 1) return candidates[0]
    candidates = candidates.filter((candidate) => sameAffixes(candidate, this.#referrer, true))
    if (candidates.length > 1) candidates = candidates.filter((candidate) => sameAffixes(candidate, this.#referrer, false))
    const [first] = candidates
    if (first === undefined || candidates.length === 1) return first
    const same = candidates.every(({ name, namespace: other }) => name === first.name && (!wholeMap || other === first.namespace))
    if (same) return first
    throw buildError(
      `updating name reference in '${rule.spec.path}' field of '${formatId(this.#id)}': found multiple possible referrals: ${candidates
        .map((candidate) => `${formatId(candidate.currentId())} (from ${candidate.source})`)
        .join(', ')}`,
    )
  }

  /** Objects in other namespaces can be referred to by cluster-wide objects and role bindings only. */
  #canReferTo(candidate: Resource): boolean {
    if (this.#isClusterScoped) return true
    const { effectiveNamespace } = candidate.currentId()
    return (
      effectiveNamespace === outsideNamespaces ||
      effectiveNamespace === this.#id.effectiveNamespace ||
      this.#subjectNamespaces().has(candidate.namespace)
    )
  }

  #subjectNamespaces(): ReadonlySet<string> {
    if (this.#bindingNamespaces === undefined) {
      const namespaces = new Set<string>()
      const subjects = this.#referrer.kind === 'RoleBinding' ? this.#referrer.object?.['subjects'] : undefined
      if (Array.isArray(subjects)) {
        for (const subject of subjects) {
          if (isObject(subject) && subject['kind'] === 'ServiceAccount' && typeof subject['namespace'] === 'string') {
            namespaces.add(subject['namespace'])
          }
        }
      }
      this.#bindingNamespaces = namespaces
    }
    return this.#bindingNamespaces
  }

  /** By the original namespace when any object in reach was in it, else by the current one. */
  #inNamespace(candidates: Resource[], namespace: string): Resource[] {
    if (namespace === outsideNamespaces) return []
    const wasThere = (resource: Resource) => resource.originalId().effectiveNamespace === namespace
    if (this.#all.some((resource) => wasThere(resource) && this.#canReferTo(resource))) return candidates.filter(wasThere)
    return candidates.filter((candidate) => candidate.currentId().effectiveNamespace === namespace)
  }

  #sharesNamespaceWith(candidate: Resource): boolean {
    if (this.#isClusterScoped || candidate.kind === 'ServiceAccount') return true
    const { effectiveNamespace } = candidate.currentId()
    return effectiveNamespace === outsideNamespaces || effectiveNamespace === this.#id.effectiveNamespace
  }

  #byRoleRef(rule: Rule, candidates: Resource[]): Resource[] {
    if (rule.spec.path?.endsWith('roleRef/name') !== true) return candidates
    const roleRef = this.#referrer.object?.['roleRef']
    if (!isObject(roleRef) || roleRef['apiGroup'] === undefined || roleRef['kind'] === undefined) return candidates
    const gvk: Gvk = { group: scalarText(roleRef['apiGroup']), version: '', kind: scalarText(roleRef['kind']) }
    return candidates.filter((candidate) => wasSelectedBy(candidate, gvk))
  }
}

function wasSelectedBy(resource: Resource, gvk: Gvk): boolean {
  return resource.previousIds().some((id) => isSelectedBy(id, gvk))
}

/** True when two objects have gone through the same prefixes and suffixes, as far back as the shorter list goes. */
function sameAffixes(a: Resource, b: Resource, emptyMatches: boolean): boolean {
  return sameEnding(a.prefixes, b.prefixes, emptyMatches) && sameEnding(a.suffixes, b.suffixes, emptyMatches)
}

function sameEnding(a: readonly string[], b: readonly string[], emptyMatches: boolean): boolean {
  if (a.length === 0 || b.length === 0) return emptyMatches || a.length === b.length
  const [shorter, longer] = a.length <= b.length ? [a, b] : [b, a]
  const offset = longer.length - shorter.length
  return shorter.every((text, index) => text === longer[index + offset])
}

/** A name keeps the quotes of the one in its place; without them it is what it reads as, be that a number. */
function setName(parent: Record<string, unknown> | unknown[], key: string | number, name: string): void {
  if (!Array.isArray(parent) && typeof key === 'string' && retyped(name) !== name) {
    const before = parent[key]
    if (typeof before === 'string' && !isQuoted(parent, key) && scalarStyle(before, false) === 'plain') {
      setUntyped(parent, key, name)
      return
    }
  }
  setAt(parent, key, name)
}

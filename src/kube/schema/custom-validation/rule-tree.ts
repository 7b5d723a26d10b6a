import type { CelEnvironment } from '../../../formats/cel/contract.js'
import { isSchema, propertiesOf } from '../definitions/structural-invariants.js'
import { listOf, type Members, membersOf } from '../validation/findings.js'
import { celName } from './cel-name.js'
import { type DeclaredType, declaredType } from './cel-type.js'
import { type CompiledRule, compileRules } from './compile-rules.js'

/** The rules of a schema, where they stand in it. Nodes without rules at or below them are left out. */
export interface RuleTree {
  readonly schema: Members
  readonly rules: readonly CompiledRule[]
  readonly properties: ReadonlyMap<string, RuleTree>
  readonly additional?: RuleTree
  readonly items?: RuleTree
}

/** Whether any rule stands in a schema, outside of its alternatives. */
export function hasRules(schema: Members): boolean {
  if (listOf(schema['x-kubernetes-validations']).length > 0) return true
  if (isSchema(schema['items']) && hasRules(membersOf(schema['items']))) return true
  if (isSchema(schema['additionalProperties']) && hasRules(membersOf(schema['additionalProperties']))) return true
  return propertiesOf(schema).some(([, property]) => hasRules(property))
}

/** Compiles all rules of a schema; undefined when it has none. `whole`: values are whole objects. */
export function createRuleTree(schema: Members, whole: boolean, environment: CelEnvironment): RuleTree | undefined {
  return hasRules(schema) ? treeOf(schema, declaredType(schema, whole), environment) : undefined
}

function treeOf(schema: Members, type: DeclaredType | undefined, environment: CelEnvironment): RuleTree | undefined {
  if (!hasRules(schema)) return undefined
  const properties = new Map<string, RuleTree>()
  for (const [name, property] of propertiesOf(schema)) {
    // Rules see the metadata of whole objects in a type of its own, which has no rules.
    const own = type?.fields?.get(name)
    const unnamed = celName(name) === undefined
    const tree = treeOf(property, unnamed ? declaredType(property, isEmbedded(property)) : own, environment)
    if (tree !== undefined) properties.set(name, tree)
  }
  const { items, additionalProperties } = schema
  const below = (part: unknown) => (isSchema(part) ? treeOf(membersOf(part), type?.items, environment) : undefined)
  const itemTree = below(items)
  const additional = below(additionalProperties)
  return {
    schema,
    // A type that rules cannot see at all has none that could be used.
    rules: type === undefined ? [] : compileRules(schema, type, environment),
    properties,
    ...(additional === undefined ? {} : { additional }),
    ...(itemTree === undefined ? {} : { items: itemTree }),
  }
}

function isEmbedded(schema: Members): boolean {
  return schema['x-kubernetes-embedded-resource'] === true
}

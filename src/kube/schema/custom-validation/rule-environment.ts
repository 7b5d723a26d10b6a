import type { CelEnvironment } from '../../../formats/cel/contract.js'
import { createKubernetesCelEnvironment } from '../../cel/kubernetes-environment.js'
import { type Members, membersOf } from '../validation/findings.js'
import { createRuleTree, hasRules, type RuleTree } from './rule-tree.js'

let shared: CelEnvironment | undefined

/** The environment in which the rules of a schema are compiled; undefined when the schema has none. */
export function definitionEnvironment(schema: Members): CelEnvironment | undefined {
  if (!hasRules(schema)) return undefined
  shared ??= createKubernetesCelEnvironment()
  return shared
}

/** The compiled rules of the schema of a version; undefined when it has none. */
export function customRuleTree(schema: unknown): RuleTree | undefined {
  const environment = definitionEnvironment(membersOf(schema))
  return environment === undefined ? undefined : createRuleTree(membersOf(schema), true, environment)
}

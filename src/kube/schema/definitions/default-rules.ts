import { cloneJson, equalJson, isObject, type JsonObject } from '../../../base/json.js'
import type { CelEnvironment } from '../../../formats/cel/contract.js'
import type { StatusCause } from '../../object/status-error.js'
import { coerceEmbedded, embeddedCauses } from '../custom-validation/embedded-metadata.js'
import { evaluateRules, runtimeBudget } from '../custom-validation/evaluate-rules.js'
import { createRuleTree } from '../custom-validation/rule-tree.js'
import { validateValue } from '../custom-validation/validate-node.js'
import { pruneUnknown } from '../prune.js'
import { fromStructuralSchema, nodeOfSchema } from '../structural.js'
import { Findings, isSet, type Members, membersOf } from '../validation/findings.js'
import { isSchema, propertiesOf } from './structural-invariants.js'

/** Puts a value where it stands in the whole object around it. */
type Surround = (value: unknown) => unknown

const typeMeta = { apiVersion: 'validation/v1', kind: 'Validation' }
const wholeObject: Surround = (value) => ({ ...typeMeta, ...(isObject(value) ? value : {}) })

interface Place {
  /** The whole object that is nearest above, and the way to it. */
  readonly root: Members
  readonly surround: Surround
  readonly insideMeta: boolean
}

/**
 * Defaults must be valid and hold nothing that would be pruned; those inside of the metadata of objects must make valid metadata.
 *
 * Reference: ValidateDefaults of k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting.
 */
export function defaultCauses(schema: Members, field: string, environment: CelEnvironment | undefined): StatusCause[] {
  const to = new Findings()
  const budget = { left: runtimeBudget }
  const whole = { ...schema, 'x-kubernetes-embedded-resource': true }
  checkNode(whole, field, { root: whole, surround: wholeObject, insideMeta: false }, environment, budget, to)
  return to.causes
}

function checkNode(
  node: Members,
  field: string,
  place: Place,
  environment: CelEnvironment | undefined,
  budget: { left: number },
  to: Findings,
): void {
  if (budget.left < 0) return
  const embedded = node['x-kubernetes-embedded-resource'] === true
  const { root, surround, insideMeta } = embedded ? { root: node, surround: wholeObject, insideMeta: false } : place
  if (isSet(node['default'])) {
    const problems = insideMeta
      ? metadataProblems(node, root, surround, `${field}.default`)
      : plainProblems(node, embedded, `${field}.default`, to)
    if (problems.length > 0) to.causes.push(...problems)
    else {
      const causes = validateValue(node as JsonObject, node['default'], `${field}.default`)
      to.causes.push(...causes)
      if (causes.length === 0) checkRules(node, node === root, `${field}.default`, environment, budget, to)
    }
  }
  // Not below additionalProperties: no defaults may stand there.
  if (isSchema(node['items'])) {
    const place: Place = { root, insideMeta, surround: (value) => surround([value]) }
    checkNode(membersOf(node['items']), `${field}.items`, place, environment, budget, to)
  }
  for (const [name, property] of propertiesOf(node)) {
    const isMeta = embedded && (name === 'metadata' || name === 'apiVersion' || name === 'kind')
    const place: Place = { root, insideMeta: insideMeta || isMeta, surround: (value) => surround({ [name]: value }) }
    checkNode(property, `${field}.properties[${name}]`, place, environment, budget, to)
  }
}

function metadataProblems(node: Members, root: Members, surround: Surround, field: string): StatusCause[] {
  const object = surround(cloneJson(node['default']))
  const schema = fromStructuralSchema(root as JsonObject)
  const whole = { ...schema, embeddedResource: true }
  const { problem } = coerceEmbedded(whole, object)
  const problems = problem === undefined ? embeddedCauses(whole, object, '', true) : [problem]
  if (problems.length === 0) return []
  const texts = [...new Set(problems.map((cause) => `${cause.field}: ${cause.message}`))]
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const found = new Findings()
  found.invalid(field, node['default'], `must result in valid metadata: ${text}`)
  return found.causes
}

/** Pruning is told of at once; the rest only when nothing else is wrong. */
function plainProblems(node: Members, embedded: boolean, field: string, to: Findings): StatusCause[] {
  const schema = nodeOfSchema(node as JsonObject)
  const value = node['default']
  // Whole objects have names and types, whether their schema says so or not.
  const { object } = pruneUnknown(schema, value)
  if (!equalJson(object, value)) to.invalid(field, value, 'must not have unknown fields')
  const { problem } = coerceEmbedded(schema, value, field)
  if (problem !== undefined) return [problem]
  return embeddedCauses(schema, value, field, embedded && isObject(value))
}

function checkRules(
  node: Members,
  whole: boolean,
  field: string,
  environment: CelEnvironment | undefined,
  budget: { left: number },
  to: Findings,
): void {
  const tree = environment === undefined ? undefined : createRuleTree(node, whole, environment)
  if (tree === undefined) return
  const value = node['default']
  const changed = evaluateRules(tree, value, { path: field, old: value, budget: budget.left })
  to.causes.push(...changed.causes)
  let left = changed.budget
  if (changed.causes.length === 0) {
    const created = evaluateRules(tree, value, { path: field, budget: budget.left })
    to.causes.push(...created.causes)
    left = Math.min(left, created.budget)
  }
  budget.left = left
}

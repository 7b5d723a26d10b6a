import { isObject } from '../../../base/json.js'
import { type LabelOperator, matchesLabels } from '../../../kube/object/selector.js'
import type { Toleration } from '../contract.js'
import { type Amounts, podRequests } from './pod-requests.js'

/** One term of a required node affinity: all of its expressions must hold. */
export type NodeTerm = readonly NodeExpression[]

export interface NodeExpression {
  /** `metadata.name` where the term is on fields. */
  readonly key: string
  readonly operator: string
  readonly values: readonly string[]
  readonly onField: boolean
}

/** What one replica needs. */
export interface ReplicaNeeds {
  readonly requests: Amounts
  readonly nodeSelector?: Readonly<Record<string, string>>
  /** One of them must hold; absent: no affinity is required. */
  readonly nodeTerms?: readonly NodeTerm[]
  readonly tolerations?: readonly Toleration[]
}

/** What a pod template asks of the node. Preferences, and rules about other pods, have no say in how many fit. */
export function replicaNeeds(podSpec: Readonly<Record<string, unknown>>): ReplicaNeeds {
  const nodeSelector = podSpec['nodeSelector']
  const required = inner(inner(podSpec['affinity'], 'nodeAffinity'), 'requiredDuringSchedulingIgnoredDuringExecution')
  const tolerations = podSpec['tolerations']
  return {
    requests: podRequests(podSpec),
    ...(isObject(nodeSelector) ? { nodeSelector: nodeSelector as Record<string, string> } : {}),
    ...(isObject(required) ? { nodeTerms: objects(required['nodeSelectorTerms']).map(readTerm) } : {}),
    ...(Array.isArray(tolerations) ? { tolerations: objects(tolerations) as Toleration[] } : {}),
  }
}

function readTerm(term: Record<string, unknown>): NodeTerm {
  const read = (onField: boolean) => (expression: Record<string, unknown>) => ({
    key: String(expression['key']),
    operator: String(expression['operator']),
    values: Array.isArray(expression['values']) ? expression['values'].map(String) : [],
    onField,
  })
  return [...objects(term['matchExpressions']).map(read(false)), ...objects(term['matchFields']).map(read(true))]
}

/** Whether a node is one that the replica may run on, by selector and required affinity. An empty term matches no node. */
export function matchesNode(
  { nodeSelector, nodeTerms }: ReplicaNeeds,
  node: { readonly name: string; readonly labels?: Readonly<Record<string, string>> },
): boolean {
  const labels = node.labels ?? {}
  for (const [key, value] of Object.entries(nodeSelector ?? {}))
    if (!Object.hasOwn(labels, key) || labels[key] !== value) return false
  if (nodeTerms === undefined) return true
  return nodeTerms.some((term) => term.length > 0 && term.every((each) => holds(each, node.name, labels)))
}

const operators: Readonly<Record<string, LabelOperator | undefined>> = {
  __proto__: null as never,
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
}

function holds(
  { key, operator, values, onField }: NodeExpression,
  name: string,
  labels: Readonly<Record<string, string>>,
): boolean {
  const known = operators[operator]
  if (known === undefined) return false
  return matchesLabels([{ key, operator: known, values }], onField ? { 'metadata.name': name } : labels)
}

function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function inner(value: unknown, field: string): unknown {
  return isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined
}

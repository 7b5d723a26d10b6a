import type { KubeObject } from '../../kube/object/kube-object.js'
import type { AccessAttributes, LogicalCluster, UserInfo } from '../contract.js'
import type { FlowPlace } from './fair-queue.js'

/** How the cluster's FlowSchemas class a request. */
export interface Classification extends FlowPlace {
  /** uids, for the headers X-Kubernetes-PF-FlowSchema-UID and X-Kubernetes-PF-PriorityLevel-UID. */
  readonly schemaUid: string
  readonly levelUid: string
}

interface PolicyRule {
  readonly subjects: readonly {
    readonly kind: string
    readonly user?: { readonly name: string }
    readonly group?: { readonly name: string }
    readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  }[]
  readonly resourceRules?: readonly {
    readonly verbs: readonly string[]
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly clusterScope?: boolean
    readonly namespaces?: readonly string[]
  }[]
  readonly nonResourceRules?: readonly { readonly verbs: readonly string[]; readonly nonResourceURLs: readonly string[] }[]
}

interface FlowSchema extends KubeObject {
  readonly spec: {
    readonly priorityLevelConfiguration: { readonly name: string }
    readonly matchingPrecedence?: number
    readonly distinguisherMethod?: { readonly type: string }
    readonly rules?: readonly PolicyRule[]
  }
}

interface PriorityLevel extends KubeObject {
  readonly spec: {
    readonly type: string
    readonly limited?: {
      readonly nominalConcurrencyShares?: number
      readonly limitResponse?: {
        readonly type: string
        readonly queuing?: { readonly handSize?: number; readonly queueLengthLimit?: number }
      }
    }
    readonly exempt?: { readonly nominalConcurrencyShares?: number }
  }
}

const schemaResource = 'flowschemas.flowcontrol.apiserver.k8s.io'
const levelResource = 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io'

/** Levels that refuse instead of queueing may still have this many of a flow wait for the end of a turn. */
const reserve = 64

/** The rules of one cluster, read when they are first wanted and again when `changed` was called. */
export class FlowSchemas {
  readonly #cluster: LogicalCluster
  #schemas: readonly { readonly schema: FlowSchema; readonly level: PriorityLevel }[] | undefined

  constructor(cluster: LogicalCluster) {
    this.#cluster = cluster
  }

  static concerns(groupResource: string): boolean {
    return groupResource === schemaResource || groupResource === levelResource
  }

  changed(): void {
    this.#schemas = undefined
  }

  classify(attributes: AccessAttributes, user: UserInfo): Classification {
    this.#schemas ??= this.#read()
    for (const { schema, level } of this.#schemas) {
      if (!schema.spec.rules?.some((rule) => matches(rule, attributes, user))) continue
      return classification(schema, level, attributes, user)
    }
    return { level: 'catch-all', shares: 5, flow: user.name, mostWaiting: reserve, schemaUid: '', levelUid: '' }
  }

  #read() {
    const found: { schema: FlowSchema; level: PriorityLevel }[] = []
    for (const object of this.#cluster.peekAll(schemaResource)) {
      const schema = object as FlowSchema
      const level = this.#cluster.peek(levelResource, schema.spec.priorityLevelConfiguration.name) as PriorityLevel | undefined
      if (level !== undefined) found.push({ schema, level })
    }
    const precedence = ({ schema }: { schema: FlowSchema }) => schema.spec.matchingPrecedence ?? 1000
    return found.sort((a, b) => precedence(a) - precedence(b) || (a.schema.metadata.name < b.schema.metadata.name ? -1 : 1))
  }
}

function classification(schema: FlowSchema, level: PriorityLevel, attributes: AccessAttributes, user: UserInfo): Classification {
  const { type, limited, exempt } = level.spec
  const distinguisher = schema.spec.distinguisherMethod?.type
  const by = distinguisher === 'ByUser' ? user.name : distinguisher === 'ByNamespace' ? attributes.namespace : ''
  const queuing = limited?.limitResponse?.queuing
  return {
    level: level.metadata.name,
    shares: type === 'Exempt' ? Math.max(exempt?.nominalConcurrencyShares ?? 0, 100) : (limited?.nominalConcurrencyShares ?? 30),
    flow: `${schema.metadata.name} ${by}`,
    mostWaiting:
      type === 'Exempt'
        ? Number.POSITIVE_INFINITY
        : limited?.limitResponse?.type === 'Queue'
          ? (queuing?.handSize ?? 8) * (queuing?.queueLengthLimit ?? 50)
          : reserve,
    schemaUid: schema.metadata.uid ?? '',
    levelUid: level.metadata.uid ?? '',
  }
}

function matches(rule: PolicyRule, attributes: AccessAttributes, user: UserInfo): boolean {
  const known = rule.subjects.some(({ kind, user: named, group, serviceAccount }) => {
    if (kind === 'User') return named?.name === '*' || named?.name === user.name
    if (kind === 'Group') return group?.name === '*' || user.groups.includes(group?.name ?? '')
    if (serviceAccount === undefined) return false
    const prefix = `system:serviceaccount:${serviceAccount.namespace}:`
    return serviceAccount.name === '*' ? user.name.startsWith(prefix) : user.name === prefix + serviceAccount.name
  })
  if (!known) return false
  const has = (list: readonly string[] | undefined, value: string) => list?.includes('*') || list?.includes(value)
  const { path, verb } = attributes
  if (path !== undefined) {
    return (rule.nonResourceRules ?? []).some(
      ({ verbs, nonResourceURLs }) =>
        has(verbs, verb) &&
        nonResourceURLs.some((url) => url === '*' || url === path || (url.endsWith('/*') && path.startsWith(url.slice(0, -1)))),
    )
  }
  const { resource, subresource, namespace, group } = attributes
  const full = subresource === '' ? resource : `${resource}/${subresource}`
  return (rule.resourceRules ?? []).some(
    ({ verbs, apiGroups, resources, clusterScope, namespaces }) =>
      has(verbs, verb) &&
      has(apiGroups, group) &&
      has(resources, full) &&
      (namespace === '' ? clusterScope === true : has(namespaces, namespace)),
  )
}

import type { KubeObject } from '../../../kube/object/kube-object.js'
import { keyOf } from '../../../kube/object/kube-object.js'
import type { MemberController } from '../contract.js'

const schemas = 'flowschemas.flowcontrol.apiserver.k8s.io'
const levels = 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io'

interface Condition {
  readonly type: string
  readonly status: string
  readonly message?: string
}

/** Says of each FlowSchema whether its priority level exists, in the condition `Dangling`. */
export function createFlowSchemaStatus(peekAll: (cluster: string, resource: string) => Iterable<KubeObject>): MemberController {
  return {
    name: 'flowschema-status',
    manager: 'api-priority-and-fairness-config-consumer-v1',
    watches: {
      [schemas]({ object, type }, queue) {
        // Those that every cluster begins with say it already.
        if (type !== 'DELETED' && !says(object, true) && !says(object, false)) queue.add(keyOf(object))
      },
      [levels]({ cluster, object, type }, queue) {
        if (type === 'MODIFIED') return
        for (const schema of peekAll(cluster, schemas)) {
          if (levelOf(schema) === object.metadata.name && !says(schema, type === 'ADDED')) queue.add(keyOf(schema))
        }
      },
    },
    async reconcile(work) {
      const schema = work.cluster.peek(schemas, work.key)
      if (schema === undefined) return undefined
      const exists = work.cluster.peek(levels, levelOf(schema)) !== undefined
      if (says(schema, exists)) return undefined
      const wanted = dangling(schema, exists)
      const before = conditionsOf(schema)
      const old = before.find((each) => each.type === 'Dangling')
      const lastTransitionTime =
        old?.status === wanted.status ? (old as { lastTransitionTime?: string }).lastTransitionTime : work.nowText()
      const conditions = [...before.filter((each) => each !== old), { ...wanted, lastTransitionTime }]
      await work.write.status(schema, { ...schema, status: { ...(schema['status'] as object | undefined), conditions } })
      return undefined
    },
  }
}

function levelOf(schema: KubeObject): string {
  return (
    (schema['spec'] as { priorityLevelConfiguration?: { name?: string } } | undefined)?.priorityLevelConfiguration?.name ?? ''
  )
}

function conditionsOf(schema: KubeObject): readonly Condition[] {
  return (schema['status'] as { conditions?: readonly Condition[] } | undefined)?.conditions ?? []
}

function dangling(schema: KubeObject, exists: boolean): Condition & { reason: string } {
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(levelOf(schema))}`
  return exists
    ? { type: 'Dangling', status: 'False', reason: 'Found', message: `${about} and it exists` }
    : { type: 'Dangling', status: 'True', reason: 'NotFound', message: `${about} but there is no such object` }
}

function says(schema: KubeObject, exists: boolean): boolean {
  const wanted = dangling(schema, exists)
  return conditionsOf(schema).some(({ type, message }) => type === wanted.type && message === wanted.message)
}

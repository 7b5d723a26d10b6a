import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { MemberController } from '../contract.js'

/** Says on an object of a hub where it goes: it is a template there. */
const placementLabel = 'flotilla.dev/placement'
/** As a label or an annotation, `"true"`: an object that other APIs hold as a template. */
const templateMark = 'flotilla.dev/template'

/** Kinds that run something, with what they make for it. */
const makes: Readonly<Record<string, readonly string[]>> = {
  'deployment-controller': ['deployments.apps', 'replicasets.apps'],
  'replicaset-controller': ['replicasets.apps', 'pods'],
  'replication-controller': ['replicationcontrollers', 'pods'],
  'statefulset-controller': ['statefulsets.apps', 'pods'],
  'daemonset-controller': ['daemonsets.apps', 'pods'],
  'job-controller': ['jobs.batch', 'pods'],
  'cronjob-controller': ['cronjobs.batch', 'jobs.batch'],
  'horizontal-pod-autoscaler': ['horizontalpodautoscalers.autoscaling', ''],
}

/** Whether an object of a hub is there for other clusters only. */
export function isTemplate({ metadata: { labels, annotations } }: KubeObject): boolean {
  return (labels?.[placementLabel] ?? '') !== '' || labels?.[templateMark] === 'true' || annotations?.[templateMark] === 'true'
}

/**
 * A workload controller that leaves templates alone on clusters that hold any: nothing is made for them, and what was made before they
 * became templates is taken down. Without the mark they run again.
 */
export function holdTemplates(controller: MemberController, holds: (cluster: string) => boolean): MemberController {
  const kinds = makes[controller.name]
  if (kinds === undefined) return controller
  const [resource = '', made = ''] = kinds
  return {
    ...controller,
    async reconcile(work) {
      if (!holds(work.cluster.name)) return controller.reconcile(work)
      const object = work.cluster.peek(resource, work.key)
      if (object === undefined || !isHeld(object, (kind, key) => work.cluster.peek(kind, key))) return controller.reconcile(work)
      if (made === '') return undefined
      const owned = work.owned(made, object).filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      await Promise.all(owned.map((each) => work.write.delete(each, { propagationPolicy: 'Background' })))
      return undefined
    },
  }
}

/** An autoscaler of a template has nothing to scale either. */
function isHeld(object: KubeObject, peek: (resource: string, key: string) => KubeObject | undefined): boolean {
  if (isTemplate(object)) return true
  if (object.kind !== 'HorizontalPodAutoscaler' || !isObject(object['spec'])) return false
  const target = object['spec']['scaleTargetRef']
  if (!isObject(target)) return false
  const workload = peek(`${String(target['kind']).toLowerCase()}s.apps`, `${object.metadata.namespace}/${String(target['name'])}`)
  return workload !== undefined && isTemplate(workload)
}

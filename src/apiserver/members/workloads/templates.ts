import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { MemberController } from '../contract.js'

/** Whether an object of a cluster is a template: kept there, run elsewhere. */
export type IsTemplate = (cluster: string, object: KubeObject) => boolean

/** The controller of a workload, less the workloads that are templates: nothing is made of those, and their status is somebody else's. */
export function withoutTemplates(
  controller: MemberController,
  groupResource: string,
  isTemplate: IsTemplate | undefined,
): MemberController {
  if (isTemplate === undefined) return controller
  return {
    ...controller,
    reconcile(work) {
      const object = work.cluster.peek(groupResource, work.key)
      if (object !== undefined && isTemplate(work.cluster.name, object)) return Promise.resolve(undefined)
      return controller.reconcile(work)
    },
  }
}

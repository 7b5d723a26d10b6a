import type { LogicalClusters } from '../../apiserver/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { groupResourceOf } from '../../kube/object/resource-type.js'
import { declaresService } from '../../services/catalogue/declares.js'
import type { SleepingMembers } from '../../services/catalogue/fleet-observer.js'
import { serviceType } from '../../services/model/kube-kinds.js'
import { serviceDialects } from '../services/service-dialects.js'

/**
 * The members of this process need not be watched until one of them holds an object that declares a service of the fleet: the
 * one feed of all changes tells.
 */
export function sleepUntilDeclared(clusters: LogicalClusters, hub: string, signal: AbortSignal): SleepingMembers {
  const resources = new Set(serviceDialects.flatMap((dialect) => dialect.memberKinds.map(groupResourceOf)))
  resources.add(groupResourceOf(serviceType))
  const declares = (object: KubeObject) => declaresService(serviceDialects, object)
  const isDeclared = () =>
    clusters.list().some((cluster) => {
      for (const resource of resources) for (const object of cluster.peekAll(resource)) if (declares(object)) return true
      return false
    })
  const woken = new Promise<void>((wake) => {
    const off = clusters.onChange(({ groupResource, type, object }) => {
      if (type === 'DELETED' || !resources.has(groupResource) || !declares(object)) return
      off()
      wake()
    })
    signal.addEventListener('abort', off, { once: true })
    if (isDeclared()) {
      off()
      wake()
    }
  })
  return { includes: (cluster) => cluster !== hub && clusters.get(cluster) !== undefined, woken }
}

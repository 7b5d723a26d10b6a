import type { KubeObject } from '../kube/object/kube-object.js'
import type { Source, SourceHandle } from './contract.js'

/**
 * A source: anything that calls back (an inventory, repositories, deliveries, a timer). `subscribe` gets the services and
 * the handle, and returns how to unsubscribe.
 */
export function onEvent<T extends KubeObject, Services>(
  name: string,
  subscribe: (services: Parameters<Source<T, Services>['start']>[1], handle: SourceHandle<T>) => () => void,
): Source<T, Services> {
  return {
    name,
    start(handle, services) {
      const off = subscribe(services, handle)
      if (services.signal.aborted) off()
      else services.signal.addEventListener('abort', off, { once: true })
    },
  }
}

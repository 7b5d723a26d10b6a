import type { Tracking } from '../../../delivery/delivery.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import type { Application } from '../kinds/application.js'

export const trackingAnnotation = 'argocd.argoproj.io/tracking-id'

/** The name that marks carry: the application's, with its namespace in front outside of the control plane's. */
export function instanceName(application: Pick<Application, 'metadata'>, controlNamespace: string): string {
  const { name, namespace } = application.metadata
  return namespace === undefined || namespace === controlNamespace ? name : `${namespace}_${name}`
}

/** The inverse of `instanceName`: the application's key on the hub. Namespaces contain no underscore. */
export function keyOfInstance(instance: string, controlNamespace: string): string {
  const underscore = instance.indexOf('_')
  return underscore < 0 ? `${controlNamespace}/${instance}` : `${instance.slice(0, underscore)}/${instance.slice(underscore + 1)}`
}

/** Argo CD's default tracking: the annotation `app:group/Kind:namespace/name`. */
export function trackingOf(instance: string): Tracking {
  const value = (object: KubeObject) =>
    `${instance}:${groupOf(object.apiVersion)}/${object.kind}:${object.metadata.namespace ?? ''}/${object.metadata.name}`
  return {
    annotation: trackingAnnotation,
    value,
    owner: (text) => /^([^:]+):[^:]*\/[^:/]+:[^:/]*\/.+$/.exec(text)?.[1],
    mark: (object) => ({
      ...object,
      metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [trackingAnnotation]: value(object) } },
    }),
  }
}

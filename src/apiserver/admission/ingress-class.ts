import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { AdmissionPlugin } from './contract.js'

const defaultMark = 'ingressclass.kubernetes.io/is-default-class'

/** Ingresses that name no class get the default one, of several the newest. */
export const ingressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === 'ingresses.networking.k8s.io' && operation === 'CREATE' && subresource === '',
  mutate({ object, storage }) {
    const spec = object?.['spec']
    if (object === undefined || !isObject(spec) || typeof spec['ingressClassName'] === 'string') return
    if (object.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return
    let newest: KubeObject | undefined
    for (const candidate of storage.scan('ingressclasses.networking.k8s.io', '')) {
      if (candidate.metadata.annotations?.[defaultMark] !== 'true') continue
      // They come by name: of equal ages the first counts.
      if (newest === undefined || ageOf(candidate) > ageOf(newest)) newest = candidate
    }
    if (newest !== undefined) spec['ingressClassName'] = newest.metadata.name
  },
}

function ageOf(object: KubeObject): string {
  return String(object.metadata.creationTimestamp)
}

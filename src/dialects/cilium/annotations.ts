/** Cilium's annotations of global services: the name of today, then the alias of before, which counts where the other is absent. */
export const ciliumAnnotations = {
  global: ['service.cilium.io/global', 'io.cilium/global-service'],
  shared: ['service.cilium.io/shared', 'io.cilium/shared-service'],
  affinity: ['service.cilium.io/affinity', 'io.cilium/service-affinity'],
} as const

/** On a Namespace: whether its services may be global at all. */
export const namespaceAnnotation = 'clustermesh.cilium.io/global'

import type { KubeDocument } from '../model/document.js'
import type { FleetModel } from '../model/fleet-model.js'
import type { View } from '../model/view.js'

/** A Service and a port of it that something sends to. */
export interface Backend {
  readonly from: KubeDocument
  readonly namespace: string | undefined
  readonly name: string
  readonly nameAt: View
  /** Number or name; undefined where none is given. */
  readonly port: string | number | undefined
  readonly portAt: View
}

/** Backends of Ingresses (both shapes) and of routes of the Gateway API. */
export function* backendsOf(model: FleetModel): Iterable<Backend> {
  for (const group of ['networking.k8s.io', 'extensions'])
    for (const ingress of model.kinds(group, 'Ingress')) {
      const views = [
        ingress.view('spec', 'defaultBackend'),
        ingress.view('spec', 'backend'),
        ...ingress.items('spec', 'rules').flatMap((rule) => rule.items('http', 'paths').map((path) => path.view('backend'))),
      ]
      for (const view of views) yield* ingressBackend(ingress, view)
    }
  for (const kind of ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'])
    for (const route of model.kinds('gateway.networking.k8s.io', kind))
      for (const reference of route.items('spec', 'rules').flatMap((rule) => rule.items('backendRefs'))) {
        const name = reference.text('name')
        if (name === undefined || (reference.text('group') ?? '') !== '' || (reference.text('kind') ?? 'Service') !== 'Service')
          continue
        yield {
          from: route,
          namespace: reference.text('namespace') ?? route.namespace,
          name,
          nameAt: reference.view('name'),
          port: reference.number('port'),
          portAt: reference.view('port'),
        }
      }
}

function* ingressBackend(ingress: KubeDocument, backend: View): Iterable<Backend> {
  const name = backend.text('service', 'name') ?? backend.text('serviceName')
  if (name === undefined) return
  const isNew = backend.has('service')
  const portPath = !isNew ? ['servicePort'] : ['service', 'port', backend.has('service', 'port', 'name') ? 'name' : 'number']
  const port = backend.get(...portPath)
  // The AWS controller takes such a backend for an action that an annotation describes.
  if (port === 'use-annotation') return
  yield {
    from: ingress,
    namespace: ingress.namespace,
    name,
    nameAt: backend.view(...(isNew ? ['service', 'name'] : ['serviceName'])),
    port: typeof port === 'number' || typeof port === 'string' ? port : undefined,
    portAt: backend.view(...portPath),
  }
}

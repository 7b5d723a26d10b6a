import { createServer } from 'node:http'
import type { BackendPicker } from './backend-picker.js'
import type { OpenFront } from './tcp-front.js'

/**
 * Answers at a node's `healthCheckNodePort`, by which load balancers find the nodes that have endpoints of a Service with
 * policy Local: 200 when this one does, 503 otherwise. The body is kube-proxy's.
 */
export async function openHealthFront(
  picker: BackendPicker,
  place: { readonly address: string; readonly port: number },
  service: string,
): Promise<OpenFront> {
  const [namespace, name] = service.split('/')
  const server = createServer((_request, response) => {
    const { backends, node } = picker.front
    const count = new Set(backends.filter((each) => each.ready && each.node === node).map(({ address }) => address)).size
    const body = JSON.stringify(
      { service: { namespace, name }, localEndpoints: count, serviceProxyHealthy: true },
      undefined,
      '\t',
    )
    response.writeHead(count > 0 ? 200 : 503, {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': String(count),
    })
    response.end(body)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: place.address, port: place.port, exclusive: true }, () => {
      server.off('error', reject)
      server.on('error', () => {})
      resolve()
    })
  })
  return {
    picker,
    refresh() {},
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { systemClock } from '../src/app/system/system-ports.js'
import type { GatewayTls } from '../src/services/gateway/contract.js'
import type { Place } from '../src/services/gateway/dial.js'
import { createEastWestGateway } from '../src/services/gateway/east-west-gateway.js'

/** What a process of its own does for the bench; it says its port on a line when it listens. */
export type PeerTask =
  | { readonly role: 'gateway'; readonly tls: GatewayTls; readonly backend: Place; readonly address: string }
  | { readonly role: 'cluster'; readonly tls: GatewayTls; readonly name: string; readonly address: string; readonly port: number }
  | { readonly role: 'endpoint'; readonly address: string }

const said = process.argv[2]
if (said !== undefined) await work(JSON.parse(said) as PeerTask)

async function work(task: PeerTask): Promise<void> {
  const tell = (port: number) => process.stdout.write(`${port}\n`)
  // Whoever has started this is gone: nobody else ends it.
  process.stdin.on('close', () => process.exit(0)).resume()
  if (task.role === 'endpoint') {
    // After the first message, `s` swallows and answers once in the end; `e` answers the first message at once.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on('error', () => {})
      socket.once('data', (first) => {
        if (first[first.length - 1] === 0x73) socket.on('end', () => socket.end('done')).resume()
        else socket.end('x')
      })
    })
    server.listen(0, task.address, 4096, () => tell((server.address() as { port: number }).port))
    return
  }
  let backend = task.role === 'gateway' ? task.backend : undefined
  if (task.role === 'cluster') {
    const server = createHttpServer((_request, response) => response.end(task.name))
    await new Promise<void>((done) => server.listen(0, task.address, done))
    backend = { address: task.address, port: (server.address() as { port: number }).port }
  }
  const gateway = createEastWestGateway({ routes: { backends: () => [backend!] }, tls: task.tls, clock: systemClock })
  tell(await gateway.listen({ address: task.address, port: task.role === 'cluster' ? task.port : 0 }))
}

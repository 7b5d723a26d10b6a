import { connect } from 'node:http2'
import type { Clock } from '../../base/clock.js'
import type { ActionResult } from './perform-action.js'

const serving = 1
const states = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const codes: Readonly<Record<string, string>> = { '5': 'NOT_FOUND', '12': 'UNIMPLEMENTED', '14': 'UNAVAILABLE' }

/** Asks the gRPC health service at an address, in clear text as a kubelet does. */
export function probeGrpc(
  at: { readonly host: string; readonly port: number; readonly service: string },
  timeoutMs: number,
  clock: Clock,
  failed: (error: NodeJS.ErrnoException) => string,
): Promise<ActionResult> {
  return new Promise((resolve) => {
    const session = connect(`http://${at.host}:${at.port}`)
    const finish = (result: ActionResult) => {
      cancel()
      session.destroy()
      resolve(result)
    }
    const late = `timeout: failed to connect service "${at.host}:${at.port}" within ${timeoutMs / 1000}s: context deadline exceeded`
    const cancel = clock.after(timeoutMs, () => finish({ ok: false, output: late }))
    session.on('error', (error) => finish({ ok: false, output: failed(error) }))
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      'user-agent': 'kube-probe/1.33',
      te: 'trailers',
    })
    let body = Buffer.alloc(0)
    let code: string | undefined
    let message = ''
    const hear = (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] !== undefined) code = String(headers['grpc-status'])
      if (headers['grpc-message'] !== undefined) message = String(headers['grpc-message'])
    }
    stream.on('response', hear)
    stream.on('trailers', hear)
    stream.on('error', (error) => finish({ ok: false, output: failed((error.cause ?? error) as NodeJS.ErrnoException) }))
    stream.on('data', (chunk: Buffer) => {
      if (body.length < 1024) body = Buffer.concat([body, chunk])
    })
    stream.once('end', () => {
      if (code !== undefined && code !== '0')
        return finish({ ok: false, output: `error: health rpc probe failed with status ${codes[code] ?? code}: ${message}` })
      // Behind the five bytes of its frame: field 1, a number; none is 0.
      const state = body.length >= 7 && body[5] === 8 ? (body[6] ?? 0) : 0
      if (state === serving) finish({ ok: true, output: '' })
      else finish({ ok: false, output: `service unhealthy (responded with ${JSON.stringify(states[state] ?? String(state))})` })
    })
    const service = Buffer.from(at.service)
    const request = service.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, service.length]), service])
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, request.length]), request]))
  })
}

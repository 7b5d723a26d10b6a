import { type Agent, request } from 'node:https'

export interface Target {
  readonly port: number
  readonly token: string
  readonly agent?: Agent
}

export interface Answer {
  readonly code: number
  readonly json: ReturnType<typeof JSON.parse>
  readonly text: string
}

export interface AskOptions {
  readonly body?: unknown
  readonly type?: string
  readonly headers?: Record<string, string>
  readonly timeoutMs?: number
}

/** One request. Rejects when no whole answer came: then nobody knows whether it was done. */
export function ask(target: Target, method: string, path: string, options: AskOptions = {}): Promise<Answer> {
  const { body } = options
  const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: target.port,
        method,
        path,
        rejectUnauthorized: false,
        ...(target.agent === undefined ? {} : { agent: target.agent }),
        headers: {
          authorization: `Bearer ${target.token}`,
          ...(raw === undefined ? {} : { 'content-type': options.type ?? 'application/json' }),
          ...(raw === undefined ? {} : { 'content-length': String(Buffer.byteLength(raw)) }),
          ...options.headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('aborted', () => reject(new Error('the answer broke off')))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          let json: unknown
          try {
            json = JSON.parse(text)
          } catch {
            json = undefined
          }
          resolve({ code: response.statusCode ?? 0, json, text })
        })
      },
    )
    sent.setTimeout(options.timeoutMs ?? 20_000, () => sent.destroy(new Error('no answer in time')))
    sent.on('error', reject)
    sent.end(raw)
  })
}

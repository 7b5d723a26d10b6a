import { Agent as HttpAgent, request as requestPlain } from 'node:http'
import { Agent, request as requestSecure } from 'node:https'
import type { Duplex } from 'node:stream'
import { contentTypes, type Step } from './case.js'

/** A server to which cases are sent. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly token: string
  /** A connection to a server in this process, without TLS. */
  readonly connect?: () => Duplex
}

export interface RawAnswer {
  readonly code: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

const agents = new Map<string, HttpAgent>()

class LocalAgent extends HttpAgent {
  readonly #connect: () => Duplex
  constructor(connect: () => Duplex) {
    super({ keepAlive: true })
    this.#connect = connect
  }
  override createConnection(): Duplex {
    return this.#connect()
  }
}

/** Closes all connections: a test process ends when nothing is open. */
export function closeConnections(): void {
  for (const agent of agents.values()) agent.destroy()
  agents.clear()
}

function agentOf(target: Target): HttpAgent {
  const key = `${target.host}:${target.port}`
  let agent = agents.get(key)
  if (agent === undefined) {
    agent = target.connect ? new LocalAgent(target.connect) : new Agent({ keepAlive: true, rejectUnauthorized: false })
    agents.set(key, agent)
  }
  return agent
}

/** Sends a step whose placeholders are filled in. Never longer than 40 s. */
export function send(target: Target, step: Step): Promise<RawAnswer> {
  const watches = step.events !== undefined || step.query?.['watch'] !== undefined
  const asked = watches ? { timeoutSeconds: '1', ...step.query } : step.query
  const query = Object.entries(asked ?? {}).flatMap(([key, value]) =>
    [value].flat().map((each) => `${encodeURIComponent(key)}=${encodeURIComponent(each as string)}`),
  )
  const body = bodyOf(step)
  const headers: Record<string, string> = { authorization: `Bearer ${target.token}`, 'user-agent': 'differential/v1' }
  if (body !== undefined) {
    const as = step.as ?? 'json'
    headers['content-type'] = (contentTypes as Record<string, string>)[as] ?? as
    headers['content-length'] = String(body.length)
  }
  for (const [name, value] of Object.entries(step.headers ?? {})) {
    if (value === '') delete headers[name]
    else headers[name] = value
  }
  return new Promise((resolve, reject) => {
    const sent = (target.connect ? requestPlain : requestSecure)(
      {
        host: target.host,
        port: target.port,
        method: step.method,
        path: query.length > 0 ? `${step.path}?${query.join('&')}` : step.path,
        headers,
        agent: agentOf(target),
      },
      (response) => {
        const chunks: Buffer[] = []
        let lines = 0
        const done = () =>
          resolve({ code: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() })
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          if (step.events === undefined || response.statusCode !== 200) return
          for (const byte of chunk) if (byte === 10) lines++
          if (lines < step.events) return
          done()
          response.destroy()
        })
        response.on('end', done)
        response.on('error', (error) => (lines > 0 ? done() : reject(error)))
      },
    )
    sent.setTimeout(40_000, () => sent.destroy(new Error(`no answer to ${step.method} ${step.path} within 40 s`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

function bodyOf(step: Step): Buffer | undefined {
  if (step.base64 !== undefined) return Buffer.from(step.base64, 'base64')
  if (step.raw !== undefined) return Buffer.from(step.raw)
  return step.body === undefined ? undefined : Buffer.from(JSON.stringify(step.body))
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import type { Log } from '../../../base/log.js'
import { keyFingerprint, readRequestKey } from '../join/agent-key.js'
import type { CertifyAgent } from '../join/join-desk.js'
import { clusterNamespace } from '../resource-types.js'
import { encodeStatus, readOrder, readReport, workName } from '../work.js'
import type { ConnectedAgent, ConnectedAgents } from './connected-agents.js'
import type { WorkWriter } from './work-writer.js'
import type { Works } from './works.js'

export interface AgentDeskOptions {
  readonly works: Works
  readonly writer: WorkWriter
  readonly agents: ConnectedAgents
  readonly certify: CertifyAgent
  /** The UID of the hub's namespace kube-system: what copies are marked with. */
  readonly hubUid: string
  /** The key by which a cluster comes: a certificate is made anew for no other. */
  readonly keyOf: (cluster: string) => string | undefined
  readonly log: Log
}

const mostReportBytes = 8 * 1024 * 1024
const mostBodyBytes = 64 * 1024
/** Of one cluster: an agent that tells of more copies fills the hub. */
const mostWorks = 50_000
/** Of one agent, that are being made: writes are few at a time for the whole fleet, and other clusters wait behind them. */
const mostBeingMade = 5_000

/**
 * What an agent may ask the hub, through streams that it opens: its own Works as a stream of lines, reports, signs of life, a new
 * certificate. The connection says which cluster it is; nothing in a request can name another one.
 */
export class AgentDesk {
  readonly #options: AgentDeskOptions
  readonly #reporting = new WeakSet<ConnectedAgent>()
  /** Names of Works that reports have brought about and that are not there yet. */
  readonly #beingMade = new Set<string>()

  constructor(options: AgentDeskOptions) {
    this.#options = options
  }

  /** A server for the streams of one agent; streams are given to it as connections. */
  serve(agent: ConnectedAgent): Server {
    const server = createServer({ keepAlive: false, maxHeaderSize: 8192 }, (request, response) => {
      this.#answer(agent, request, response).catch((error: unknown) => {
        this.#options.log.debug('a request of an agent failed', { cluster: agent.cluster, problem: messageOf(error) })
        if (!response.headersSent) send(response, 500, { message: 'the hub could not do that now' })
        else response.destroy()
      })
    })
    server.on('clientError', (_error, socket) => socket.destroy())
    return server
  }

  async #answer(agent: ConnectedAgent, request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (`${request.method} ${request.url}`) {
      case 'GET /v1/works':
        this.#works(agent.cluster, response)
        return
      case 'POST /v1/reports':
        if (this.#reporting.has(agent)) {
          send(response, 429, { message: 'one report at a time' })
          return
        }
        for (const name of this.#beingMade) if (this.#options.works.get(agent.cluster, name)) this.#beingMade.delete(name)
        if (this.#beingMade.size >= mostBeingMade) {
          send(response, 429, { message: 'the hub is still writing down what was told before' })
          return
        }
        this.#reporting.add(agent)
        try {
          this.#reports(agent.cluster, await readJson(request, mostReportBytes))
        } finally {
          this.#reporting.delete(agent)
        }
        send(response, 200, {})
        return
      case 'POST /v1/heartbeat': {
        const body = await readJson(request)
        if (!isObject(body)) throw new Error('no heartbeat')
        const { agentVersion, isComplete, problem } = body
        this.#options.agents.heard(agent, {
          agentVersion: typeof agentVersion === 'string' ? agentVersion.slice(0, 64) : '',
          isComplete: isComplete === true,
          ...(typeof problem === 'string' ? { problem: problem.slice(0, 1024) } : {}),
        })
        send(response, 200, {})
        return
      }
      case 'POST /v1/certificate':
        await this.#certificate(agent.cluster, await readJson(request), response)
        return
      default:
        send(response, 404, { message: 'there is no such thing here' })
    }
  }

  async #certificate(cluster: string, body: unknown, response: ServerResponse): Promise<void> {
    const { publicKey, proof } = isObject(body) ? body : {}
    const key =
      typeof publicKey === 'string' && typeof proof === 'string' ? readRequestKey({ publicKey, proof, name: cluster }) : undefined
    if (key === undefined || keyFingerprint(key) !== this.#options.keyOf(cluster)) {
      send(response, 403, { message: 'that is not the key by which this cluster has joined' })
      return
    }
    const certificate = await this.#options.certify(cluster, key)
    send(response, 200, { certificate })
  }

  /** What is there, then a line `synced`, then what changes, as fast as it is read: of what changed twice, the last. */
  #works(cluster: string, response: ServerResponse): void {
    const { works, hubUid, log } = this.#options
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    const names = new Set(works.list(cluster).map((work) => work.metadata.name))
    let isSynced = false
    let mayWrite = response.write(`${JSON.stringify({ hub: hubUid })}\n`)
    const pump = () => {
      while (mayWrite && !response.destroyed) {
        const [name] = names
        if (name === undefined) {
          if (isSynced) return
          isSynced = true
          mayWrite = response.write('{"synced":true}\n')
          continue
        }
        names.delete(name)
        const work = works.get(cluster, name)
        try {
          mayWrite = response.write(`${JSON.stringify(work === undefined ? { gone: name } : { work: readOrder(work) })}\n`)
        } catch (error) {
          log.warn('a Work cannot be read', { work: `${clusterNamespace(cluster)}/${name}`, problem: messageOf(error) })
        }
      }
    }
    const stop = works.onChange(cluster, (name) => {
      const isFirst = names.size === 0
      names.add(name)
      // Changes come in bursts: one turn for all of them.
      if (isFirst) queueMicrotask(pump)
    })
    response.on('drain', () => {
      mayWrite = true
      pump()
    })
    response.on('close', stop)
    pump()
  }

  #reports(cluster: string, body: unknown): void {
    const { works, writer } = this.#options
    const reports = isObject(body) && Array.isArray(body['reports']) ? body['reports'] : []
    let room = mostWorks - works.list(cluster).length - this.#beingMade.size
    for (const each of reports) {
      const report = readReport(each)
      if (report === undefined) continue
      const name = workName(report.id)
      const work = works.get(cluster, name)
      if (report.result === undefined) {
        // Gone as it was told to: nothing is left to say. Told otherwise since: that goes on.
        const isStray = work?.spec.desired === undefined && work?.spec.packed === undefined
        const isNews = work !== undefined && work.metadata.generation === report.generation
        if (isNews && isStray && writer.pending(cluster, name)?.spec === undefined) writer.write(cluster, name, { remove: true })
        continue
      }
      const status = encodeStatus(report.generation, report.result)
      if (work !== undefined && JSON.stringify(work.status) === JSON.stringify(status)) continue
      if (work === undefined) {
        if (!this.#beingMade.has(name) && --room < 0) continue
        this.#beingMade.add(name)
      }
      writer.write(cluster, name, work === undefined ? { spec: { id: report.id }, status, isNew: true } : { status })
    }
  }
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function readJson(request: IncomingMessage, most = mostBodyBytes): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length > most) throw new Error(`a body of more than ${most} bytes`)
    chunks.push(chunk as Buffer)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

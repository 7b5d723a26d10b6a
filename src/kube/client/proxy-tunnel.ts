import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent, type AgentOptions, request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls'
import { CodedError } from '../../base/errors.js'

/** An https agent whose connections go through an HTTP proxy by CONNECT. */
export function createTunnelAgent(proxyUrl: string, options: AgentOptions): Agent {
  const proxy = parseProxyUrl(proxyUrl)
  const agent = new Agent(options)
  type Done = (error: Error | null, socket?: Duplex) => void
  type Options = { host?: string; port?: number | string; servername?: string }
  // Agents call createConnection for each new socket; a callback lets it take its time.
  const tunnel = (target: Options, done: Done): void => {
    const host = `${target.host ?? ''}:${target.port ?? 443}`
    const send = proxy.protocol === 'https:' ? httpsRequest : httpRequest
    const connect = send({
      host: proxy.hostname,
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: host,
      headers: { host, ...authorization(proxy) },
      agent: false,
    })
    connect.once('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy()
        done(new Error(`the proxy ${proxy.host} answered ${response.statusCode} to CONNECT ${host}`))
        return
      }
      const servername = options.servername ?? target.servername ?? target.host
      done(null, tlsConnect({ ...(options as ConnectionOptions), socket, servername }))
    })
    connect.once('error', (error) => done(new Error(`the proxy ${proxy.host} cannot be reached: ${error.message}`)))
    connect.end()
  }
  Object.assign(agent, {
    createConnection: (target: Options, done: Done) => {
      tunnel(target, done)
    },
  })
  return agent
}

/** An http agent whose connections are streams that somebody else opens, one for each request. */
export function createDialAgent(dial: () => Duplex): HttpAgent {
  const agent = new HttpAgent({ keepAlive: false })
  Object.assign(agent, {
    createConnection: (_target: unknown, done: (error: Error | null, socket?: Duplex) => void) => {
      try {
        done(null, dial())
      } catch (error) {
        done(error as Error)
      }
    },
  })
  return agent
}

function parseProxyUrl(text: string): URL {
  let url: URL | undefined
  try {
    url = new URL(text)
  } catch {}
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new CodedError({
      code: 'bad-proxy-url',
      message: `proxy URL: expected http://HOST:PORT or https://HOST:PORT, found ${url?.protocol ?? 'something that is no URL'}`,
      fix: 'Set proxyUrl (proxy-url in a kubeconfig) to an HTTP proxy that allows CONNECT.',
    })
  }
  return url
}

function authorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {}
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

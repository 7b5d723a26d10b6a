import { request as httpRequest, type IncomingMessage } from 'node:http'
import { CodedError } from '../../../base/errors.js'
import { createDialAgent } from '../../../kube/client/proxy-tunnel.js'
import type { Tunnel } from '../tunnel/tunnel.js'

const mostAnswerBytes = 1024 * 1024

/** Asks the hub through the tunnel; rejects for anything but 200. */
export async function askHub(tunnel: Tunnel, path: string, body: unknown): Promise<unknown> {
  const response = await send(tunnel, 'POST', path, JSON.stringify(body))
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response) {
    length += (chunk as Buffer).length
    if (length > mostAnswerBytes) response.destroy(new Error('the answer is too long'))
    chunks.push(chunk as Buffer)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (response.statusCode === 200) return JSON.parse(text)
  throw new CodedError({
    code: 'hub-refused',
    message: `the hub answered ${response.statusCode} to ${path}: ${text.slice(0, 300)}`,
  })
}

/** The lines of a stream of the hub, until it ends. */
export async function* followHub(tunnel: Tunnel, path: string, mostLineBytes = 32 * 1024 * 1024): AsyncIterable<unknown> {
  const response = await send(tunnel, 'GET', path)
  if (response.statusCode !== 200) {
    response.resume()
    throw new CodedError({ code: 'hub-refused', message: `the hub answered ${response.statusCode} to ${path}` })
  }
  let rest: Buffer[] = []
  let length = 0
  for await (const chunk of response) {
    let from = 0
    const bytes = chunk as Buffer
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      rest.push(bytes.subarray(from, at))
      from = at + 1
      const line = Buffer.concat(rest).toString('utf8')
      rest = []
      length = 0
      if (line !== '') yield JSON.parse(line)
    }
    rest.push(bytes.subarray(from))
    length += bytes.length - from
    if (length > mostLineBytes)
      throw new CodedError({ code: 'hub-refused', message: `a line of more than ${mostLineBytes} bytes` })
  }
}

function send(tunnel: Tunnel, method: string, path: string, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      agent: createDialAgent(() => tunnel.open()),
      host: 'hub.flotilla.internal',
      method,
      path,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }),
    })
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

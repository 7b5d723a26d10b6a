import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { type HttpGet, type HttpReply, TooLarge } from './contract.js'

/** HTTP over this machine's network. Compressed answers are not asked for, so that limits count what is transferred. */
export const httpGet: HttpGet = (wanted) =>
  new Promise<HttpReply>((resolve, reject) => {
    const { url, credentials } = wanted
    const limit = AbortSignal.timeout(wanted.timeoutMs)
    const signal = wanted.signal === undefined ? limit : AbortSignal.any([limit, wanted.signal])
    const options = {
      method: 'GET',
      headers: { 'user-agent': 'flotilla', 'accept-encoding': 'identity', ...wanted.headers },
      signal,
    }
    const fail = (error: unknown) =>
      reject(limit.aborted ? new Error(`no whole answer within ${wanted.timeoutMs / 1000} s`, { cause: error }) : error)
    const answered = (reply: IncomingMessage) => {
      const chunks: Buffer[] = []
      let size = 0
      const tooLarge = () => {
        reject(new TooLarge(`the answer is larger than ${wanted.maxBytes} bytes`))
        reply.destroy()
      }
      if (Number(reply.headers['content-length'] ?? 0) > wanted.maxBytes) {
        tooLarge()
        return
      }
      reply.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > wanted.maxBytes) tooLarge()
        else chunks.push(chunk)
      })
      reply.on('error', fail)
      reply.on('aborted', () => fail(new Error('the connection broke off in the middle of the answer')))
      reply.on('end', () => {
        const headers: Record<string, string> = {}
        for (const [name, value] of Object.entries(reply.headers))
          if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
        resolve({ status: reply.statusCode ?? 0, headers, body: new Uint8Array(Buffer.concat(chunks)) })
      })
    }
    const sent =
      url.protocol === 'https:'
        ? tlsRequest(
            url,
            {
              ...options,
              ...(credentials?.caPem ? { ca: credentials.caPem } : {}),
              ...(credentials?.clientCertificatePem ? { cert: credentials.clientCertificatePem } : {}),
              ...(credentials?.clientKeyPem ? { key: credentials.clientKeyPem } : {}),
              ...(credentials?.insecure ? { rejectUnauthorized: false } : {}),
            },
            answered,
          )
        : plainRequest(url, options, answered)
    sent.on('error', fail)
    sent.end()
  })

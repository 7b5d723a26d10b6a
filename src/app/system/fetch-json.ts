import { get } from 'node:https'
import type { FetchJson } from '../../apiserver/auth/oidc/issuer-keys.js'

const mostBytes = 1 << 20

/** GET over TLS, with an authority of its own where one is given. Follows no redirects. */
export const fetchJson: FetchJson = (url, { caPem, timeoutMs }) =>
  new Promise((done, fail) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const request = get(url, { ...(caPem === undefined ? {} : { ca: caPem }), signal, agent: false }, (response) => {
      const parts: Buffer[] = []
      let size = 0
      response.on('data', (part: Buffer) => {
        size += part.length
        if (size > mostBytes) request.destroy(new Error(`${url} answered more than ${mostBytes} bytes`))
        else parts.push(part)
      })
      response.on('error', fail)
      response.on('end', () => done({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }))
    })
    request.on('error', (error) => fail(signal.aborted ? new Error(`${url} did not answer within ${timeoutMs} ms`) : error))
  })
